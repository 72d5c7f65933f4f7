"""Proofs 1, 2 and 5 on a cluster: any process dies at any moment, its broker forgets everything."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from tests.cluster.customers import Customer
from tests.cluster.site import Cluster, eventually, running
from tests.cluster.test_kills import drained_s, flush_redis, verdict_on
from tests.soak.draining import is_soon
from tests.soak.result import Result

CROWD = 6
PLACES = ("before commit", "after commit", "after effect", "before ack")
KILLED = (
    *("web-1", "web-2", "nginx", "relay", "celery-1", "celery-2", "celery-outside"),
    *("media-1", "media-2", "redis", "postgresql"),
)
ARMED = tuple(f"celery {place}" for place in PLACES)
FAULTS = {
    "redis": (*KILLED, *ARMED, "redis emptied"),
    "rabbitmq": ("rabbitmq", "rabbitmq emptied", "celery-1", "relay"),
}
"""By broker."""
NOTHING = "nothing"
SHARE = {"redis": 0.8, "rabbitmq": 0.2}
"""Of the trials."""
_ARMOURY = Path(__file__).parent / "rigs" / "armed"


def prove(result: Result, trials: int) -> None:
    """Each trial strikes once in the middle of a crowd's life, which must come to its end."""
    chance = random.Random(result.seed)
    os.environ["PYTHONPATH"] = str(_ARMOURY)
    for broker, faults in FAULTS.items():
        folder = Path(os.environ["COUNTERFLOW_VAR"]) / broker
        folder.parent.chmod(0o755)
        with running(folder, broker=broker) as cluster:
            undisturbed_s = drained_s(cluster, _live(cluster, lambda: None, result, NOTHING))
            for fault in islice(cycle(faults), round(trials * SHARE[broker])):
                crowd = _strike(cluster, fault, chance, result)
                result.trials += 1
                result.cases[fault] += 1
                after_s = drained_s(cluster, crowd)
                _note(result, after_s, undisturbed_s, fault)
                _judge(cluster, fault, crowd, result)


def _strike(cluster: Cluster, fault: str, chance: random.Random, result: Result) -> list[Customer]:
    def strike() -> None:
        time.sleep(chance.uniform(0.0, 1.5))
        _make(cluster, fault, chance)

    return _live(cluster, strike, result, fault)


def _live(
    cluster: Cluster, happen: Callable[[], None], result: Result, fault: str
) -> list[Customer]:
    """A crowd whose life has come to its end, whatever happens in its middle."""
    invited = cluster.inside("invite", CROWD)
    crowd = [Customer(cluster.url, one["run"], one["cookie"], thinks_s=0.2) for one in invited]
    for one in crowd:
        one.start()
    happen()
    for one in crowd:
        one.join()
    result.broken += [f"{fault}: {one.problem}" for one in crowd if one.problem]
    eventually(cluster.is_ready, f"the site is ready again after: {fault}")
    return crowd


def _make(cluster: Cluster, fault: str, chance: random.Random) -> None:
    if fault in ARMED:
        _kill_at(cluster, fault.removeprefix("celery "), chance.randint(1, 3))
    elif fault == "redis emptied":
        flush_redis(cluster)
    elif fault == "rabbitmq emptied":
        _purge(cluster)
    else:
        cluster.kill(fault)


def _kill_at(cluster: Cluster, place: str, times: int) -> None:
    """Return when a worker of Celery has died there; it is started again by then."""
    before = _performers(cluster)
    order = cluster.folder / "crash-order"
    fresh = order.with_suffix(".new")
    fresh.write_text(json.dumps([place, times]))
    fresh.rename(order)
    eventually(lambda: _performers(cluster) != before, f"a worker of Celery died {place}")


def _performers(cluster: Cluster) -> list[int]:
    return [cluster.pid(name) for name in ("celery-1", "celery-2", "celery-outside")]


def _purge(cluster: Cluster) -> None:
    """Every message that no worker has in its hands is gone."""
    queues = ["-Q", "counterflow.jobs,counterflow.outside"]
    subprocess.run(
        [sys.executable, "-m", "celery", "-A", "config.celery", "purge", "-f", *queues],
        env=cluster.environment,
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
    )


def _note(result: Result, after_s: float, undisturbed_s: float, fault: str) -> None:
    result.figures["drained_s"] = max(float(result.figures.get("drained_s", 0)), after_s)
    if not is_soon(after_s, undisturbed_s):
        result.broken.append(f"{fault}: work for {after_s} s, undisturbed {undisturbed_s} s")


def _judge(cluster: Cluster, fault: str, crowd: list[Customer], result: Result) -> None:
    verdict = verdict_on(cluster, crowd)
    result.acknowledged += sum(len(one.journal) for one in crowd)
    result.lost += int(str(verdict["lost"]))
    result.duplicated += int(str(verdict["duplicated"]))
    if verdict["broken"] or verdict["open_jobs"] or verdict["ended"] != CROWD:
        result.broken.append(f"{fault}: {verdict}")
