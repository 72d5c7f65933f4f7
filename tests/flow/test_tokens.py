"""How a token moves from node to node."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flow.commands import GrabFrame
from flow.component import Activity, Reaction, Signal
from flow.errors import (
    EventRefusedError,
)
from flow.events import (
    ActivityId,
    CommandCompleted,
    RunStarted,
)
from flow.graph import JsonObject, NodeId, ValueType, Variable
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.tokens import MAX_HOPS, MAX_TOKENS
from flow.state import RunStatus
from tests.builders import (
    STARTED,
    acted,
    at,
    bound,
    joined,
    linear,
    outcome_of,
    started,
)
from tests.flow.parts import (
    Scripted,
    asks,
    branches,
    component,
    ends,
    enters,
    passes,
    retries,
    sets,
    waits,
)

AMOUNT = Variable(name="form.amount", type=ValueType.NUMBER)


def test_a_run_starts_at_the_start_and_goes_on_to_the_first_wait() -> None:
    flow = linear(passes(), waits(), waits())

    step = started(flow)

    assert at(step.state) == ["n2"]
    assert outcome_of(step.state, "n1") == "ok"


def test_an_outcome_moves_the_token_along_its_edge() -> None:
    flow = linear(waits(), waits())

    step = started(flow, acted("n1.1", "ok"))

    assert at(step.state) == ["n2"]


def test_another_outcome_takes_another_edge() -> None:
    step = started(linear(waits()), acted("n1.1", "fail"))

    assert step.state.ending is not None
    assert step.state.ending.node == "refused"


def test_a_second_start_changes_nothing() -> None:
    state = started(linear(waits())).state

    again = advance(linear(waits()), state, STARTED)

    assert again.state is state


def test_variables_begin_with_the_flows_and_those_of_the_start() -> None:
    flow = linear(waits(), variables=(Variable(name="a", type=ValueType.INT, initial=1),))

    event = RunStarted(at_ms=1, seed="s", variables={"b": "x"})

    assert dict(advance(flow, initial_state(), event).state.variables) == {"a": 1, "b": "x"}


def test_a_second_visit_has_an_id_of_its_own() -> None:
    parts = {"enter": enters(), "a": waits(), "again": retries(), "done": ends()}
    edges = ["enter ok a", "a ok done", "a fail again", "again again a", "again exhausted done"]
    flow = bound(parts, edges)

    step = started(flow, acted("a.1", "fail"))

    assert list(step.state.activities) == ["a.2"]


def test_a_counted_loop_ends() -> None:
    parts = {"enter": enters(), "a": waits(), "again": retries(2), "done": ends("reject")}
    edges = ["enter ok a", "a ok done", "a fail again", "again again a", "again exhausted done"]

    step = started(
        bound(parts, edges), acted("a.1", "fail"), acted("a.2", "fail"), acted("a.3", "fail")
    )

    assert step.state.status is RunStatus.CLOSED


def test_each_activity_has_its_own_chance_the_same_at_each_replay() -> None:
    seen: list[str] = []

    def start(activity: Activity) -> Reaction:
        seen.append(activity.seed)
        return Reaction(outcome="ok")

    flow = linear(
        component("a", Scripted(at_start=start)), component("b", Scripted(at_start=start))
    )
    started(flow)
    started(flow)

    assert seen[:2] == seen[2:]
    assert seen[0] != seen[1]
    assert len(bytes.fromhex(seen[0])) == 32


def test_an_output_becomes_a_variable_that_a_branch_reads() -> None:
    config: dict[str, JsonObject] = {"n2": {"when": "form.amount > 10"}}

    step = started(linear(sets(AMOUNT, 12), branches(), config=config))

    assert step.state.variables["form.amount"] == 12.0
    assert isinstance(step.state.variables["form.amount"], float)
    assert step.state.ending is not None
    assert step.state.ending.node == "done"


def test_an_undeclared_output_halts_the_run_and_writes_nothing() -> None:
    flow = linear(waits())

    step = started(flow, acted("n1.1", "write", data={"not.declared": 1}))

    assert step.state.incident is not None
    assert (step.state.incident.node, step.state.incident.code) == ("n1", "undeclared_output")
    assert dict(step.state.variables) == {}
    assert at(step.state) == ["n1"]


def test_an_outcome_nobody_declared_halts_the_run() -> None:
    odd = component("odd", Scripted(at_start=Reaction(outcome="sideways")))

    step = started(linear(odd))

    assert step.state.incident is not None
    assert step.state.incident.code == "unknown_outcome"


def test_an_outcome_without_an_edge_halts_the_run() -> None:
    flow = bound({"enter": enters(), "a": waits(), "done": ends()}, ["enter ok a", "a ok done"])

    step = started(flow, acted("a.1", "fail"))

    assert step.state.incident is not None
    assert step.state.incident.code == "unwired_outcome"


def test_an_expression_that_fails_halts_the_run_at_its_node() -> None:
    step = started(linear(branches(), config={"n1": {"when": "1 / 0 > 1"}}))

    assert step.state.status is RunStatus.INCIDENT
    assert step.state.incident is not None
    assert (step.state.incident.node, step.state.incident.code) == ("n1", "expression")


def test_a_components_bug_halts_the_run_and_not_the_log() -> None:
    def start(activity: Activity) -> Reaction:
        raise KeyError("nobody thought of this")

    step = started(linear(component("buggy", Scripted(at_start=start))))

    assert step.state.incident is not None
    assert step.state.incident.code == "component_failed"


def test_a_bug_met_while_reading_what_a_person_sent_reaches_the_caller() -> None:
    def react(activity: Activity, signal: Signal) -> Reaction:
        raise KeyError("bad data")

    flow = linear(component("buggy", Scripted(on_signal=react)))
    state = started(flow).state

    with pytest.raises(KeyError):
        advance(flow, state, acted("n1.1", "ok"))


def test_a_refusal_reaches_the_caller_and_the_state_stands() -> None:
    flow = linear(waits())
    state = started(flow).state

    with pytest.raises(EventRefusedError) as refused:
        advance(flow, state, acted("n1.1", "dance"))

    assert refused.value.reason == "unknown_action"
    assert state == started(flow).state


def test_an_act_on_a_step_that_is_over_is_refused() -> None:
    flow = linear(waits(), waits())
    state = started(flow, acted("n1.1", "ok")).state

    with pytest.raises(EventRefusedError) as refused:
        advance(flow, state, acted("n1.1", "ok"))

    assert refused.value.reason == "unknown_activity"


def test_a_halted_run_refuses_acts_and_lets_facts_pass() -> None:
    flow = linear(asks(GrabFrame(role="customer", label="id")))
    state = started(flow, acted("n1.1", "write", data={"nobody": 1})).state

    with pytest.raises(EventRefusedError):
        advance(flow, state, acted("n1.1", "ok"))
    after = advance(flow, state, CommandCompleted(at_ms=5, key="n1.1:0"))

    assert after.state.status is RunStatus.INCIDENT
    assert after.state.activities[ActivityId("n1.1")].data == {}


def test_a_loop_that_waits_for_nobody_halts_the_run() -> None:
    parts = {"enter": enters(), "a": passes(), "b": passes(), "done": ends()}
    flow = bound(parts, ["enter ok a", "a ok b", "b ok a"])

    step = started(flow)

    assert step.state.incident is not None
    assert step.state.incident.code == "unbounded"
    assert step.state.passed[NodeId("a")].visits <= MAX_HOPS


def test_open_activities_are_bounded() -> None:
    parts = {
        "enter": enters(),
        "a": component("span", Scripted(at_start=Reaction(outcome="ok")), span="s"),
    }
    flow = bound(parts, ["enter ok a", "a ok a"])

    step = started(flow)

    assert step.state.incident is not None
    assert step.state.incident.code == "too_many_tokens"
    assert len(step.state.activities) == MAX_TOKENS


def test_a_new_name_is_noted_without_telling_anyone() -> None:
    heard: list[Signal] = []

    def react(activity: Activity, signal: Signal) -> Reaction:
        heard.append(signal)
        return Reaction()

    flow = linear(component("listens", Scripted(on_signal=react)))
    renamed = replace(joined(at_ms=1_600), name="Anna Berg")

    state = started(flow, joined(), renamed).state

    assert state.people[renamed.participant].name == "Anna Berg"
    assert len(heard) == 1
