"""Two lives of a cluster in one folder: a short one with RabbitMQ, then that of other tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.cluster.customers import Customer
from tests.cluster.site import Cluster, eventually, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real processes on a busy machine take longer than a unit test, within a limit."""
    for item in items:
        if "cluster" in Path(str(item.fspath)).parts:
            item.add_marker(pytest.mark.timeout(600))


@dataclass(frozen=True, kw_only=True)
class FirstLife:
    """What is left of the life with RabbitMQ."""

    customer: Customer
    processes: list[psutil.Process]
    """Everything that its supervisor and its children had started."""


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Where PostgreSQL's own user can get to, which it cannot in pytest's folders."""
    made = Path(tempfile.mkdtemp(prefix="counterflow-cluster-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def first_life(folder: Path) -> FirstLife:
    """A customer lives a run while RabbitMQ is killed; then everything is stopped."""
    with running(folder, broker="rabbitmq") as cluster:
        (invited,) = cluster.inside("invite", 1)
        customer = Customer(cluster.url, invited["run"], invited["cookie"], thinks_s=0.2)
        customer.start()
        eventually(lambda: customer.journal, "the first act is acknowledged")
        cluster.kill("rabbitmq")
        customer.join()
        processes = psutil.Process(cluster.process.pid).children(recursive=True)
    return FirstLife(customer=customer, processes=processes)


@pytest.fixture(scope="session")
def cluster(folder: Path, first_life: FirstLife) -> Iterator[Cluster]:
    assert first_life.processes
    with running(folder, broker="redis") as one:
        yield one
