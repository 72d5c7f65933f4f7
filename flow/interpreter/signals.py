"""How activities hear of things: at once, or afterwards when the run stands still meanwhile."""

from __future__ import annotations

from dataclasses import replace

from flow.component import NotPerformed, PresenceChanged, Reaction, Signal, Told
from flow.events import ActivityId
from flow.interpreter import boundaries
from flow.interpreter.tokens import move_tokens, tell
from flow.interpreter.turn import Turn
from flow.state import ActivityState, Deferred

_TIDYING = frozenset({"Dequeue", "StopRinging", "CloseRoom"})
"""Requests whose failure nobody need care for: the run's end clears up again."""


def signal(turn: Turn, activity: ActivityId, what: Signal) -> None:
    """Tell the activity if it is still there; a run that stands still tells it later."""
    found = turn.state.activities.get(activity)
    if found is None:
        return
    if turn.is_open:
        _hear(turn, found, what)
    else:
        _defer(turn, Deferred(activity=activity, signal=what))


def deliver(turn: Turn) -> None:
    """Give out what was kept back, in order; what halts the run again keeps back the rest."""
    kept = turn.state.deferred
    turn.state = replace(turn.state, deferred=())
    for one in kept:
        signal(turn, one.activity, one.signal)
        move_tokens(turn)


def _hear(turn: Turn, activity: ActivityState, what: Signal) -> None:
    reaction = tell(turn, activity, what)
    if not isinstance(what, NotPerformed) or what.kind in _TIDYING:
        return
    if reaction == Reaction():
        boundaries.act_on_failure(turn, activity.node)


def _defer(turn: Turn, late: Deferred) -> None:
    kept = [one for one in turn.state.deferred if not _replaces(late, one)]
    turn.state = replace(turn.state, deferred=(*kept, late))


def _replaces(late: Deferred, early: Deferred) -> bool:
    """Of a queue position, or of someone coming and going, only the latest is worth telling."""
    if late.activity != early.activity:
        return False
    match late.signal, early.signal:
        case Told(name=name), Told(name=other):
            return name == other
        case PresenceChanged(person=person), PresenceChanged(person=other_person):
            return person.id == other_person.id
    return False
