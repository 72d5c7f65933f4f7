"""Proofs 1, 2 and 5 on a cluster: any process dies at any moment, Redis forgets everything."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from tests.cluster.customers import Customer
from tests.cluster.site import Cluster, eventually, running
from tests.cluster.test_kills import flush_redis, settled
from tests.soak.result import Result

CROWD = 6
VICTIMS = (
    *("web-1", "web-2", "nginx", "relay", "celery-1", "celery-2", "celery-outside"),
    *("media-1", "media-2", "redis", "postgresql"),
)
EMPTIED = "redis emptied"


def prove(result: Result, trials: int) -> None:
    """Each trial strikes once in the middle of a crowd's life, which must come to its end."""
    chance = random.Random(result.seed)
    folder = Path(os.environ["COUNTERFLOW_VAR"]) / "cluster"
    folder.parent.chmod(0o755)
    with running(folder, broker="redis") as cluster:
        for number in range(trials):
            fault = (*VICTIMS, EMPTIED)[number % (len(VICTIMS) + 1)]
            crowd = _strike(cluster, fault, chance, result)
            result.trials += 1
            result.cases[fault] += 1
            _judge(cluster, fault, crowd, result)


def _strike(cluster: Cluster, fault: str, chance: random.Random, result: Result) -> list[Customer]:
    invited = cluster.inside("invite", CROWD)
    crowd = [Customer(cluster.url, one["run"], one["cookie"], thinks_s=0.2) for one in invited]
    for one in crowd:
        one.start()
    time.sleep(chance.uniform(0.0, 1.5))
    if fault == EMPTIED:
        flush_redis(cluster)
    else:
        cluster.kill(fault)
    for one in crowd:
        one.join()
    result.broken += [f"{fault}: {one.problem}" for one in crowd if one.problem]
    eventually(cluster.is_ready, f"the site is ready again after: {fault}")
    return crowd


def _judge(cluster: Cluster, fault: str, crowd: list[Customer], result: Result) -> None:
    began = time.monotonic()
    verdict = settled(cluster, crowd)
    slowest = max(float(result.figures.get("drained_s", 0)), time.monotonic() - began)
    result.figures["drained_s"] = round(slowest, 1)
    result.acknowledged += sum(len(one.journal) for one in crowd)
    result.lost += int(str(verdict["lost"]))
    result.duplicated += int(str(verdict["duplicated"]))
    if verdict["broken"] or verdict["open_jobs"] or verdict["ended"] != CROWD:
        result.broken.append(f"{fault}: {verdict}")
