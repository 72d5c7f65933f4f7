"""A cluster stops without a trace, and its next start has everything."""

from __future__ import annotations

from tests.cluster.conftest import FirstLife
from tests.cluster.site import Cluster

FEWEST = 12
"""Processes of a cluster, those that its own ones start not counted."""


def test_a_run_outlives_rabbitmq(first_life: FirstLife):
    assert (first_life.customer.ending, first_life.customer.problem) == ("defer", "")


def test_a_stop_leaves_no_process(first_life: FirstLife):
    assert len(first_life.processes) > FEWEST
    assert [one for one in first_life.processes if one.is_running()] == []


def test_the_next_start_has_everything(first_life: FirstLife, cluster: Cluster):
    lived = first_life.customer

    verdict = cluster.inside("judge", {"journal": lived.journal, "runs": [lived.run_id]})

    assert len(lived.journal) >= 4
    assert (verdict["lost"], verdict["broken"], verdict["ended"]) == (0, [], 1)
