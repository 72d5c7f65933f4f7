"""How the living work off what a fault has left.

Every wait here ends where nothing moves any more, not after so many seconds: the machine may have
other things to do. How soon it ought to be is measured beside the same work undisturbed.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from django.db import OperationalError

from runtime.models import Job, Run, RunEvent
from tests.soak.result import Result
from tests.soak.site import release_connections

STILL_S = 180.0
"""Where nothing was done for so long, nothing will be; a lease is long over by then."""
BACKLOG = 60
"""Due jobs with which the next round of faults may begin."""
SOON_S = 10.0
SLOWER = 10
"""So many times as long as undisturbed is soon as well, where the machine is slow."""


def catch_up(backlog: int = BACKLOG, still_s: float = STILL_S) -> None:
    """Let the living work off what the dead have left, but for so many due jobs."""
    _wait(lambda: _due_jobs() > backlog, still_s)


def settle() -> float:
    """Wait until no job of anyone is left to do; how long that took, in seconds.

    Where nothing moves any more it gives up: the examination names what is left.
    """
    return _wait(_is_work_left)


def is_soon(drained_s: float, undisturbed_s: float) -> bool:
    """Whether work was over soon after a fault, on a machine that needs so long without any."""
    return drained_s <= max(SOON_S, SLOWER * undisturbed_s)


def judge(result: Result, drain: Callable[[], float], again: Callable[[], None]) -> None:
    """Everything is over: the rest must be done soon. `again` lets the crowd come once more."""
    drained_s = drain()
    again()
    undisturbed_s = drain()
    result.figures |= {"drained_s": drained_s, "undisturbed_s": undisturbed_s}
    if not is_soon(drained_s, undisturbed_s):
        result.broken.append(f"work was left for {drained_s} s, undisturbed {undisturbed_s} s")


def _wait(is_left: Callable[[], bool], still_s: float = STILL_S) -> float:
    began = moved = time.monotonic()
    seen = -1
    while time.monotonic() - moved < still_s:
        with contextlib.suppress(OperationalError):  # the server is still coming up
            try:
                if not is_left():
                    break
                done = RunEvent.objects.count()
            finally:
                release_connections()
            if done != seen:
                seen, moved = done, time.monotonic()
        time.sleep(0.1)
    return round(time.monotonic() - began, 1)


def _due_jobs() -> int:
    at = time.time_ns() // 1_000_000
    return Job.objects.filter(status__in=("ready", "leased"), due_at_ms__lte=at).count()


def _is_work_left() -> bool:
    acted = Run.objects.filter(seq__gt=1)
    return Job.objects.filter(status__in=("ready", "leased"), run__in=acted).exists()
