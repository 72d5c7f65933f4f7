"""A halted run waits for a decision, loses nothing meanwhile, and goes on as decided."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow.codec import state_from_json, state_to_json
from flow.commands import GrabFrame
from flow.component import Activity, Reaction, StopReason
from flow.errors import EventRefusedError, MalformedDocumentError
from flow.events import (
    ActivityId,
    CommandCompleted,
    CommandFailed,
    Event,
    IncidentEnded,
    IncidentRetried,
    IncidentSkipped,
    ParticipantId,
    RunCancelled,
    RunStarted,
    Signalled,
    TimerFired,
)
from flow.graph import Boundary, BoundaryKind, NodeId
from flow.interpreter.advance import advance
from flow.interpreter.bound import BoundGraph
from flow.interpreter.incidents import ways_past
from flow.interpreter.legal import LEGAL
from flow.projection import RunFacts, project
from flow.state import RunState, RunStatus
from tests.builders import acted, at, bound, joined, left, linear, outcome_of, run, started
from tests.flow.drawn import flows
from tests.flow.journey import Journey, wanderings
from tests.flow.parts import (
    Scripted,
    branches,
    component,
    ends,
    enters,
    passes,
    times_out,
    waits,
)

RETRIED = IncidentRetried(at_ms=5_000, by="lin")
SKIPPED = IncidentSkipped(at_ms=5_000, by="lin", outcome="ok", reason="done on paper")
ENDED = IncidentEnded(at_ms=5_000, by="lin", reason="cannot be mended")
FAULT = acted("n1.1", "write", data={"nobody": 1})
FACTS = RunFacts(id="r", number="1", flow="f", version=1)


def halted(flow: BoundGraph, *events: Event) -> RunState:
    state = started(flow, *events, FAULT).state
    assert state.status is RunStatus.INCIDENT
    return state


def test_a_retried_step_begins_anew() -> None:
    flow = linear(waits())

    state = run(flow, RETRIED, state=halted(flow)).state

    assert state.status is RunStatus.OPEN
    assert state.incident is None
    assert list(state.activities) == ["n1.2"]
    assert outcome_of(state, "n1") == "incident:retried"


def test_a_step_that_could_not_begin_is_tried_again_under_its_own_id() -> None:
    flow = linear(branches(), config={"n1": {"when": "1 / 0 > 1"}})
    state = started(flow).state

    again = run(flow, RETRIED, state=state).state

    assert again.incident is not None
    assert again.incident.at_ms == RETRIED.at_ms
    assert again.activities == {}


def test_the_step_that_begins_anew_first_clears_up() -> None:
    stopped: list[StopReason] = []

    def stop(activity: Activity, reason: StopReason) -> Reaction:
        stopped.append(reason)
        return Reaction()

    flow = linear(component("x", Scripted(on_stop=stop)))
    run(flow, RETRIED, state=halted(flow))

    assert stopped == ["interrupted"]


def test_a_skipped_step_is_left_by_the_outcome_chosen() -> None:
    flow = linear(waits(), waits())

    state = run(flow, SKIPPED, state=halted(flow)).state

    assert at(state) == ["n2"]
    assert outcome_of(state, "n1") == "skipped:ok"


def test_a_step_that_could_not_begin_can_be_skipped() -> None:
    flow = linear(branches(), waits(), config={"n1": {"when": "1 / 0 > 1"}})

    state = run(flow, SKIPPED, state=started(flow).state).state

    assert at(state) == ["n2"]
    assert outcome_of(state, "n1") == "skipped:ok"


def test_a_halted_run_can_be_ended() -> None:
    flow = linear(waits())

    state = run(flow, ENDED, state=halted(flow)).state

    assert state.status is RunStatus.CLOSED
    assert state.ending is not None
    assert (state.ending.kind, state.ending.code) == ("abort", "incident")
    assert set(state.ending.message) == {"en", "zh-Hans"}


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (IncidentSkipped(at_ms=5, by="lin", outcome="ok", reason=" "), "/reason"),
        (IncidentSkipped(at_ms=5, by="lin", outcome="sideways", reason="x"), "/outcome"),
        (IncidentEnded(at_ms=5, by="lin", reason=""), "/reason"),
    ],
)
def test_a_decision_without_reason_or_to_nowhere_is_refused(event: Event, field: str) -> None:
    flow = linear(waits())
    state = halted(flow)

    with pytest.raises(EventRefusedError) as refused:
        advance(flow, state, event)

    assert (refused.value.reason, refused.value.field) == ("invalid_data", field)


def test_an_unwired_outcome_is_no_way_past() -> None:
    flow = bound({"enter": enters(), "a": waits(), "done": ends()}, ["enter ok a", "a ok done"])

    state = started(flow, acted("a.1", "fail")).state

    assert [one.id for one in ways_past(flow, state)] == ["ok"]


DECISIONS: tuple[Event, ...] = (
    RunStarted(at_ms=9_000, seed="x"),
    acted("n1.1", "ok", at_ms=9_000),
    RunCancelled(at_ms=9_000, by="lin", reason="x"),
    RETRIED,
    SKIPPED,
    ENDED,
)


WHY_NOT = {
    RunStatus.OPEN: "going_on",
    RunStatus.INCIDENT: "halted",
    RunStatus.CLOSED: "run_ended",
}


@pytest.mark.parametrize("event", DECISIONS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("status", [RunStatus.OPEN, RunStatus.INCIDENT, RunStatus.CLOSED])
def test_the_table_says_when_a_decision_is_taken(event: Event, status: RunStatus) -> None:
    flow = linear(waits())
    open_ = started(flow).state
    states = {
        RunStatus.OPEN: open_,
        RunStatus.INCIDENT: halted(flow),
        RunStatus.CLOSED: run(flow, acted("n1.1", "ok"), state=open_).state,
    }

    if status in LEGAL[type(event)]:
        advance(flow, states[status], event)
        return
    with pytest.raises(EventRefusedError) as refused:
        advance(flow, states[status], event)
    assert refused.value.reason == WHY_NOT[status]


# nothing is lost meanwhile


def two_at_once(second: Scripted) -> BoundGraph:
    """A span that listens as `second` does, and a step that waits for a person."""
    return linear(component("span", second, span="listening"), waits())


def listening(heard: list[str], *, outcome: str = "ok") -> Scripted:
    def react(activity: Activity, signal: object) -> Reaction:
        heard.append(type(signal).__name__)
        return Reaction()

    shot = GrabFrame(role="customer", label="id")
    return Scripted(
        at_start=Reaction(outcome=outcome, requests=(shot,)),
        on_signal=react,
    )


def test_what_came_while_the_run_stood_still_is_told_afterwards_in_order() -> None:
    heard: list[str] = []
    flow = two_at_once(listening(heard))
    state = started(flow, acted("n2.1", "write", data={"nobody": 1})).state
    span = ActivityId("n1.1")

    state = run(
        flow,
        Signalled(at_ms=3_000, activity=span, name="position", data={"n": 2}),
        CommandCompleted(at_ms=3_100, key="n1.1:0"),
        Signalled(at_ms=3_200, activity=span, name="position", data={"n": 1}),
        joined(at_ms=3_300),
        left(at_ms=3_400),
        state=state,
    ).state

    assert heard == []
    assert len([one for one in state.deferred if one.activity == span]) == 3
    stored = state_from_json(json.loads(json.dumps(state_to_json(state), sort_keys=True)))
    assert stored == state
    after = run(flow, RETRIED, state=stored).state
    assert heard == ["Performed", "Told", "PresenceChanged"]
    assert after.deferred == ()


def test_a_timer_that_came_due_meanwhile_comes_due_afterwards() -> None:
    flow = linear(component("span", Scripted(at_start=Reaction(outcome="ok")), span="s"), waits())
    timed = linear(times_out(1_000))
    state = run(timed, TimerFired(at_ms=2_000, key="n1.1:0"), state=halted(timed)).state

    assert state.deferred != ()
    assert run(timed, RETRIED, state=state).state.deferred == ()
    assert started(flow).state.deferred == ()


def test_a_failure_nobody_cared_for_meanwhile_is_taken_over_afterwards() -> None:
    handler = Boundary(
        kind=BoundaryKind.PROVIDER_ERROR, target=NodeId("refused"), scope=NodeId("n1")
    )
    flow = linear(component("span", listening([]), span="s"), waits(), boundaries=(handler,))
    state = started(flow, acted("n2.1", "write", data={"nobody": 1})).state

    state = run(
        flow, CommandFailed(at_ms=3_000, key="n1.1:0", code="no_video"), RETRIED, state=state
    ).state

    assert state.ending is not None
    assert state.ending.node == "refused"


def test_a_loop_that_halted_goes_on_from_where_it_was() -> None:
    parts = {"enter": enters(), "a": passes(), "b": passes(), "done": ends()}
    flow = bound(parts, ["enter ok a", "a ok b", "b ok a"])
    state = started(flow).state

    again = run(flow, RETRIED, state=state).state

    assert again.incident is not None
    assert again.incident.code == "unbounded"


def test_a_fault_while_clearing_up_leaves_no_token_to_skip() -> None:
    odd = Scripted(on_stop=Reaction(outputs={"nobody": 1}))
    drop = Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=NodeId("n2"), scope=NodeId("n1"))
    flow = linear(component("x", odd), waits(), boundaries=(drop,))
    state = started(flow, joined(), left(deliberate=True)).state

    assert state.incident is not None
    assert not state.incident.has_token
    assert [one.node for one in state.arrivals] == ["n2"]
    assert ways_past(flow, state) == ()
    assert at(run(flow, joined(at_ms=4_000), RETRIED, state=state).state) == ["n2"]


def test_a_fault_of_a_span_lets_the_token_stay_where_it_is() -> None:
    def react(activity: Activity, signal: object) -> Reaction:
        raise KeyError("bug")

    span = component("span", Scripted(at_start=Reaction(outcome="ok"), on_signal=react), span="s")
    flow = linear(span, waits())
    state = started(flow, Signalled(at_ms=2_000, activity=ActivityId("n1.1"), name="x")).state

    after = run(flow, RETRIED, state=state).state

    assert at(after) == ["n2"]
    assert list(after.activities) == ["n1.1", "n2.1"]


# what people see


def test_staff_sees_what_can_be_done() -> None:
    flow = linear(waits())

    seen = project(flow, halted(flow), "supervisor", ParticipantId("lin"), at_ms=9, run=FACTS)[
        "incident"
    ]

    assert isinstance(seen, dict)
    assert seen["can"] == ["retry", "skip", "end"]
    assert isinstance(seen["outcomes"], list)
    assert [one["id"] for one in seen["outcomes"] if isinstance(one, dict)] == ["ok", "fail"]


def test_where_no_way_leads_on_skipping_is_not_offered() -> None:
    odd = component(
        "end.success", Scripted(outcomes_=(), at_start=Reaction(outputs={"no": 1})), end=True
    )
    flow = bound({"enter": enters(), "done": odd}, ["enter ok done"])

    seen = project(
        flow, started(flow).state, "supervisor", ParticipantId("lin"), at_ms=9, run=FACTS
    )["incident"]

    assert isinstance(seen, dict)
    assert seen["can"] == ["retry", "end"]


@pytest.mark.parametrize(
    "deferred",
    [{}, [7], [{"activity": "a.1", "type": "Nothing", "signal": {}}], [{"type": "Told"}]],
)
def test_a_wrong_list_of_what_was_kept_back_is_refused(deferred: object) -> None:
    with pytest.raises(MalformedDocumentError):
        state_from_json({"schema": "state/1", "deferred": deferred})  # type: ignore[dict-item]


# any flow, any order

journeys = st.builds(Journey, flows())
decisions = st.sampled_from(["retry", "skip"])


def resolve(journey: Journey, decision: str) -> None:
    past = ways_past(journey.flow, journey.state)
    if decision == "skip" and past:
        skipped = IncidentSkipped(at_ms=800_000, by="lin", outcome=past[-1].id, reason="x")
        journey.take(skipped)
    else:
        journey.take(IncidentRetried(at_ms=800_000, by="lin"))


@given(journey=journeys, before=wanderings, after=wanderings, decision=decisions)
def test_a_run_that_halts_anywhere_can_be_brought_to_its_end(
    journey: Journey, before: list[int], after: list[int], decision: str
) -> None:
    journey.wander(before)
    for one in tuple(journey.state.activities.values()):
        if one.span is None:
            journey.take(acted(one.id, "write", data={"nobody": 1}, at_ms=500_000))
    journey.wander(after)
    resolve(journey, decision)
    journey.finish()

    assert journey.state.status is RunStatus.CLOSED
    assert journey.state.deferred == ()
    assert journey.state.arrivals == ()
