"""What activities ask for, and how the answers find them."""

from __future__ import annotations

import pytest

from flow.commands import CancelTimer, GrabFrame, SetTimer
from flow.component import Activity, NotPerformed, PresenceChanged, Reaction, Signal
from flow.events import (
    ActivityId,
    CommandCompleted,
    CommandFailed,
    Signalled,
    TimerFired,
)
from flow.interpreter.advance import advance
from tests.builders import (
    acted,
    at,
    joined,
    left,
    linear,
    outcome_of,
    run,
    started,
)
from tests.flow.parts import (
    Scripted,
    asks,
    component,
    times_out,
    waits,
)


def test_requests_get_keys_that_count_within_the_activity() -> None:
    shot = GrabFrame(role="customer", label="id")

    step = started(linear(asks(shot, shot)))

    assert [one.key for one in step.commands] == ["n1.1:0", "n1.1:1"]
    assert dict(step.state.activities[ActivityId("n1.1")].pending) == {
        "n1.1:0": "GrabFrame",
        "n1.1:1": "GrabFrame",
    }


def test_an_answer_reaches_the_asker_once() -> None:
    flow = linear(asks(GrabFrame(role="customer", label="id")))
    answer = CommandCompleted(at_ms=9, key="n1.1:0", result={})

    once = started(flow, answer).state
    twice = advance(flow, once, answer)

    assert once.activities[ActivityId("n1.1")].data == {"performed": "GrabFrame"}
    assert twice.state is once


@pytest.mark.parametrize(
    "event",
    [
        CommandCompleted(at_ms=9, key="n1.1:0"),
        CommandFailed(at_ms=9, key="n1.1:0", code="no_video"),
        TimerFired(at_ms=9, key="n1.1:0"),
        Signalled(at_ms=9, activity=ActivityId("n1.1"), name="position"),
        CommandCompleted(at_ms=9, key="nonsense"),
        TimerFired(at_ms=9, key="run:77"),
    ],
)
def test_what_comes_after_its_activity_has_ended_changes_nothing(event: CommandCompleted) -> None:
    flow = linear(asks(GrabFrame(role="customer", label="id")), waits())
    state = started(flow, acted("n1.1", "ok")).state

    assert advance(flow, state, event).state is state


def test_a_failure_reaches_the_asker() -> None:
    flow = linear(asks(GrabFrame(role="customer", label="id")))

    step = started(flow, CommandFailed(at_ms=9, key="n1.1:0", code="no_video"))

    assert outcome_of(step.state, "n1") == "fail"


def test_a_timer_fires_once() -> None:
    flow = linear(times_out(1_000))
    first = started(flow)
    (timer,) = first.commands

    step = run(flow, TimerFired(at_ms=2_000, key=timer.key), state=first.state)

    assert timer.request == SetTimer(name="limit", due_at_ms=2_000)
    assert outcome_of(step.state, "n1") == "fail"


def test_a_timer_set_again_or_cancelled_is_no_longer_in_force() -> None:
    first, second = SetTimer(name="t", due_at_ms=1), SetTimer(name="t", due_at_ms=2)
    replaced = linear(asks(first, second))
    cancelled = linear(asks(first, CancelTimer(name="t")))

    for flow in (replaced, cancelled):
        state = started(flow).state
        assert advance(flow, state, TimerFired(at_ms=5, key="n1.1:0")).state is state
    assert at(started(replaced, TimerFired(at_ms=5, key="n1.1:1")).state) == []


def test_a_signal_reaches_its_activity() -> None:
    flow = linear(waits())

    step = started(flow, Signalled(at_ms=9, activity=ActivityId("n1.1"), name="assigned"))

    assert step.state.activities[ActivityId("n1.1")].data == {"told": "assigned"}


def test_coming_and_going_is_told_to_whatever_is_active() -> None:
    heard: list[tuple[str, bool]] = []

    def react(activity: Activity, signal: Signal) -> Reaction:
        if isinstance(signal, PresenceChanged):
            heard.append((signal.person.name, signal.person.present))
        return Reaction()

    flow = linear(component("listens", Scripted(on_signal=react)))
    started(flow, joined(), joined(at_ms=1_600), left(), joined(at_ms=3_500))

    assert heard == [("anna", True), ("anna", False), ("anna", True)]


def test_a_second_socket_of_someone_present_changes_nothing() -> None:
    flow = linear(waits())
    state = started(flow, joined()).state

    assert advance(flow, state, joined(at_ms=9_999)).state is state


def test_a_boundary_takes_over_a_failure_nobody_cared_for_only() -> None:
    def ignores(activity: Activity, signal: Signal) -> Reaction:
        return Reaction(data={"problem": "x"}) if isinstance(signal, NotPerformed) else Reaction()

    shot = Reaction(requests=(GrabFrame(role="customer", label="id"),))
    flow = linear(component("keeps", Scripted(at_start=shot, on_signal=ignores)))

    step = started(flow, CommandFailed(at_ms=9, key="n1.1:0", code="no_video"))

    assert step.state.activities[ActivityId("n1.1")].data == {"problem": "x"}


def test_a_timer_that_fired_is_no_longer_in_force() -> None:
    heard: list[Signal] = []

    def react(activity: Activity, signal: Signal) -> Reaction:
        heard.append(signal)
        return Reaction()

    timer = Reaction(requests=(SetTimer(name="t", due_at_ms=1),))
    flow = linear(component("waits", Scripted(at_start=timer, on_signal=react)))
    fired = TimerFired(at_ms=5, key="n1.1:0")

    started(flow, fired, fired)

    assert len(heard) == 1
