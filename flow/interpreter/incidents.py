"""What staff can do about a run that has halted: let the step begin anew, go past it, or end."""

from __future__ import annotations

from flow.errors import EventRefusedError
from flow.events import IncidentEnded, IncidentRetried, IncidentSkipped
from flow.graph import Outcome
from flow.interpreter import boundaries, compensation
from flow.interpreter.bound import BoundGraph
from flow.interpreter.signals import deliver
from flow.interpreter.tokens import finish, interrupt, move_tokens, withdraw
from flow.interpreter.turn import Turn
from flow.records import amend
from flow.state import Arrival, Incident, RunState, RunStatus


def ways_past(bound: BoundGraph, state: RunState) -> tuple[Outcome, ...]:
    """The outcomes by which the token can be sent on; none where no token waits."""
    if state.incident is None or not state.incident.has_token:
        return ()
    node = state.incident.node
    if bound.components[node].manifest.splits:
        return ()  # a token that was not split has no place in a branch
    return tuple(
        one for one in bound.outcomes(node).values() if (node, one.id) in bound.graph.targets
    )


def choices(bound: BoundGraph, state: RunState) -> tuple[str, ...]:
    """What staff can do now about what halted the run: `retry`, `skip`, `end`; () when nothing did.

    Undoing cannot be ended: what is left to undo is tried again or skipped.
    """
    undoing = state.status is RunStatus.COMPENSATING
    if state.incident is None or (state.status is not RunStatus.INCIDENT and not undoing):
        return ()
    skips = undoing or bool(ways_past(bound, state))
    return ("retry", *(("skip",) if skips else ()), *(() if undoing else ("end",)))


def retry(turn: Turn, event: IncidentRetried) -> None:
    """The step begins anew, as another visit; where no token waits the run just goes on."""
    if turn.state.status is RunStatus.COMPENSATING:
        compensation.need_failure(turn)
        compensation.undo_next(turn)
        return
    incident = _incident(turn)
    _reopen(turn)
    if incident.has_token:
        _take_away(turn, incident, "incident:retried")
        turn.arrivals.appendleft(Arrival(node=incident.node, branch=incident.branch))
    _go_on(turn)


def skip(turn: Turn, event: IncidentSkipped) -> None:
    """The token goes on by the outcome; what the step would have done stays undone."""
    _need_reason(event.reason)
    if turn.state.status is RunStatus.COMPENSATING:
        compensation.need_failure(turn)
        compensation.skip(turn, event)
        return
    incident = _incident(turn)
    if event.outcome not in {one.id for one in ways_past(turn.bound, turn.state)}:
        raise EventRefusedError(
            reason="invalid_data",
            message=f"This step cannot be left by {event.outcome!r:.60}",
            field="/outcome",
        )
    _reopen(turn)
    cause = f"skipped:{event.outcome}"
    if not _take_away(turn, incident, cause):
        turn.note_passed(incident.node, cause)
    branch = incident.branch
    if turn.bound.components[incident.node].manifest.joins and branch:
        withdraw(turn, branch[-1].rpartition("/")[0])
        branch = branch[:-1]
    target = turn.bound.graph.targets[(incident.node, event.outcome)]
    turn.arrivals.appendleft(Arrival(node=target, branch=branch))
    _go_on(turn)


def end(turn: Turn, event: IncidentEnded) -> None:
    """Close the run as aborted; nobody waits for the step any more."""
    _need_reason(event.reason)
    finish(turn, boundaries.abort("incident", turn.at_ms))


def _incident(turn: Turn) -> Incident:
    if turn.state.incident is None:
        raise AssertionError("a run that has halted says on what")
    return turn.state.incident


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise EventRefusedError(
            reason="invalid_data", message="Say why, for the record", field="/reason"
        )


def _reopen(turn: Turn) -> None:
    turn.change_status(RunStatus.OPEN)
    turn.arrivals.extend(turn.state.arrivals)
    amend(turn.draft, incident=None, arrivals=())


def _take_away(turn: Turn, incident: Incident, cause: str) -> bool:
    """Clear up the activity the incident struck; False when none had begun."""
    found = turn.state.activities.get(incident.activity) if incident.activity else None
    if found is not None:
        interrupt(turn, found, cause)
    return found is not None


def _go_on(turn: Turn) -> None:
    move_tokens(turn)
    if turn.is_open:
        deliver(turn)
