"""Proof 4: clocks jump by hours and the dispatcher is out for one; every timer fires once.

The clock that processes read is moved beneath them, their waiting is not (rigs.moved_clock).
"""

from __future__ import annotations

import random
import time
from collections import Counter
from uuid import UUID

from runtime.models import RunEvent
from tests.runtime.builders import published
from tests.soak.customers import Crowd, served_flow
from tests.soak.draining import catch_up, settle
from tests.soak.examination import examine
from tests.soak.processes import Edge, Process, dispatch_jobs
from tests.soak.result import Result
from tests.soak.rigs.moved_clock import jump

HOUR_S = 3600
STILL_S = 5.0
"""When nothing was done for so long the next jumps may come: each ends all leases, and a job that
is held at many is given up. What is due then waits for what came due while the clock was ahead."""
JUMPS_S = (0, 2 * HOUR_S, 0, -2 * HOUR_S, 0)


def prove(result: Result, trials: int) -> None:
    """Each trial is a jump, every fifth an outage of an hour."""
    chance = random.Random(result.seed)
    crowd = Crowd(published(served_flow(wait_s=2)).pk, 8, chance)
    edge, dispatcher = Edge(), Process(dispatch_jobs, crash=None)
    try:
        for number in range(trials):
            if number % len(JUMPS_S) == 0:
                catch_up(0, STILL_S)
            if number % 5 == 4:
                dispatcher.kill()
                _live(crowd, edge, 0.3)
                jump(HOUR_S)
                dispatcher = Process(dispatch_jobs, crash=None)
            else:
                jump(JUMPS_S[number % len(JUMPS_S)])
            _live(crowd, edge, chance.uniform(0.2, 0.8))
            result.trials += 1
        crowd.finish(edge)
        jump(3 * HOUR_S)  # what was set while the clock was ahead comes due as well
        result.figures["drained_s"] = settle()
    finally:
        edge.close()
        dispatcher.kill()
    examine(result, crowd.journal)
    _examine_timers(result, {one.run for one in crowd.journal})


def _live(crowd: Crowd, edge: Edge, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        crowd.step(edge, time.time_ns() // 1_000_000)
        time.sleep(0.005)


def _examine_timers(result: Result, runs: set[UUID]) -> None:
    """Only a time limit ends a run here: that of its queue, or of its link for who came late."""
    fired = Counter(RunEvent.objects.filter(kind="TimerFired").values_list("run_id", flat=True))
    result.lost += sum(1 for run in runs if not fired[run])
    result.duplicated += sum(times - 1 for times in fired.values())
    result.figures["timers"] = sum(fired.values())
