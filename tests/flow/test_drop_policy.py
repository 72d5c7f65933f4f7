"""A flow may say that who drops does not come back: they begin anew, in a run of their own."""

from __future__ import annotations

from flow.commands import AskCore, CloseRoom, StopRecording
from flow.events import CommandCompleted, CommandFailed, RunSuspended
from flow.graph import Boundary, BoundaryKind, JsonObject
from flow.interpreter.advance import advance
from flow.interpreter.bound import BoundGraph
from flow.state import EndKind, RunStatus
from tests.builders import at, joined, left, linear, outcome_of, run, started
from tests.flow.parts import asks, waits
from tests.flow.played import PARTS, QUERY, RECORDING
from tests.flow.test_boundaries import boundary, fired, timers


def anew(*boundaries: Boundary) -> BoundGraph:
    settings: JsonObject = {"drop_policy": "fresh_session", "resume_window_s": 60}
    return linear(waits(), boundaries=boundaries, settings=settings)


def test_nobody_waits_for_who_cannot_come_back() -> None:
    flow = anew()
    step = started(flow, joined(), left(at_ms=3_000))

    end = advance(flow, step.state, fired(step.state, "customer_drop:*", 3_001)).state.ending

    assert timers(step.commands) == {"customer_drop:*": 3_000}
    assert end is not None
    assert (end.kind, end.code) == (EndKind.ABORT, "customer_left")
    assert "again" in end.message["en"]


def test_who_comes_back_all_the_same_ends_the_run() -> None:
    flow = anew()

    back = started(flow, joined(), left(at_ms=3_000), joined(at_ms=3_500))

    assert back.state.ending is not None
    assert back.state.ending.code == "customer_left"


def test_a_boundary_of_the_flow_says_what_comes_instead() -> None:
    flow = anew(boundary(BoundaryKind.CUSTOMER_DROP, "refused", after_s=60))

    back = started(flow, joined(), left(at_ms=3_000), joined(at_ms=9_000))

    assert back.state.ending is not None
    assert back.state.ending.kind is EndKind.REJECT


def test_what_is_recorded_is_closed_when_the_run_ends() -> None:
    settings: JsonObject = {"drop_policy": "fresh_session"}
    flow = linear(PARTS["test.call"], settings=settings)
    room: JsonObject = {"room": "r", "generation": 1, "worker": "w1"}
    recording: JsonObject = {"recording": "r1", "started_at_ms": 2_100}

    back = started(
        flow,
        joined(),
        CommandCompleted(at_ms=2_000, key="n1.1:0", result=room),
        CommandCompleted(at_ms=2_100, key="n1.1:1", result=recording),
        left(at_ms=3_000),
        joined(at_ms=9_000),
    )

    asked = [one.request for one in back.commands[-3:]]
    assert StopRecording(recording=RECORDING) in asked
    assert CloseRoom() in asked


def test_an_agent_may_come_back() -> None:
    flow = anew()

    back = started(
        flow,
        joined(),
        joined("bo", "agent"),
        left("bo", "agent", at_ms=3_000),
        joined("bo", "agent", at_ms=4_000),
    )

    assert at(back.state) == ["n1"]


def test_a_reload_that_was_no_drop_changes_nothing() -> None:
    flow = anew()

    again = started(flow, joined(), joined(at_ms=2_000))

    assert at(again.state) == ["n1"]


def test_while_a_run_stands_still_anyone_may_come_and_go() -> None:
    flow = anew()
    still = RunSuspended(at_ms=2_000, by="lin", reason="fire alarm")

    back = started(flow, joined(), still, left(at_ms=3_000), joined(at_ms=4_000))

    assert back.state.status is RunStatus.SUSPENDED


def provider(*boundaries: Boundary) -> BoundGraph:
    return linear(asks(QUERY), waits(), boundaries=boundaries)


FAILED = CommandFailed(at_ms=5_000, key="n1.1:0", code="timeout")


def test_where_a_step_has_a_boundary_for_it_a_failing_service_takes_that_way() -> None:
    flow = provider(boundary(BoundaryKind.PROVIDER_ERROR, "n2", scope="n1"))

    step = started(flow, joined(), FAILED)

    assert at(step.state) == ["n2"]
    assert outcome_of(step.state, "n1") == "boundary:provider_error"


def test_a_boundary_of_the_flow_leaves_a_step_its_own_outcome() -> None:
    flow = provider(boundary(BoundaryKind.PROVIDER_ERROR, "n2"))

    step = started(flow, joined(), FAILED)

    assert outcome_of(step.state, "n1") == "fail"


def test_what_a_service_answered_is_no_failure_of_it() -> None:
    flow = provider(boundary(BoundaryKind.PROVIDER_ERROR, "n2", scope="n1"))

    step = started(flow, joined())

    assert isinstance(step.commands[0].request, AskCore)
    assert at(run(flow, state=step.state).state) == ["n1"]
