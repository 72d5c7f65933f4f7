"""A run that was called by another: what it has of its caller and what it leaves to it."""

from __future__ import annotations

from dataclasses import replace

from flow.commands import CloseRoom, EndChildRun, SetTimer, StartChildRun
from flow.component import Component, Reaction
from flow.events import ParticipantId, RunCancelled, TimerFired
from flow.graph import Boundary, BoundaryKind, NodeId
from flow.interpreter.turn import Step
from flow.state import EndKind, RunStatus
from tests.builders import STARTED, acted, left, linear, run, started
from tests.flow.parts import Scripted, asks, books, calls, component, waits
from tests.flow.scenes_of_family import CALLER

BEGUN = replace(STARTED, caller=CALLER)


def kinds(step: Step) -> list[str]:
    return [type(one.request).__name__ for one in step.commands]


def test_it_begins_among_the_people_and_in_the_room_of_its_caller() -> None:
    state = run(linear(waits()), BEGUN).state

    assert [(one.id, one.present, one.since_ms) for one in state.people.values()] == [
        ("anna", True, 500),
        ("bo", False, 700),
    ]
    assert state.room is not None
    assert (state.room.generation, state.room.worker) == (2, "w1")
    assert (state.root, state.depth, state.wanted) == ("r0", 2, ("limit.new",))


def test_a_weak_network_is_known_from_the_start() -> None:
    boundary = Boundary(
        kind=BoundaryKind.WEAK_NETWORK, target=NodeId("refused"), scope=None, after_s=5
    )

    step = run(linear(waits(), boundaries=(boundary,)), BEGUN)

    (timer,) = [one.request for one in step.commands if isinstance(one.request, SetTimer)]
    assert timer.due_at_ms == BEGUN.at_ms + 5_000


def test_people_who_drop_set_no_default_timer_but_that_of_the_flow() -> None:
    boundary = Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=NodeId("refused"), after_s=9)

    plain = run(linear(waits()), BEGUN, left())
    drawn = run(linear(waits(), boundaries=(boundary,)), BEGUN, left())

    assert not plain.state.boundary_timers
    assert list(drawn.state.boundary_timers) == ["customer_drop:*"]


def test_who_leaves_for_good_does_not_end_it() -> None:
    step = run(linear(waits()), BEGUN, left(deliberate=True))

    assert step.state.status is RunStatus.OPEN


def test_its_own_time_limit_ends_it() -> None:
    flow = linear(waits(), settings={"max_duration_s": 60})

    step = run(flow, BEGUN, TimerFired(at_ms=61_000, key="run:0"))

    assert step.state.ending is not None
    assert (step.state.ending.kind, step.state.ending.code) == (EndKind.ABORT, "timeout")


def test_its_end_closes_no_room() -> None:
    step = run(linear(waits()), BEGUN, acted("n1.1", "ok"))

    assert step.state.status is RunStatus.CLOSED
    assert "CloseRoom" not in kinds(step)
    assert CloseRoom() not in [one.request for one in step.commands]


def test_cancelled_by_its_caller_it_undoes_what_it_did() -> None:
    cancelled = RunCancelled(at_ms=5_000, by="system", reason="its caller ended it")

    step = run(linear(books(1), waits()), BEGUN, cancelled)

    assert step.state.status is RunStatus.COMPENSATING
    assert kinds(step)[-1] == "Compensate"


def calling() -> Component:
    return calls(StartChildRun(flow="child"))


def test_a_caller_that_ends_ends_the_run_it_called() -> None:
    cancelled = RunCancelled(at_ms=5_000, by="user", reason="test")

    step = started(linear(calling()), cancelled)

    assert kinds(step) == ["StartChildRun", "EndChildRun"]
    assert [one.activity for one in step.commands] == ["n1.1", "n1.1"]


def test_a_step_that_loses_its_token_ends_the_run_it_called() -> None:
    boundary = Boundary(
        kind=BoundaryKind.TIMEOUT, target=NodeId("refused"), scope=NodeId("n1"), after_s=5
    )
    flow = linear(calling(), boundaries=(boundary,))

    step = started(flow, TimerFired(at_ms=6_000, key="run:0"))

    assert EndChildRun() in [one.request for one in step.commands]


def test_only_a_flow_that_calls_may_have_children() -> None:
    assert linear(calling()).calls
    assert not linear(waits(), asks(CloseRoom()), component("x", Scripted())).calls


def test_the_caller_is_kept_as_it_was_told() -> None:
    someone = component(
        "test.sees", Scripted(at_start=lambda one: Reaction(data={"n": len(one.people)}))
    )

    state = run(linear(someone), BEGUN).state

    assert next(iter(state.activities.values())).data == {"n": 2}
    assert state.people[ParticipantId("bo")].staff_no == "7"
