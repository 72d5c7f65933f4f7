"""Undoing what was done for good: a stack, the last first, one ordinary command at a time.

The run has its ending from the moment of the abort, so people see the end at once; its status is
`compensating` until the stack is empty. What cannot be undone waits for staff: try again, or skip
it with a reason.
"""

from __future__ import annotations

from flow.commands import Compensate
from flow.errors import EventRefusedError
from flow.events import IncidentSkipped
from flow.graph import Polarity
from flow.interpreter.turn import Turn
from flow.records import amend
from flow.state import ActivityState, Done, Ending, EndKind, Incident, RunStatus


def note_done(turn: Turn, activity: ActivityState, polarity: Polarity) -> None:
    """A step was left: remember how it is undone if its component says so."""
    operation = turn.bound.components[activity.node].manifest.compensation
    if operation is None or polarity is not Polarity.POSITIVE:
        return
    done = Done(activity=activity.id, node=activity.node, operation=operation, data=activity.data)
    amend(turn.draft, done=(*turn.state.done, done))


def status_after(turn: Turn, ending: Ending) -> RunStatus:
    """Only an abort undoes: every other ending was meant."""
    undoes = ending.kind is EndKind.ABORT and turn.state.done
    return RunStatus.COMPENSATING if undoes else RunStatus.CLOSED


def undo_next(turn: Turn) -> None:
    """Ask to undo the last thing done, or close the run when nothing is left."""
    if turn.state.status is not RunStatus.COMPENSATING:
        return
    amend(turn.draft, incident=None)
    if not turn.state.done:
        amend(turn.draft, undoing=None)
        turn.change_status(RunStatus.CLOSED)
        return
    last = turn.state.done[-1]
    request = Compensate(node=last.node, operation=last.operation, data=last.data)
    key = turn.ask_for_run(request)
    amend(turn.draft, undoing=key)


def note_undone(turn: Turn, key: str) -> None:
    """The answer to the `Compensate` under way; any other key is too late and changes nothing."""
    if key == turn.state.undoing:
        amend(turn.draft, done=turn.state.done[:-1])
        undo_next(turn)


def note_not_undone(turn: Turn, key: str, code: str) -> None:
    """It failed for good: someone has to look at it."""
    if key != turn.state.undoing:
        return
    last = turn.state.done[-1]
    incident = Incident(
        node=last.node,
        code="not_undone",
        cause=f"{last.operation} failed: {code}",
        at_ms=turn.at_ms,
        has_token=False,
    )
    amend(turn.draft, incident=incident, undoing=None)


def skip(turn: Turn, event: IncidentSkipped) -> None:
    """Leave the last thing as it is: someone has seen to it, or will."""
    amend(turn.draft, done=turn.state.done[:-1])
    undo_next(turn)


def need_failure(turn: Turn) -> None:
    """Raises EventRefusedError while nothing has failed to be undone."""
    if turn.state.incident is None:
        raise EventRefusedError(reason="undoing", message="Undoing is still going on")
