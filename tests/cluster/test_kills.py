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
DRAINED_LIMIT_S = 30.0


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
    verdict = settled(cluster, crowd)
    assert (verdict["lost"], verdict["duplicated"], verdict["broken"]) == (0, 0, [])
    assert (verdict["ended"], verdict["open_jobs"]) == (CROWD, 0)
    eventually(cluster.is_ready, f"the site is ready again after: {fault}")


def settled(cluster: Cluster, crowd: list[Customer]) -> dict[str, object]:
    """The verdict when the last jobs are done, or after DRAINED_LIMIT_S."""
    told = {
        "journal": [ack for one in crowd for ack in one.journal],
        "runs": [one.run_id for one in crowd],
    }
    deadline = time.monotonic() + DRAINED_LIMIT_S
    while True:
        verdict: dict[str, object] = cluster.inside("judge", told)
        if not verdict["open_jobs"] or time.monotonic() > deadline:
            return verdict
