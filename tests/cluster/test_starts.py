"""A cluster stops without a trace, and its next start has everything."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cluster.customers import Customer
from tests.cluster.site import Cluster, eventually, running


@pytest.fixture
def own_folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="counterflow-cluster-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_with_rabbitmq_it_lives_stops_without_a_trace_and_starts_again(own_folder: Path):
    with running(own_folder, broker="rabbitmq") as cluster:
        (invited,) = cluster.inside("invite", 1)
        customer = Customer(cluster.url, invited["run"], invited["cookie"], thinks_s=0.2)
        customer.start()
        eventually(lambda: customer.journal, "the first act is acknowledged")
        cluster.kill("rabbitmq")
        customer.join()
        began = processes_of(cluster)

    assert customer.ending == "defer", customer.problem
    assert len(began) > 12
    assert [one for one in began if one.is_running()] == []
    with running(own_folder, broker="redis") as cluster:
        verdict = cluster.inside("judge", customer.journal)
    assert (verdict["lost"], verdict["broken"], verdict["open_runs"]) == (0, [], 0)


def processes_of(cluster: Cluster) -> list[psutil.Process]:
    """Everything that the supervisor and its children have started."""
    return psutil.Process(cluster.process.pid).children(recursive=True)
