"""Whether a customer's network is weak, by what their browser measures, and telling their run.

One bad report is no weak network and one good report no recovery: both have to last.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from flow.events import RUN, Signalled
from flow.graph import BoundaryKind
from runtime import driver

WEAK_LEVEL, WELL_LEVEL = 1, 3
"""Levels of a `stats` message, 0 (no connection) to 4; what lies between changes nothing."""
WEAK_AFTER, WELL_AFTER = 2, 3
"""Reports in a row; a browser sends one every two seconds."""
_NAME = BoundaryKind.WEAK_NETWORK.value


class Quality(NamedTuple):
    """What is known of one link."""

    is_weak: bool | None = None
    """None until it has been one or the other for long enough."""
    leaning: int = 0
    """Reports in a row that say otherwise: below 0 weak ones, above 0 good ones."""


def after(quality: Quality, level: int) -> Quality:
    """The link after one more report."""
    is_bad, is_good = level <= WEAK_LEVEL, level >= WELL_LEVEL
    if is_bad and quality.is_weak is not True:
        bad = min(quality.leaning, 0) - 1
        return Quality(True) if -bad >= WEAK_AFTER else quality._replace(leaning=bad)
    if is_good and quality.is_weak is not False:
        good = max(quality.leaning, 0) + 1
        return Quality(False) if good >= WELL_AFTER else quality._replace(leaning=good)
    return quality._replace(leaning=0)


def tell_run(run_id: UUID, *, is_weak: bool, key: str, now_ms: int) -> None:
    """Let the run know, if its flow cares and does not know it yet.

    Raises ConflictError, and as `driver.advance_run`.
    """
    snapshot = driver.read_run(run_id)
    watched = any(kind is BoundaryKind.WEAK_NETWORK for kind, _ in snapshot.bound.boundaries)
    if snapshot.state.ending is not None or not (watched or snapshot.bound.calls):
        return  # a sub-flow may care where its caller does not
    if is_weak is (_NAME in snapshot.state.facts):
        return
    fact = Signalled(at_ms=now_ms, activity=RUN, name=_NAME, data={"active": is_weak})
    driver.advance_run(run_id, fact, key=key, actor="system")
