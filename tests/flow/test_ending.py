"""Spans, recordings, the room, and what the end of a run asks for."""

from __future__ import annotations

import pytest

from flow.commands import CloseRoom, Dequeue, OpenRoom, StartRecording, StopRecording
from flow.component import Activity, Reaction, Signal
from flow.errors import EventRefusedError
from flow.events import (
    ActivityId,
    CommandCompleted,
    CommandFailed,
    MediaInterrupted,
    MediaRestored,
    RecordingId,
    RecordingNoted,
    RunCancelled,
    Signalled,
    TimerFired,
)
from flow.graph import JsonObject
from flow.interpreter.advance import advance
from flow.state import EndKind, RoomState, RunStatus
from tests.builders import STARTED, acted, at, bound, joined, left, linear, run, started
from tests.flow.parts import Scripted, asks, closes_span, component, ends, enters, opens_span, waits

ROOM = CommandCompleted(at_ms=5, key="n1.1:0", result={"room": "r", "generation": 1, "worker": "w"})
RECORDING = RecordingId("r1")
BEGUN = CommandCompleted(at_ms=6, key="n1.1:1", result={"recording": "r1", "started_at_ms": 1_234})


def in_a_call() -> Scripted:
    return Scripted(at_start=Reaction(requests=(OpenRoom(), StartRecording(recording=RECORDING))))


def test_a_span_stays_while_the_token_goes_on() -> None:
    step = started(linear(opens_span(), waits()))

    assert [(one.id, one.span) for one in step.state.activities.values()] == [
        ("n1.1", "recording"),
        ("n2.1", None),
    ]


def test_a_span_that_did_not_open_leaves_nothing() -> None:
    fails = component("span", Scripted(at_start=Reaction(outcome="fail")), span="recording")

    step = started(linear(fails, waits()))

    assert step.state.activities == {}


def test_a_closing_node_ends_the_span() -> None:
    stopped = Reaction(requests=(Dequeue(),))
    flow = linear(opens_span(on_stop=stopped), waits(), closes_span(), waits())

    step = started(flow, acted("n2.1", "ok"))

    assert list(step.state.activities) == ["n4.1"]
    assert [one.key for one in step.commands] == ["n1.1:0"]


def test_a_closing_node_leaves_other_spans_open() -> None:
    flow = linear(opens_span("presence"), waits(), closes_span("recording"), waits())

    step = started(flow, acted("n2.1", "ok"))

    assert list(step.state.activities) == ["n1.1", "n4.1"]


def test_a_span_may_end_by_itself() -> None:
    def react(activity: Activity, signal: Signal) -> Reaction:
        return Reaction(outcome="fail")

    span = component(
        "span", Scripted(at_start=Reaction(outcome="ok"), on_signal=react), span="presence"
    )
    flow = linear(span, waits())

    step = started(flow, Signalled(at_ms=9, activity=ActivityId("n1.1"), name="violated"))

    assert list(step.state.activities) == ["n2.1"]


def test_spans_are_stopped_at_the_end() -> None:
    reasons: list[str] = []

    def stop(activity: Activity, reason: str) -> Reaction:
        reasons.append(reason)
        return Reaction()

    span = component(
        "span", Scripted(at_start=Reaction(outcome="ok"), on_stop=stop), span="presence"
    )
    step = started(linear(span, waits()), acted("n2.1", "ok"))

    assert reasons == ["run_ended"]
    assert step.state.activities == {}


def test_a_fault_while_stopping_does_not_keep_the_run_from_ending() -> None:
    def stop(activity: Activity, reason: str) -> Reaction:
        raise RuntimeError("no")

    flow = linear(component("a", Scripted(on_stop=stop)))

    step = started(flow, RunCancelled(at_ms=9, by="admin", reason=""))

    assert step.state.status is RunStatus.CLOSED
    assert step.state.incident is None


@pytest.mark.parametrize("kind", list(EndKind))
def test_an_end_node_says_how_it_ended(kind: EndKind) -> None:
    texts: JsonObject = {
        "reason_code": "R7",
        "message": {"en": "Bye"},
        "next_step": {"en": "Come again"},
    }
    flow = linear(waits(), ends(kind.value), config={"n2": texts})

    ending = started(flow, acted("n1.1", "ok")).state.ending

    assert ending is not None
    assert (ending.kind, ending.code, ending.node) == (kind, "R7", "n2")
    assert (ending.message, ending.next_step) == ({"en": "Bye"}, {"en": "Come again"})


def test_an_end_without_settings_is_named_by_its_kind() -> None:
    ending = started(linear(waits()), acted("n1.1", "ok")).state.ending

    assert ending is not None
    assert (ending.code, ending.message) == ("success", {})


def test_an_end_with_one_text_has_it_in_english() -> None:
    flow = linear(waits(), ends(), config={"n2": {"message": "Bye"}})

    ending = started(flow, acted("n1.1", "ok")).state.ending

    assert ending is not None
    assert ending.message == {"en": "Bye"}


# the room and recordings


def test_what_the_run_has_is_noted_whoever_asked() -> None:
    flow = linear(component("call", in_a_call()), waits())

    step = started(flow, acted("n1.1", "ok"), ROOM, BEGUN)

    assert step.state.room == RoomState(generation=1, worker="w")
    assert step.state.recordings[RECORDING].started_at_ms == 1_234
    assert step.state.asked == {}


def test_an_answer_is_noted_once() -> None:
    flow = linear(component("call", in_a_call()), waits())
    state = started(flow, ROOM, MediaInterrupted(at_ms=8, generation=1, reason="gone")).state

    assert advance(flow, state, ROOM).state is state


def test_a_failed_request_leaves_no_question_open() -> None:
    flow = linear(component("call", in_a_call()), waits())

    step = started(flow, CommandFailed(at_ms=5, key="n1.1:0", code="no_capacity"))

    assert "n1.1:0" not in step.state.asked
    assert step.state.room is None


def test_the_end_stops_recordings_and_closes_the_room() -> None:
    flow = linear(component("call", in_a_call()))

    step = run(flow, acted("n1.1", "ok"), state=started(flow, ROOM, BEGUN).state)

    assert [one.request for one in step.commands] == [
        StopRecording(recording=RECORDING),
        CloseRoom(),
    ]
    assert [one.activity for one in step.commands] == [None, None]


def test_a_recording_is_told_to_stop_once() -> None:
    stop = Reaction(requests=(StopRecording(recording=RECORDING),))
    call = Scripted(at_start=in_a_call().at_start, on_stop=stop)
    flow = linear(component("call", call))

    state = started(flow, ROOM, BEGUN).state
    step = advance(flow, state, RunCancelled(at_ms=9, by="admin", reason=""))

    stops = [one for one in step.commands if isinstance(one.request, StopRecording)]
    assert [one.key for one in stops] == ["n1.1:2"]
    assert step.state.recordings[RECORDING].stopping


def test_a_recording_that_has_ended_is_left_alone() -> None:
    flow = linear(component("call", in_a_call()), asks(StopRecording(recording=RECORDING)))
    state = started(flow, ROOM, BEGUN, acted("n1.1", "ok")).state
    stopped = CommandCompleted(at_ms=80, key="n2.1:0", result={"recording": "r1"})

    step = run(flow, stopped, acted("n2.1", "ok"), state=state)

    assert [one.request for one in step.commands] == [CloseRoom()]
    assert step.state.recordings[RECORDING].ended_at_ms == 80


def test_a_room_placed_after_the_end_is_closed_again() -> None:
    flow = linear(component("call", in_a_call()))
    ended = started(flow, acted("n1.1", "ok"))

    late = advance(flow, ended.state, ROOM)
    closed = advance(flow, late.state, CommandCompleted(at_ms=90, key=late.commands[0].key))

    assert [one.request for one in late.commands] == [CloseRoom()]
    assert closed.state.room is None


def test_a_lost_worker_interrupts_the_room_and_a_new_one_restores_it() -> None:
    flow = linear(component("call", in_a_call()))

    lost = started(flow, ROOM, MediaInterrupted(at_ms=8, generation=1, reason="gone"))
    back = advance(flow, lost.state, MediaRestored(at_ms=9, generation=2, worker="w2"))

    assert lost.state.room == RoomState(generation=1, worker="w", interrupted=True)
    assert back.state.room == RoomState(generation=2, worker="w2")
    assert at(back.state) == ["n1"]


@pytest.mark.parametrize(
    "event",
    [
        MediaInterrupted(at_ms=8, generation=0, reason="old"),
        MediaRestored(at_ms=8, generation=1, worker="w"),
        RecordingNoted(at_ms=8, recording=RECORDING, what="head"),
    ],
)
def test_old_news_of_media_changes_nothing(event: RecordingNoted) -> None:
    flow = linear(component("call", in_a_call()))
    state = started(flow, ROOM).state

    assert advance(flow, state, event).state is state


def test_news_of_a_room_that_was_never_opened_changes_nothing() -> None:
    flow = linear(waits())
    state = started(flow).state

    assert advance(flow, state, MediaRestored(at_ms=8, generation=3, worker="w")).state is state


# after the end


def test_people_are_refused_after_the_end() -> None:
    flow = linear(waits())
    state = started(flow, acted("n1.1", "ok")).state

    for event in (acted("n1.1", "ok"), STARTED, RunCancelled(at_ms=9, by="x", reason="")):
        with pytest.raises(EventRefusedError) as refused:
            advance(flow, state, event)
        assert refused.value.reason == "run_ended"


def test_facts_after_the_end_are_taken_without_effect() -> None:
    flow = linear(waits())
    state = started(flow, joined(), acted("n1.1", "ok")).state

    step = run(
        flow,
        left(at_ms=9_000, deliberate=True),
        joined("bo", "agent"),
        TimerFired(at_ms=9_000, key="n1.1:0"),
        RecordingNoted(at_ms=9_001, recording=RECORDING, what="ended"),
        CommandCompleted(at_ms=9_002, key="n1.1:0"),
        state=state,
    )

    assert step.commands == ()
    assert step.state.ending == state.ending
    assert set(step.state.people) == {"anna", "bo"}


def test_a_recording_told_to_stop_before_it_began_ends_when_it_is_answered() -> None:
    flow = linear(asks(StopRecording(recording=RECORDING)))
    stopped = CommandCompleted(at_ms=80, key="n1.1:0", result={"recording": "r1"})

    step = started(flow, stopped)

    assert step.state.recordings[RECORDING].ended_at_ms == 80


def test_an_end_that_writes_what_it_does_not_declare_halts_the_run() -> None:
    odd = component(
        "end.success", Scripted(outcomes_=(), at_start=Reaction(outputs={"x": 1})), end=True
    )

    step = started(linear(waits(), odd), acted("n1.1", "ok"))

    assert step.state.status is RunStatus.INCIDENT


def test_a_span_stays_only_after_a_positive_outcome() -> None:
    failing = Scripted(at_start=Reaction(outcome="fail"))
    parts = {"enter": enters(), "s": component("span", failing, span="x"), "w": waits()}
    edges = ["enter ok s", "s ok w", "s fail w", "w ok done", "w fail done"]

    step = started(bound({**parts, "done": ends()}, edges))

    assert list(step.state.activities) == ["w.1"]
