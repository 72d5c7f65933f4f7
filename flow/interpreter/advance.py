"""The interpreter: an event on a state gives the next state and what is asked of those above.

The graph says where a token can go; behaviours say when. An advance is one run through of
everything the event causes: a behaviour's answer, the edges it opens, the nodes on the way that
need nobody. It has no clock and no chance (both come with the event), so folding the events of a
run gives its state, always.

A fact that comes late or twice (a timer no longer in force, the answer to an activity that is gone)
changes nothing: the step carries the very state object it was given. A person's act that cannot be
taken raises EventRefusedError. A fault of the flow itself halts the run with an incident that names
the node.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from flow.commands import CloseRoom
from flow.component import (
    ActionTaken,
    NotPerformed,
    Performed,
    Person,
    PresenceChanged,
    TimeUp,
    Told,
)
from flow.errors import EventRefusedError
from flow.events import (
    RUN,
    Acted,
    ActivityId,
    Caller,
    CommandCompleted,
    CommandFailed,
    Event,
    EventHandedOn,
    ExternalEventReceived,
    IncidentEnded,
    IncidentRetried,
    IncidentSkipped,
    MediaInterrupted,
    MediaRestored,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantPlaced,
    RecordingConsented,
    RecordingId,
    RecordingNoted,
    RunCancelled,
    RunMigrated,
    RunResumed,
    RunStarted,
    RunSuspended,
    Signalled,
    TimerFired,
)
from flow.graph import JsonValue
from flow.interpreter import (
    boundaries,
    compensation,
    early,
    incidents,
    legal,
    migration,
    profile,
    suspension,
)
from flow.interpreter.bound import BoundGraph
from flow.interpreter.signals import receive, signal
from flow.interpreter.tokens import finish, move_tokens
from flow.interpreter.turn import Step, Turn
from flow.records import amend, replace
from flow.state import (
    ActivityState,
    Arrival,
    PresenceState,
    RecordingState,
    RoomState,
    RunState,
)


def initial_state() -> RunState:
    """A run before its first event, which must be RunStarted."""
    return RunState()


def advance(bound: BoundGraph, state: RunState, event: Event) -> Step:
    """What the event makes of the run.

    Raises EventRefusedError when a person's act or a cancellation cannot be taken; `state` then
    stands.
    """
    legal.check(event, state.status)
    turn = Turn(bound, state, event.at_ms)
    _dispatch(turn, event)
    move_tokens(turn)
    if turn.state is not state:
        early.offer(turn)
        boundaries.watch(turn)
        if bound.changes_media:
            profile.follow(turn)
    return turn.step()


def _dispatch(turn: Turn, event: Event) -> None:  # noqa: C901, PLR0912, PLR0915 - a line each
    match event:
        case RunStarted():
            _start(turn, event)
        case ParticipantJoined():
            _join(turn, event)
        case ParticipantPlaced():
            _place(turn, event)
        case RecordingConsented():
            _consent(turn, event)
        case ParticipantLeft():
            _part(turn, event)
        case Acted():
            _act(turn, event)
        case TimerFired():
            _fire(turn, event)
        case CommandCompleted():
            _complete(turn, event)
        case CommandFailed():
            _fail(turn, event)
        case Signalled():
            _note_fact(turn, event)
        case ExternalEventReceived():
            early.receive(turn, event) if event.id else receive(turn, event)
        case EventHandedOn():
            early.forget(turn, event)
        case RecordingNoted():
            pass  # it stands in the log; the recording's own chain is its record
        case MediaInterrupted():
            _interrupt_media(turn, event)
        case MediaRestored():
            _restore_media(turn, event)
        case RunCancelled():
            finish(turn, boundaries.abort("cancelled", event.at_ms))
        case RunSuspended():
            suspension.suspend(turn, event)
        case RunMigrated():
            migration.migrate(turn, event)
        case RunResumed():
            suspension.resume(turn, event)
        case IncidentRetried():
            incidents.retry(turn, event)
        case IncidentSkipped():
            incidents.skip(turn, event)
        case IncidentEnded():
            incidents.end(turn, event)
        case _:
            assert_never(event)


def _start(turn: Turn, event: RunStarted) -> None:
    if turn.has_begun:
        return
    initial = {
        one.name: one.initial for one in turn.bound.graph.variables if one.initial is not None
    }
    amend(
        turn.draft,
        started_at_ms=event.at_ms,
        seed=event.seed,
        locale=event.locale,
        variables={**initial, **event.variables},
    )
    if event.caller is not None:
        _borrow(turn, event.caller)
    turn.arrivals.append(Arrival(node=turn.bound.graph.start))


def _borrow(turn: Turn, caller: Caller) -> None:
    """A sub-flow begins among the people and in the room of the run that called it."""
    people = {
        one.participant: PresenceState(
            id=one.participant,
            role=one.role,
            name=one.name,
            staff_no=one.staff_no,
            present=one.present,
            since_ms=one.since_ms,
        )
        for one in caller.people
    }
    room = RoomState(
        generation=caller.generation, worker=caller.worker, interrupted=caller.interrupted
    )
    amend(
        turn.draft,
        root=caller.root,
        depth=caller.depth,
        wanted=caller.wanted,
        facts=caller.facts,
        people=people,
        room=room if caller.generation else None,
    )


def _join(turn: Turn, event: ParticipantJoined) -> None:
    before = turn.state.people.get(event.participant)
    if boundaries.is_gone_for_good(turn, before):
        boundaries.act_on_departure(turn, event.role)
        return
    stays = before is not None and before.present
    now = PresenceState(
        id=event.participant,
        role=event.role,
        name=event.name,
        staff_no=event.staff_no,
        present=True,
        since_ms=before.since_ms if before is not None and stays else event.at_ms,
        mode=event.mode,
    )
    if before is not None:  # whoever is back is in the call as they were
        now = replace(
            now,
            mode=before.mode,
            to=before.to,
            muted=before.muted,
            turn=before.turn,
            consented=before.consented,
        )
    _note_presence(turn, now)


def _place(turn: Turn, event: ParticipantPlaced) -> None:
    """Who hears and sees whom is the room's business; the flow's steps are not told."""
    before = turn.state.people.get(event.participant)
    if before is None or event.turn <= before.turn:
        return
    now = replace(before, mode=event.mode, to=event.to, muted=event.muted, turn=event.turn)
    amend(turn.draft, people={**turn.state.people, now.id: now})


def _consent(turn: Turn, event: RecordingConsented) -> None:
    before = turn.state.people.get(event.participant)
    if before is not None:
        now = replace(before, consented=True)
        amend(turn.draft, people={**turn.state.people, now.id: now})


def _part(turn: Turn, event: ParticipantLeft) -> None:
    before = turn.state.people.get(event.participant)
    if before is None:
        return
    if before.present:
        _note_presence(turn, replace(before, present=False, since_ms=event.at_ms))
    if event.deliberate:
        move_tokens(turn)
        boundaries.act_on_departure(turn, before.role)


def _note_presence(turn: Turn, now: PresenceState) -> None:
    before = turn.state.people.get(now.id)
    if now == before:
        return
    amend(turn.draft, people={**turn.state.people, now.id: now})
    if before is not None and before.present == now.present:
        return
    person = Person(
        id=now.id, role=now.role, name=now.name, staff_no=now.staff_no, present=now.present
    )
    for activity in tuple(turn.state.activities):
        signal(turn, activity, PresenceChanged(person=person))


def _act(turn: Turn, event: Acted) -> None:
    if event.activity not in turn.state.activities:
        raise EventRefusedError(reason="unknown_activity", message="This step is over")
    turn.trusts_input = False
    taken = ActionTaken(
        action=event.action, role=event.role, participant=event.participant, data=event.data
    )
    signal(turn, event.activity, taken)
    turn.trusts_input = True


def _note_fact(turn: Turn, event: Signalled) -> None:
    if event.activity == RUN:
        boundaries.note_fact(turn, event)
    else:
        signal(turn, event.activity, Told(name=event.name, data=event.data))


def _fire(turn: Turn, event: TimerFired) -> None:
    boundary = next((k for k, key in turn.state.boundary_timers.items() if key == event.key), None)
    if boundary is not None:
        boundaries.act_on(turn, boundary)
        return
    activity = _asker(turn, event.key)
    if activity is None:
        return
    name = next((name for name, key in activity.timers.items() if key == event.key), None)
    if name is None or suspension.note_fired(turn, activity, name, event):
        return
    timers = {one: key for one, key in activity.timers.items() if one != name}
    turn.keep(replace(activity, timers=timers))
    signal(turn, activity.id, TimeUp(name=name))


def _asker(turn: Turn, key: str) -> ActivityState | None:
    return turn.state.activities.get(ActivityId(key.rpartition(":")[0]))


def _complete(turn: Turn, event: CommandCompleted) -> None:
    compensation.note_undone(turn, event.key)
    if event.key in turn.state.asked:
        _note_result(turn, event)
    activity, kind = _take_pending(turn, event.key)
    if activity is not None:
        signal(turn, activity, Performed(kind=kind, result=event.result))


def _fail(turn: Turn, event: CommandFailed) -> None:
    compensation.note_not_undone(turn, event.key, event.code)
    if event.key in turn.state.asked:
        _forget_asked(turn, event.key)
    activity, kind = _take_pending(turn, event.key)
    if activity is None:
        return
    failure = NotPerformed(kind=kind, code=event.code, message=event.message)
    signal(turn, activity, failure)


def _take_pending(turn: Turn, key: str) -> tuple[ActivityId | None, str]:
    """Who still waits for the answer and what was asked; from now on nobody does."""
    activity = _asker(turn, key)
    if activity is None or key not in activity.pending:
        return None, ""
    pending = {one: kind for one, kind in activity.pending.items() if one != key}
    turn.keep(replace(activity, pending=pending))
    return activity.id, activity.pending[key]


def _forget_asked(turn: Turn, key: str) -> str:
    asked = dict(turn.state.asked)
    kind = asked.pop(key)
    amend(turn.draft, asked=asked)
    return kind


def _note_result(turn: Turn, event: CommandCompleted) -> None:
    """Keep what a result says about the room and the recordings, whoever had asked."""
    match _forget_asked(turn, event.key):
        case "OpenRoom":
            room = RoomState(
                generation=_whole(event.result, "generation"), worker=_text(event.result, "worker")
            )
            amend(turn.draft, room=room)
            if turn.state.ending is not None:
                turn.ask_for_run(CloseRoom())  # the run ended while the room was being placed
        case "CloseRoom":
            amend(turn.draft, room=None)
        case "StartRecording":
            _note_recording(turn, event.result, event.at_ms, ended=False)
        case "StopRecording":
            _note_recording(turn, event.result, event.at_ms, ended=True)


def _note_recording(
    turn: Turn, result: Mapping[str, JsonValue], at_ms: int, *, ended: bool
) -> None:
    key = RecordingId(_text(result, "recording"))
    started = _whole(result, "started_at_ms") or at_ms
    before = turn.state.recordings.get(key, RecordingState(id=key, started_at_ms=started))
    now = replace(before, ended_at_ms=at_ms, stopping=False) if ended else before
    amend(turn.draft, recordings={**turn.state.recordings, key: now})


def _interrupt_media(turn: Turn, event: MediaInterrupted) -> None:
    room = turn.state.room
    if room is None or room.interrupted or event.generation < room.generation:
        return
    amend(turn.draft, room=replace(room, interrupted=True))


def _restore_media(turn: Turn, event: MediaRestored) -> None:
    room = turn.state.room
    if room is None or event.generation <= room.generation:
        return
    amend(turn.draft, room=RoomState(generation=event.generation, worker=event.worker))


def _text(result: Mapping[str, JsonValue], name: str) -> str:
    value = result.get(name)
    return value if isinstance(value, str) else ""


def _whole(result: Mapping[str, JsonValue], name: str) -> int:
    value = result.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
