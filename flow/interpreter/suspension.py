"""A run that stands still: nobody acts, facts wait, and no time passes in it.

When a timer is due the interpreter knows only once it fires. So on resuming, each timer in force is
noted to wait longer by as long as the run stood still, and set again when it fires; one that fired
meanwhile is set again at once, for what was left of it. Boundary timers are derived, from bases
that move along.
"""

from __future__ import annotations

from flow.commands import SetTimer
from flow.errors import EventRefusedError
from flow.events import RunResumed, RunSuspended, TimerFired
from flow.interpreter.signals import deliver
from flow.interpreter.turn import Turn
from flow.records import amend, replace
from flow.state import ActivityState, PresenceState, RunStatus


def suspend(turn: Turn, event: RunSuspended) -> None:
    """Raises EventRefusedError without a reason."""
    if not event.reason.strip():
        raise EventRefusedError(
            reason="invalid_data", message="Say why, for the record", field="/reason"
        )
    turn.change_status(RunStatus.SUSPENDED)
    amend(turn.draft, suspended_at_ms=turn.at_ms)


def resume(turn: Turn, event: RunResumed) -> None:
    """Let time go on where it had stopped, then tell what came meanwhile."""
    since_ms = turn.state.suspended_at_ms
    if since_ms is None:
        raise AssertionError("a suspended run knows since when")
    turn.change_status(RunStatus.OPEN)
    _move_bases(turn, since_ms, max(0, turn.at_ms - since_ms))
    for activity in tuple(turn.state.activities.values()):
        _postpone(turn, activity, since_ms)
    amend(turn.draft, suspended_at_ms=None, fired={})
    deliver(turn)


def note_fired(turn: Turn, activity: ActivityState, name: str, event: TimerFired) -> bool:
    """Whether the timer that fired is not to be told now: it waits longer, or the run does."""
    state, key = turn.state, event.key
    due_ms = event.at_ms if event.due_at_ms is None else event.due_at_ms
    if state.status is RunStatus.SUSPENDED:
        if key not in state.fired:
            turn.state = replace(state, fired={**state.fired, key: due_ms})
        return True
    by_ms = state.postponed.get(key)
    if by_ms is None:
        return False
    left = {one: ms for one, ms in state.postponed.items() if one != key}
    turn.state = replace(state, postponed=left)
    _set_again(turn, activity, name, due_ms + by_ms)
    return True


def _move_bases(turn: Turn, since_ms: int, by_ms: int) -> None:
    state = turn.state
    turn.state = replace(
        state,
        paused_ms=state.paused_ms + by_ms,
        people={key: _later(one, since_ms, turn.at_ms) for key, one in state.people.items()},
        facts={key: at + turn.at_ms - max(at, since_ms) for key, at in state.facts.items()},
        entered={key: at + by_ms for key, at in state.entered.items()},
        activities={
            key: replace(one, paused_ms=one.paused_ms + by_ms)
            for key, one in state.activities.items()
        },
    )


def _later(person: PresenceState, since_ms: int, at_ms: int) -> PresenceState:
    """Time away counts only while the run went on."""
    still_ms = max(0, at_ms - max(since_ms, person.since_ms))
    return person if person.present else replace(person, paused_ms=person.paused_ms + still_ms)


def _postpone(turn: Turn, activity: ActivityState, since_ms: int) -> None:
    by_ms = max(0, turn.at_ms - since_ms)
    for name, key in activity.timers.items():
        fired_ms = turn.state.fired.get(key)
        if fired_ms is not None:
            more_ms = turn.state.postponed.get(key, 0)
            now = turn.state.activities[activity.id]
            left_ms = max(0, fired_ms + more_ms - since_ms)
            _set_again(turn, now, name, turn.at_ms + left_ms)
            left = {one: ms for one, ms in turn.state.postponed.items() if one != key}
            amend(turn.draft, postponed=left)
        elif by_ms:
            before = turn.state.postponed
            amend(turn.draft, postponed={**before, key: before.get(key, 0) + by_ms})


def _set_again(turn: Turn, activity: ActivityState, name: str, due_at_ms: int) -> None:
    turn.keep(turn.ask_for(activity, (SetTimer(name=name, due_at_ms=due_at_ms),)))
