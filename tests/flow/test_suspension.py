"""A suspended run: nobody acts, nothing is lost, and time goes on where it had stopped."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow.codec import state_from_json, state_to_json
from flow.commands import Command, SetTimer
from flow.component import Activity, Reaction
from flow.errors import EventRefusedError
from flow.events import (
    ActivityId,
    Event,
    ExternalEventReceived,
    IncidentRetried,
    RunCancelled,
    RunResumed,
    RunSuspended,
    Signalled,
    TimerFired,
)
from flow.graph import Boundary, BoundaryKind, NodeId
from flow.interpreter.advance import advance
from flow.interpreter.bound import BoundGraph
from flow.state import RunState, RunStatus
from tests.builders import acted, at, joined, left, linear, outcome_of, run, started
from tests.flow.drawn import flows
from tests.flow.journey import Journey, wanderings
from tests.flow.parts import Scripted, component, times_out, waits


def suspended(at_ms: int = 10_000) -> RunSuspended:
    return RunSuspended(at_ms=at_ms, by="lin", reason="fire alarm")


def resumed(at_ms: int = 70_000) -> RunResumed:
    return RunResumed(at_ms=at_ms, by="lin")


def timers(commands: tuple[Command, ...]) -> list[tuple[str, int]]:
    return [
        (one.key, one.request.due_at_ms) for one in commands if isinstance(one.request, SetTimer)
    ]


def stored(state: RunState) -> RunState:
    return state_from_json(json.loads(json.dumps(state_to_json(state), sort_keys=True)))


def test_nobody_can_act_and_facts_wait() -> None:
    flow = linear(waits())
    told = Signalled(at_ms=11_000, activity=ActivityId("n1.1"), name="assigned")

    state = started(flow, suspended(), told).state
    with pytest.raises(EventRefusedError) as refused:
        advance(flow, state, acted("n1.1", "ok"))
    after = run(flow, resumed(), state=stored(state)).state

    assert refused.value.reason == "suspended"
    assert state.activities[ActivityId("n1.1")].data == {}
    assert after.activities[ActivityId("n1.1")].data == {"told": "assigned"}
    assert after.status is RunStatus.OPEN


@pytest.mark.parametrize(
    ("before", "event"),
    [
        ((), resumed()),
        ((suspended(),), suspended()),
        ((suspended(),), IncidentRetried(at_ms=1, by="lin")),
        ((acted("n1.1", "ok"),), suspended()),
        ((), RunSuspended(at_ms=1, by="lin", reason=" ")),
    ],
)
def test_what_cannot_be_decided_now_is_refused(before: tuple[Event, ...], event: Event) -> None:
    flow = linear(waits())

    with pytest.raises(EventRefusedError):
        advance(flow, started(flow, *before).state, event)


def test_a_step_that_refuses_what_came_meanwhile_does_not_hold_the_run() -> None:
    def refuse(_activity: Activity, _signal: object) -> Reaction:
        raise EventRefusedError(reason="invalid_data", message="no number", field="/data/number")

    flow = linear(component("n1", Scripted(at_start=Reaction(), on_signal=refuse)))
    told = ExternalEventReceived(at_ms=11_000, name="booked")

    state = started(flow, suspended(), told).state
    after = run(flow, resumed(), state=state).state

    assert len(state.deferred) == 1
    assert (after.status, after.deferred) == (RunStatus.OPEN, ())
    assert at(after) == ["n1"]


def test_a_suspended_run_can_be_cancelled() -> None:
    flow = linear(times_out())

    state = started(
        flow,
        suspended(),
        TimerFired(at_ms=11_000, key="n1.1:0"),
        RunCancelled(at_ms=12_000, by="lin", reason="x"),
    ).state

    assert state.status is RunStatus.CLOSED
    assert (state.suspended_at_ms, state.fired) == (None, {})


def test_a_timer_that_fires_afterwards_waits_longer_by_the_pause() -> None:
    flow = linear(times_out(100_000))
    state = stored(started(flow, suspended(), resumed()).state)

    fired = run(flow, TimerFired(at_ms=101_000, key="n1.1:0"), state=state)
    done = run(flow, TimerFired(at_ms=161_000, key="n1.1:1"), state=stored(fired.state))

    assert timers(fired.commands) == [("n1.1:1", 161_000)]
    assert outcome_of(done.state, "n1") == "fail"
    assert fired.state.postponed == {}


def test_a_timer_that_fired_meanwhile_is_set_again_when_the_run_goes_on() -> None:
    flow = linear(times_out(30_000))
    fired = TimerFired(at_ms=31_000, key="n1.1:0")
    state = stored(started(flow, suspended(), fired, fired).state)

    step = run(flow, resumed(), state=state)

    assert timers(step.commands) == [("n1.1:1", 91_000)]
    assert step.state.fired == {}
    assert run(flow, fired, state=step.state).state == step.state


@pytest.mark.parametrize(("due_at_ms", "again_at_ms"), [(9_000, 70_000), (14_000, 74_000)])
def test_a_timer_that_fires_late_gets_no_more_than_was_left_of_it(
    due_at_ms: int, again_at_ms: int
) -> None:
    """Nobody fired timers for a while; the run was suspended at 10 s and goes on at 70 s."""
    flow = linear(times_out(due_at_ms - 1_000))
    late = TimerFired(at_ms=60_000, key="n1.1:0", due_at_ms=due_at_ms)

    step = started(flow, suspended(), late, resumed())

    assert timers(step.commands)[-1] == ("n1.1:1", again_at_ms)


def test_a_timer_that_fires_late_afterwards_waited_long_enough() -> None:
    flow = linear(times_out(20_000))
    late = TimerFired(at_ms=90_000, key="n1.1:0", due_at_ms=21_000)

    step = started(flow, suspended(), resumed(), late)

    assert timers(step.commands)[-1] == ("n1.1:1", 81_000)


def test_two_pauses_add_up() -> None:
    flow = linear(times_out(100_000))
    pauses = (suspended(), resumed(20_000), suspended(30_000), resumed(50_000))

    step = run(flow, TimerFired(at_ms=101_000, key="n1.1:0"), state=started(flow, *pauses).state)

    assert timers(step.commands) == [("n1.1:1", 131_000)]


def test_a_timer_due_in_the_second_pause_waits_for_both() -> None:
    flow = linear(times_out(34_000))
    pauses = (suspended(), resumed(20_000), suspended(30_000))
    state = started(flow, *pauses, TimerFired(at_ms=35_000, key="n1.1:0")).state

    step = run(flow, resumed(50_000), state=state)

    assert timers(step.commands) == [("n1.1:1", 65_000)]
    assert step.state.postponed == {}


def limited() -> BoundGraph:
    limits = (
        Boundary(kind=BoundaryKind.TIMEOUT, target=NodeId("refused"), after_s=600),
        Boundary(
            kind=BoundaryKind.TIMEOUT, target=NodeId("refused"), scope=NodeId("n1"), after_s=60
        ),
        Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=NodeId("refused"), after_s=90),
    )
    return linear(waits(), boundaries=limits)


def test_limits_and_absences_count_only_while_the_run_goes_on() -> None:
    flow = limited()
    still = started(flow, joined(), left(at_ms=5_000), suspended())

    step = run(flow, resumed(), state=stored(still.state))

    assert still.state.boundary_timers == {}
    assert sorted(due for _, due in timers(step.commands)) == [121_000, 155_000, 661_000]


def test_who_leaves_meanwhile_is_away_from_when_it_goes_on() -> None:
    flow = limited()
    still = started(flow, joined(), suspended(), left(at_ms=20_000, deliberate=True)).state

    step = run(flow, resumed(), state=still)

    assert still.status is RunStatus.SUSPENDED
    assert ("customer_drop:*" in step.state.boundary_timers, step.state.status) == (True, "open")
    assert 160_000 in {due for _, due in timers(step.commands)}


@given(
    journey=st.builds(Journey, flows()),
    before=wanderings,
    meanwhile=wanderings,
    after=wanderings,
)
def test_a_pause_anywhere_loses_nothing(
    journey: Journey, before: list[int], meanwhile: list[int], after: list[int]
) -> None:
    journey.wander(before)
    journey.take(suspended(100_000))
    stands = journey.state.status is RunStatus.SUSPENDED
    journey.wander(meanwhile)
    assert (journey.state.status is RunStatus.SUSPENDED) == stands
    journey.take(resumed(200_000))
    journey.state = stored(journey.state)
    journey.wander(after)
    journey.take(resumed(300_000))  # on the way it may have been suspended once more
    journey.finish()

    assert journey.state.status is RunStatus.CLOSED
    assert journey.state.deferred == ()
    assert journey.state.boundary_timers == {}
