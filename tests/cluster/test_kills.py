"""Every kind of process is killed while customers live: nothing is lost or done twice."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.cluster.customers import Customer
from tests.cluster.site import Cluster, eventually

CROWD = 4
DRAINED_LIMIT_S = 180.0


def flush_redis(cluster: Cluster) -> None:
    """Everything the hints' and the jobs' Redis holds is gone."""
    parts = urlsplit(cluster.environment["COUNTERFLOW_REDIS_URL"])
    words = ["redis-cli", "-p", str(parts.port), "-a", str(parts.password), "--no-auth-warning"]
    done = subprocess.run([*words, "FLUSHALL"], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "OK"


def killed(name: str) -> Callable[[Cluster], None]:
    return lambda cluster: cluster.kill(name)


FAULTS: dict[str, Callable[[Cluster], None]] = {
    "no fault": lambda _: None,
    "Redis emptied": flush_redis,
    **{f"{name} killed": killed(name) for name in ("web-1", "nginx", "relay", "celery-1")},
    **{f"{name} killed": killed(name) for name in ("redis", "postgresql", "media-1")},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_runs_go_on_and_nothing_acknowledged_is_lost(cluster: Cluster, fault: str):
    crowd = [
        Customer(cluster.url, one["run"], one["cookie"], thinks_s=0.2)
        for one in cluster.inside("invite", CROWD)
    ]
    for one in crowd:
        one.start()
    eventually(lambda: any(one.journal for one in crowd), "the first act is acknowledged")

    FAULTS[fault](cluster)
    for one in crowd:
        one.join()

    assert [one.problem for one in crowd if one.problem] == []
    assert {one.ending for one in crowd} == {"defer"}
    drained_s(cluster, crowd)
    verdict = verdict_on(cluster, crowd)
    assert (verdict["lost"], verdict["duplicated"], verdict["broken"]) == (0, 0, [])
    assert (verdict["ended"], verdict["open_jobs"]) == (CROWD, 0)
    eventually(cluster.is_ready, f"the site is ready again after: {fault}")


def drained_s(cluster: Cluster, crowd: list[Customer]) -> float:
    """How long it took until their last jobs were done; it gives up after DRAINED_LIMIT_S."""
    runs, began = [one.run_id for one in crowd], time.monotonic()
    while cluster.inside("left", runs) and time.monotonic() - began < DRAINED_LIMIT_S:
        time.sleep(0.1)
    return round(time.monotonic() - began, 1)


def verdict_on(cluster: Cluster, crowd: list[Customer]) -> dict[str, object]:
    """What the database says of all that they were told."""
    journal = [ack for one in crowd for ack in one.journal]
    told = {"journal": journal, "runs": [one.run_id for one in crowd]}
    verdict: dict[str, object] = cluster.inside("judge", told)
    return verdict
