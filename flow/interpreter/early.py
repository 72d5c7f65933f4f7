"""Events of other systems: each for one step, and kept until that step waits for it.

A bank's system may answer before the run has come to the step that waits for the answer. What no
step waits for now, but one may on the way ahead, is kept; the first step that waits for it, the
oldest visit first, takes it. So the order in which events and tokens come makes no difference. A
run that stands still keeps everything until it goes on. What nobody takes goes with the run's end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress

from flow.component import EventReceived, Reaction
from flow.errors import EventRefusedError
from flow.events import ActivityId, EventHandedOn, ExternalEventReceived
from flow.graph import NodeId
from flow.interpreter.bound import BoundGraph
from flow.interpreter.tokens import move_tokens, tell
from flow.interpreter.turn import Turn
from flow.records import amend
from flow.state import Early, RunState

MOST = 16
"""Events kept in one run."""
MOST_CHARS = 64 * 1024
"""Of the JSON that they bring, together."""
KEPT_MS = 7 * 24 * 3_600_000
"""So long is the longest wait of a step, and so long an event is kept for one."""

_NOTHING = Reaction()


def receive(turn: Turn, event: ExternalEventReceived) -> None:
    """Give the event to the step that waits for it, or keep it for one that will.

    Raises EventRefusedError: `not_awaited` when no step on the way ahead would take it,
    `invalid_data` when they would but for what it brings, `too_many_events` when too much is kept.
    """
    what = EventReceived(name=event.name, data=event.data)
    state = turn.state
    if not any(may(turn.bound, state, what) for may in (is_waiting, may_wait, may_call)):
        raise EventRefusedError(
            reason="not_awaited", message="No step ahead in this run waits for this event"
        )
    one = Early(id=event.id, name=event.name, data=event.data, at_ms=event.at_ms)
    amend(turn.draft, early=(*state.early, one))
    offer(turn)
    if one in turn.state.early and _is_too_much(turn.state.early):
        raise EventRefusedError(
            reason="too_many_events", message="Too many events wait for their steps in this run"
        )


def offer(turn: Turn) -> None:
    """Give out what is kept, the oldest first, and let the tokens go on."""
    if not turn.state.early:
        return
    in_time = tuple(one for one in turn.state.early if turn.at_ms - one.at_ms < KEPT_MS)
    if in_time != turn.state.early:
        amend(turn.draft, early=in_time)
    while turn.is_open and any(_is_taken(turn, one) for one in turn.state.early):
        move_tokens(turn)


def forget(turn: Turn, event: EventHandedOn) -> None:
    """A sub-flow has it now."""
    left = tuple(one for one in turn.state.early if one.id != event.id)
    if left != turn.state.early:
        amend(turn.draft, early=left)


def is_waiting(bound: BoundGraph, state: RunState, what: EventReceived) -> bool:
    """Whether a step waits for it now. Raises EventRefusedError as a step does."""
    return _takes(bound, (one.node for one in state.activities.values()), what)


def may_wait(bound: BoundGraph, state: RunState, what: EventReceived) -> bool:
    """Whether a step that the run may still come to would. Raises EventRefusedError as it does."""
    return _takes(bound, _ahead(bound, state), what)


def may_call(bound: BoundGraph, state: RunState, _what: EventReceived) -> bool:
    """Whether a sub-flow has yet to begin that might; what it waits for only its own run knows."""
    begins = [one.node for one in state.activities.values() if one.pending]
    ahead = (*begins, *_ahead(bound, state))
    return bound.calls and any(bound.components[one].manifest.calls for one in ahead)


def _ahead(bound: BoundGraph, state: RunState) -> tuple[NodeId, ...]:
    if state.ending is not None:
        return ()
    halted = [state.incident.node] if state.incident is not None else []
    coming = [*halted, *(one.node for one in state.arrivals)]
    here = [one.node for one in state.activities.values()]
    return (*coming, *bound.ahead_of([*coming, *here]))


def _takes(bound: BoundGraph, nodes: Iterable[NodeId], what: EventReceived) -> bool:
    refusal: EventRefusedError | None = None
    for node in nodes:
        try:
            if bound.components[node].behaviour.takes(bound.graph.nodes[node].config, what):
                return True
        except EventRefusedError as error:
            refusal = error
    if refusal is not None:
        raise refusal
    return False


def _is_taken(turn: Turn, one: Early) -> bool:
    what = EventReceived(name=one.name, data=one.data)
    if not any(_hears(turn, activity, what) for activity in tuple(turn.state.activities)):
        return False
    amend(turn.draft, early=tuple(other for other in turn.state.early if other is not one))
    return True


def _hears(turn: Turn, activity: ActivityId, what: EventReceived) -> bool:
    """Whether the activity did something with it; one that halts the run on it may try again."""
    found = turn.state.activities[activity]
    with suppress(EventRefusedError):  # by another version of the flow, it would have been refused
        if not _takes(turn.bound, (found.node,), what):
            return False
        reaction = tell(turn, found, what)
        return reaction is not None and reaction != _NOTHING
    return False


def _is_too_much(kept: tuple[Early, ...]) -> bool:
    chars = sum(len(json.dumps(one.data, ensure_ascii=False)) for one in kept)
    return len(kept) > MOST or chars > MOST_CHARS
