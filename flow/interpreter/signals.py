"""How activities hear of things: at once, or afterwards when the run stands still meanwhile."""

from __future__ import annotations

from contextlib import suppress

from flow.component import EventReceived, NotPerformed, PresenceChanged, Reaction, Signal, Told
from flow.errors import EventRefusedError
from flow.events import ActivityId, ExternalEventReceived
from flow.interpreter import boundaries, early
from flow.interpreter.tokens import move_tokens, tell
from flow.interpreter.turn import Turn
from flow.records import amend
from flow.state import ActivityState, Deferred

_NOTHING = Reaction()
_TIDYING = frozenset({"Dequeue", "StopRinging", "CloseRoom"})
"""Requests whose failure nobody need care for: the run's end clears up again."""
_OF_PROVIDERS = frozenset({"CallHttp", "AskCore", "SendNotice"})
"""Requests to others: where the flow says what comes when they fail, the step is not asked."""


def signal(turn: Turn, activity: ActivityId, what: Signal) -> bool:
    """Tell the activity if it is still there; a run that stands still tells it later.

    Whether it made a difference, or may yet.
    """
    found = turn.state.activities.get(activity)
    if found is None:
        return False
    if turn.is_open:
        return _hear(turn, found, what) != _NOTHING
    _defer(turn, Deferred(activity=activity, signal=what))
    return True


def receive(turn: Turn, event: ExternalEventReceived) -> None:
    """Tell every activity of an event without an id.

    Raises EventRefusedError when none had waited for it.
    """
    what = EventReceived(name=event.name, data=event.data)
    heard = [signal(turn, one, what) for one in tuple(turn.state.activities)]
    if not any(heard):
        raise EventRefusedError(
            reason="not_awaited", message="Nothing in this run waits for this event"
        )


def deliver(turn: Turn) -> None:
    """Give out what was kept back, in order; what halts the run again keeps back the rest.

    A step that refuses what was told goes on as if it had not been. Events of other systems come
    first: their senders were told that they are in time.
    """
    early.offer(turn)
    kept = turn.state.deferred
    amend(turn.draft, deferred=())
    for one in kept:
        with suppress(EventRefusedError):  # its sender is long gone
            signal(turn, one.activity, one.signal)
        move_tokens(turn)


def _hear(turn: Turn, activity: ActivityState, what: Signal) -> Reaction | None:
    is_failure = isinstance(what, NotPerformed) and what.kind in _OF_PROVIDERS
    if is_failure and boundaries.act_on_failure(turn, activity.node, near=True):
        return None
    reaction = tell(turn, activity, what)
    if isinstance(what, NotPerformed) and what.kind not in _TIDYING and reaction == _NOTHING:
        boundaries.act_on_failure(turn, activity.node)
    return reaction


def _defer(turn: Turn, late: Deferred) -> None:
    kept = [one for one in turn.state.deferred if not _replaces(late, one)]
    amend(turn.draft, deferred=(*kept, late))


def _replaces(late: Deferred, early: Deferred) -> bool:
    """Of a queue position, or of someone coming and going, only the latest is worth telling."""
    if late.activity != early.activity:
        return False
    match late.signal, early.signal:
        case (Told(name=name), Told(name=other)) | (
            EventReceived(name=name),
            EventReceived(name=other),
        ):
            return name == other
        case PresenceChanged(person=person), PresenceChanged(person=other_person):
            return person.id == other_person.id
    return False
