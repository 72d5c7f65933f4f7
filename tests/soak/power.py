"""The power goes: processes die and the disk forgets what was never flushed.

With `rigs.lossy_disk`, so on SQLite's own flushing; a database server's machine is its own matter.
"""

from __future__ import annotations

import contextlib
import random
import time

from tests.runtime.builders import published
from tests.soak.customers import Crowd, served_flow
from tests.soak.draining import settle
from tests.soak.examination import examine
from tests.soak.processes import Edge, Process, RefusedError, dispatch_jobs
from tests.soak.result import Result
from tests.soak.rigs import power_switch


def prove(result: Result, trials: int) -> None:
    """Each trial cuts the power in the middle of life and starts again from the platter."""
    chance = random.Random(result.seed)
    crowd = Crowd(published(served_flow()).pk, 6, chance)
    for number in range(trials):
        edge, dispatcher = Edge(), Process(dispatch_jobs, crash=None)
        _live(crowd, edge, chance.uniform(0.1, 0.6))
        power_switch.cut()
        dispatcher.kill()
        edge.close()
        power_switch.restore(result.seed + number + 1)
        result.trials += 1
    edge, dispatcher = Edge(), Process(dispatch_jobs, crash=None)
    try:
        crowd.finish(edge)
        result.figures["drained_s"] = settle()
    finally:
        edge.close()
        dispatcher.kill()
    examine(result, crowd.journal)


def _live(crowd: Crowd, edge: Edge, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(RefusedError):
            crowd.step(edge, time.time_ns() // 1_000_000)
