"""What a step of a run comes to, as rows for the ledger: texts are made, nothing is written."""

from __future__ import annotations

from flow import codec, shapes
from flow.commands import CancelTimer, Command, SetTimer
from flow.events import Event
from flow.interpreter.turn import Step
from flow.state import RunState, RunStatus
from runtime.chain import Told, canonical, compact, told_hash
from runtime.ledger import Entry, Position, Queued, Standing
from runtime.sealing import Seal, event_place, job_place, state_place


def entry_of(seal: Seal, standing: Standing, event: Event, *, key: str, actor: str) -> Entry:
    """The event as a row: the text that is hashed is the text that is stored."""
    seq = standing.seq + 1
    told = Told(
        seq=seq,
        key=key,
        kind=type(event).__name__,
        data=seal.close(event_place(seq), canonical(codec.event_to_json(event))),
        actor=actor,
        at_ms=event.at_ms,
        prev_hash=standing.head,
    )
    return Entry(*told, hash=told_hash(seal.run, told))


def position_of(entry: Entry, state: RunState) -> Position:
    """Where the run stands after the event."""
    closed, ending = state.status is RunStatus.CLOSED, state.ending
    ended_at_ms = ending.at_ms if ending else entry.at_ms
    return Position(
        seq=entry.seq,
        head=entry.hash,
        status=state.status.value,
        ending=ending.kind.value if ending else "",
        ended_at_ms=ended_at_ms if closed else None,
    )


def snapshot_of(seal: Seal, entry: Entry, state: RunState) -> str:
    """The state as the run's row keeps it."""
    return seal.close(state_place(entry.seq), compact(codec.state_to_json(state)))


def ended_timers(seal: Seal, before: RunState, after: RunState, held: set[str]) -> list[str]:
    """Keys of the jobs that need not fire any more: cancelled, set again or left behind."""
    return [f"{seal.run}/{key}" for key in timers_of(before, after) - held]


def jobs_of(
    seal: Seal, before: RunState, step: Step, held: set[str], *, at_ms: int
) -> list[Queued]:
    """A job for each command, but for timers that the state does not hold any more.

    A run that has just got its ending gets one job more, which frees whoever and whatever it still
    holds; what is left to undo after an abort needs nobody and no room. A sub-flow holds nothing,
    but it tells its caller once nothing is left to undo.
    """
    jobs = [
        _job(seal, command, at_ms=at_ms)
        for command in step.commands
        if not isinstance(command.request, SetTimer | CancelTimer) or command.key in held
    ]
    if closing := _closing(before, step.state):
        jobs.append(Queued(f"{seal.run}/closing", closing, "", "", "{}", at_ms))
    return jobs


def _closing(before: RunState, after: RunState) -> str:
    """The kind of the job that a run gets at its end; "" while it has not come."""
    if after.root:
        closes = after.status is RunStatus.CLOSED and before.status is not RunStatus.CLOSED
        return "TellCaller" if closes else ""
    return "FreeRun" if after.ending is not None and before.ending is None else ""


def timers_of(state: RunState, other: RunState) -> set[str]:
    """Command keys of the timers that may still fire, but for activities that are alike in both."""
    keys, there = set(state.boundary_timers.values()), other.activities.get
    for activity in [one for key, one in state.activities.items() if there(key) is not one]:
        keys.update(activity.timers.values())
    return keys


def _job(seal: Seal, command: Command, *, at_ms: int) -> Queued:
    request, key = command.request, f"{seal.run}/{command.key}"
    timer = request if isinstance(request, SetTimer) else None
    return Queued(
        key=key,
        kind=type(request).__name__,
        activity=command.activity or "",
        name=timer.name if timer else "",
        payload=seal.close(job_place(key), compact(shapes.record_json(request))),
        due_at_ms=timer.due_at_ms if timer else at_ms,
    )
