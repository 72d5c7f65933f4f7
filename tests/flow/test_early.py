"""Events of other systems that come before their step: kept, taken once, in whatever order."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow.codec import state_from_json, state_to_json
from flow.commands import StartChildRun
from flow.component import Component
from flow.errors import EventRefusedError
from flow.events import (
    CommandCompleted,
    Event,
    EventHandedOn,
    ExternalEventReceived,
    IncidentRetried,
    RunCancelled,
    RunResumed,
    RunSuspended,
)
from flow.graph import Boundary, BoundaryKind, JsonValue, NodeId
from flow.interpreter.advance import advance
from flow.interpreter.bound import BoundGraph
from flow.interpreter.early import KEPT_MS, MOST, MOST_CHARS
from flow.projection import RunFacts, project
from flow.state import RunState, RunStatus
from tests.builders import acted, at, bound, linear, run, started
from tests.flow.parts import calls, ends, enters, hears, joins, splits, waits

BOOKED = hears("booked")
FLOW = linear(waits(), BOOKED, waits())


def news(
    name: str = "booked", n: int = 1, at_ms: int = 1_500, **data: JsonValue
) -> ExternalEventReceived:
    return ExternalEventReceived(
        at_ms=at_ms, name=name, data={"n": n, **data}, id=f"decision:callback:{name}-{n}"
    )


def reason(flow: BoundGraph, state: RunState, event: Event) -> str:
    with pytest.raises(EventRefusedError) as refused:
        advance(flow, state, event)
    return refused.value.reason


def kept(state: RunState) -> list[str]:
    return [one.name for one in state.early]


def stored(state: RunState) -> RunState:
    return state_from_json(json.loads(json.dumps(state_to_json(state), sort_keys=True)))


def test_an_event_that_comes_before_its_step_is_taken_when_the_step_begins() -> None:
    early = started(FLOW, news(n=7)).state
    state = run(FLOW, acted("n1.1", "ok"), state=stored(early)).state

    assert (at(early), kept(early)) == (["n1"], ["booked"])
    assert (at(state), kept(state)) == (["n3"], [])
    assert state.variables["evt.booked"] == [7]


def test_a_state_that_keeps_nothing_is_written_as_before() -> None:
    assert "early" not in state_to_json(started(FLOW).state)


def test_each_event_is_for_one_step_the_oldest_for_the_first() -> None:
    flow = linear(waits(), BOOKED, BOOKED, BOOKED)

    state = started(flow, news(n=1), news(n=2), acted("n1.1", "ok")).state

    assert at(state) == ["n4"]
    assert state.variables["evt.booked"] == [1, 2]


def test_of_two_steps_that_wait_at_once_one_takes_the_event() -> None:
    parts = {"enter": enters(), "split": splits("a", "b"), "x": BOOKED, "y": BOOKED}
    parts |= {"join": joins("all"), "done": ends(), "refused": ends("reject")}
    edges = ["enter ok split", "split a x", "split b y", "x ok join", "y ok join"]
    flow = bound(parts, [*edges, "join all done", "join timeout refused"])

    one = started(flow, news(n=1)).state
    both = run(flow, news(n=2), state=one).state

    assert at(one) == ["y", "join"]
    assert both.status is RunStatus.CLOSED
    assert both.variables["evt.booked"] == [1, 2]


@pytest.mark.parametrize("name", ["unheard_of", ""])
def test_an_event_no_step_ahead_would_take_is_refused(name: str) -> None:
    assert reason(FLOW, started(FLOW).state, news(name)) == "not_awaited"


def test_a_step_that_is_behind_takes_no_event_any_more() -> None:
    state = started(FLOW, news(), acted("n1.1", "ok")).state

    assert reason(FLOW, state, news(n=2)) == "not_awaited"


def test_a_step_to_which_only_a_boundary_leads_is_ahead() -> None:
    aside = Boundary(kind=BoundaryKind.SUPERVISOR, target=NodeId("n2"))
    flow = linear(waits(), BOOKED, boundaries=(aside,))
    past = replace(flow, graph=replace(flow.graph, edges=()))

    assert kept(run(past, news(), state=started(flow).state).state) == ["booked"]


def test_where_a_sub_flow_has_yet_to_begin_an_event_may_be_meant_for_it() -> None:
    calling = calls(StartChildRun(flow="child", inputs={}, wanted=()))
    flow = linear(waits(), calling)
    waiting = started(flow, news()).state
    begun = run(
        flow,
        acted("n1.1", "ok"),
        CommandCompleted(at_ms=2_100, key="n2.1:0", result={"run": "c"}),
        state=waiting,
    ).state

    assert kept(begun) == ["booked"]
    assert reason(flow, begun, news(n=2)) == "not_awaited"
    gone = EventHandedOn(at_ms=2_200, id=begun.early[0].id, run="c")
    assert kept(advance(flow, begun, gone).state) == []
    unknown = replace(gone, id="another")
    assert advance(flow, begun, unknown).state is begun


def test_what_comes_while_the_run_rests_is_taken_when_it_goes_on() -> None:
    at_the_step = started(FLOW, acted("n1.1", "ok")).state
    resting = run(
        FLOW,
        RunSuspended(at_ms=3_000, by="lin", reason="alarm"),
        news(n=3, at_ms=4_000),
        state=at_the_step,
    ).state

    after = run(FLOW, RunResumed(at_ms=5_000, by="lin"), state=stored(resting)).state

    assert (kept(resting), resting.deferred) == (["booked"], ())
    assert (at(after), after.variables["evt.booked"]) == (["n3"], [3])


def test_what_comes_while_the_run_has_halted_is_there_when_it_goes_on() -> None:
    halted = started(FLOW, acted("n1.1", "write", data={"nobody": 1})).state
    assert halted.status is RunStatus.INCIDENT

    state = run(
        FLOW,
        news(at_ms=3_000),
        IncidentRetried(at_ms=4_000, by="lin"),
        acted("n1.2", "ok", at_ms=5_000),
        state=halted,
    ).state

    assert (at(state), kept(state)) == (["n3"], [])


def test_only_so_many_are_kept_but_one_that_is_taken_at_once_needs_no_place() -> None:
    flow = linear(waits(), BOOKED, hears("printed"))
    full = started(flow, *(news(n=n) for n in range(MOST))).state

    assert len(full.early) == MOST
    assert reason(flow, full, news("printed")) == "too_many_events"
    going_on = run(flow, acted("n1.1", "ok"), state=full).state
    assert at(going_on) == ["n3"]
    assert advance(flow, going_on, news("printed")).state.status is RunStatus.CLOSED


def test_only_so_much_is_kept() -> None:
    half = "x" * (MOST_CHARS // 2)
    state = started(FLOW, news(text=half)).state

    assert reason(FLOW, state, news(n=2, text=half)) == "too_many_events"


def test_an_event_is_kept_for_as_long_as_a_step_can_wait() -> None:
    early = started(FLOW, news(at_ms=1_000)).state

    in_time = run(FLOW, acted("n1.1", "ok", at_ms=KEPT_MS), state=early).state
    late = run(FLOW, acted("n1.1", "ok", at_ms=KEPT_MS + 1_000), state=early).state

    assert (at(in_time), kept(in_time)) == (["n3"], [])
    assert (at(late), kept(late)) == (["n2"], [])


def test_what_nobody_took_goes_with_the_run() -> None:
    state = started(FLOW, news(), RunCancelled(at_ms=2_000, by="lin", reason="x")).state

    assert kept(state) == []
    assert reason(FLOW, state, news(n=2)) == "run_ended"


def test_staff_sees_what_is_kept_and_nobody_what_it_brings() -> None:
    state = started(FLOW, news(secret="4711")).state

    def seen(role: str) -> JsonValue:
        view = project(
            FLOW,
            state,
            role,  # type: ignore[arg-type] # one of them
            "anna",  # type: ignore[arg-type]
            at_ms=2_000,
            run=RunFacts(id="r", number="1", flow="f", version=1),
        )
        assert "4711" not in json.dumps(view)
        return view["early"]

    assert seen("customer") == []
    assert seen("agent") == seen("auditor") == [{"name": "booked", "at_ms": 1_500}]


def test_a_step_that_stumbles_over_an_event_may_try_again() -> None:
    undeclared = hears("broken")
    behaviour = replace(undeclared.behaviour, outputs_=())  # type: ignore[type-var]
    flow = linear(waits(), replace(undeclared, behaviour=behaviour))

    halted = started(flow, news("broken"), acted("n1.1", "ok")).state

    assert halted.incident is not None
    assert halted.incident.code == "undeclared_output"
    assert kept(halted) == ["broken"]


STEPS: dict[str, Component] = {
    "person": waits(),
    "booked": BOOKED,
    "printed": hears("printed"),
}


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Steps one after another, and what happens, in any order: events, acts, pauses."""
    steps = draw(st.lists(st.sampled_from(list(STEPS)), min_size=1, max_size=10))
    rests = draw(st.integers(0, 2))
    return steps, draw(st.permutations([*steps, *["rest", "resume"] * rests]))


class Told:
    """A run of the steps, and how often each event came to it."""

    def __init__(self, steps: list[str]) -> None:
        self.flow = linear(*(STEPS[one] for one in steps))
        self.people = {f"n{n}" for n, one in enumerate(steps, start=1) if one == "person"}
        self.state, self.count = started(self.flow).state, {"booked": 0, "printed": 0}

    def take(self, event: Event) -> bool:
        try:
            self.state = advance(self.flow, stored(self.state), event).state
        except EventRefusedError:
            return False
        return True

    def press(self, at_ms: int) -> bool:
        """A person goes on, if the run waits for one."""
        here = [one for one in self.state.activities.values() if one.node in self.people]
        return any(self.take(acted(one.id, "ok", at_ms=at_ms)) for one in here)

    def hear(self, name: str, at_ms: int) -> bool:
        heard = self.take(news(name, self.count[name], at_ms))
        self.count[name] += 1
        return heard


@given(story=stories())
def test_the_order_in_which_events_come_makes_no_difference(
    story: tuple[list[str], list[str]],
) -> None:
    told = Told(story[0])

    for n, happening in enumerate(story[1], start=2):
        match happening:
            case "person":
                told.press(n * 1_000)
            case "rest":
                told.take(RunSuspended(at_ms=n * 1_000, by="lin", reason="alarm"))
            case "resume":
                told.take(RunResumed(at_ms=n * 1_000, by="lin"))
            case _:
                assert told.hear(happening, n * 1_000)
    told.take(RunResumed(at_ms=90_000, by="lin"))
    while told.press(91_000):
        pass

    assert told.state.status is RunStatus.CLOSED
    assert told.state.early == ()
    for name, count in told.count.items():
        assert told.state.variables.get(f"evt.{name}", []) == list(range(count))
