"""How a token moves from node to node."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flow.commands import CancelTimer, GrabFrame, SetTimer
from flow.component import Activity, NotPerformed, PresenceChanged, Reaction, Signal
from flow.errors import (
    EventRefusedError,
    ExpressionError,
    UnknownComponentError,
    UnknownNodeError,
)
from flow.events import (
    ActivityId,
    CommandCompleted,
    CommandFailed,
    RunStarted,
    Signalled,
    TimerFired,
)
from flow.graph import Edge, Graph, JsonObject, JsonValue, NodeId, ValueType, Variable
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import bind
from flow.interpreter.tokens import MAX_HOPS, MAX_TOKENS
from flow.state import RunStatus
from tests.builders import (
    STARTED,
    acted,
    at,
    bound,
    components,
    graph,
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
    branches,
    component,
    ends,
    enters,
    passes,
    retries,
    sets,
    times_out,
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


# requests and their answers


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


# binding


def test_a_node_without_component_cannot_be_bound() -> None:
    parts = {"enter": enters(), "done": ends()}
    drawn = graph(parts, ["enter ok done"])

    with pytest.raises(UnknownComponentError):
        bind(drawn, {NodeId("enter"): enters()})


def test_an_edge_to_nowhere_cannot_be_bound() -> None:
    parts = {"enter": enters(), "done": ends()}
    drawn = graph(parts, ["enter ok gone"])

    with pytest.raises(UnknownNodeError):
        bind(drawn, components(parts))


def test_equal_graphs_have_one_hash_whatever_their_order() -> None:
    parts = {"enter": enters(), "a": waits(), "done": ends()}
    edges = ["enter ok a", "a ok done", "a fail done"]
    one, other = graph(parts, edges), graph(parts, edges[::-1])

    assert one == other
    assert one.content_hash == other.content_hash


def test_another_edge_is_another_hash() -> None:
    parts = {"enter": enters(), "a": waits(), "done": ends()}
    one = graph(parts, ["enter ok a"])
    other = Graph(
        start=one.start,
        nodes=one.nodes,
        edges=(Edge(source=NodeId("enter"), outcome="ok", target=NodeId("done")),),
    )

    assert one.content_hash != other.content_hash


def test_a_boundary_takes_over_a_failure_nobody_cared_for_only() -> None:
    def ignores(activity: Activity, signal: Signal) -> Reaction:
        return Reaction(data={"problem": "x"}) if isinstance(signal, NotPerformed) else Reaction()

    shot = Reaction(requests=(GrabFrame(role="customer", label="id"),))
    flow = linear(component("keeps", Scripted(at_start=shot, on_signal=ignores)))

    step = started(flow, CommandFailed(at_ms=9, key="n1.1:0", code="no_video"))

    assert step.state.activities[ActivityId("n1.1")].data == {"problem": "x"}


def test_an_error_says_which_and_what_was_expected() -> None:
    value: JsonValue = "x +"
    error = ExpressionError(source=str(value), message="the expression ends too early", position=3)

    assert "x +" in str(error)


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
