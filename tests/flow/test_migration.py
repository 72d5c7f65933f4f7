"""Whether a live run can go on under another version of its flow."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow.commands import GrabFrame, SetTimer
from flow.component import Component
from flow.errors import EventRefusedError
from flow.events import ActivityId, CommandCompleted, ParticipantId, RunMigrated
from flow.graph import Boundary, BoundaryKind, NodeId, Privacy, ValueType, Variable
from flow.interpreter.advance import advance
from flow.interpreter.bound import BoundGraph, bind
from flow.projection import RunFacts, project
from flow.state import RunState, RunStatus
from flow.verification.migration import guess_nodes, is_of_type, migration_findings
from tests.builders import acted, at, bound, components, graph, linear, run, started
from tests.flow.drawn import flows
from tests.flow.journey import Journey, wanderings
from tests.flow.parts import asks, books, ends, enters, joins, passes, sets, splits, waits

FACTS = RunFacts(id="r", number="1", flow="f", version=1)
AMOUNT = Variable(name="form.amount", type=ValueType.NUMBER)


def said(old: BoundGraph, new: BoundGraph, state: RunState, **nodes: str) -> list[str]:
    found = migration_findings(old, new, state, {NodeId(a): NodeId(b) for a, b in nodes.items()})
    assert all(one.rule == "MIGRATE-01" and one.message["zh-Hans"] for one in found)
    return [one.message["en"] for one in found]


def test_a_step_changed_elsewhere_harms_nobody() -> None:
    old, new = linear(waits(), waits()), linear(waits(), passes())

    assert said(old, new, started(old).state) == []


def test_a_step_that_is_gone_or_of_another_kind_is_found_where_the_run_stands() -> None:
    old = linear(waits(), waits())
    state = started(old, acted("n1.1", "ok")).state

    (gone,) = said(old, linear(waits()), state)
    (other,) = said(old, linear(waits(), passes()), state)

    assert "does not have" in gone
    assert "another kind" in other


def titled(flow: BoundGraph, **titles: str) -> BoundGraph:
    """The flow with its steps called so, and `<title>。` in Chinese."""
    nodes = {
        one.id: replace(one, title={"en": titles[one.id], "zh-Hans": f"{titles[one.id]}。"})
        if one.id in titles
        else one
        for one in flow.graph.nodes.values()
    }
    return bind(replace(flow.graph, nodes=nodes), flow.components)


def test_findings_call_steps_as_the_analyst_did() -> None:
    old = titled(linear(waits(), waits(), waits()), n1="Ask", n2="Sign", n3="Sign")
    once, twice = acted("n1.1", "ok"), acted("n2.1", "ok")
    new, elsewhere = linear(passes()), titled(linear(passes(), waits()), n1="Read", n2="Show")

    (first,) = migration_findings(old, linear(passes()), started(old).state, {})
    (second,) = migration_findings(old, new, started(old, once).state, {})
    (third,) = migration_findings(old, new, started(old, once, twice).state, {})
    mapped = said(old, elsewhere, started(old).state, n3="n2", n1="n9")

    assert first.message["en"].startswith("The run is at “Ask”, which is another kind")
    assert "“Ask。”" in first.message["zh-Hans"]
    assert "is at “Sign” (n2)," in second.message["en"]
    assert "“Sign。”（n3）" in third.message["zh-Hans"]
    assert "Two steps would become “Show” at once." in mapped
    assert "“Ask” cannot become “n9”: one of them does not exist." in mapped


def renamed() -> BoundGraph:
    parts: dict[str, Component] = {"enter": enters(), "asked": waits(), "done": ends()}
    edges = ["enter ok asked", "asked ok done", "asked fail done"]
    return bind(graph(parts, edges), components(parts))


def test_a_step_that_was_renamed_can_be_mapped() -> None:
    old = linear(waits())

    assert said(old, renamed(), started(old).state, n1="asked") == []


@pytest.mark.parametrize(
    "wrong", [{"n1": "nowhere"}, {"n7": "asked"}, {"n1": "done"}, {"n1": "asked", "enter": "done"}]
)
def test_a_map_that_makes_no_sense_is_found(wrong: dict[str, str]) -> None:
    old = linear(waits())

    assert said(old, renamed(), started(old).state, **wrong) != []


def test_only_a_run_that_goes_on_can_be_moved() -> None:
    old = linear(waits())
    halted = started(old, acted("n1.1", "write", data={"nobody": 1})).state

    for state in (halted, started(old, acted("n1.1", "ok")).state):
        assert "Only a run" in said(old, old, state)[0]


def block(*branches: str) -> BoundGraph:
    parts = {"enter": enters(), "split": splits(*branches)}
    parts |= {one: waits() for one in branches} | {"join": joins(), "done": ends()}
    edges = ["enter ok split", *(f"split {one} {one}" for one in branches)]
    edges += [f"{one} {how} join" for one in branches for how in ("ok", "fail")]
    return bound(parts, [*edges, "join all done", "join timeout done"])


def test_branches_under_way_stay_the_same() -> None:
    old = block("a", "b")
    state = started(old).state

    assert said(old, block("a", "b"), state) == []
    assert any("under way" in one for one in said(old, block("a", "b", "c"), state))


def test_what_was_done_for_good_can_still_be_undone() -> None:
    old, new = linear(books(1), waits()), linear(passes(), waits())

    assert said(old, old, started(old).state) == []
    assert "undo" in said(old, new, started(old).state)[0]


def test_a_value_keeps_its_type() -> None:
    old = linear(sets(AMOUNT, 5), waits())
    new = linear(sets(replace(AMOUNT, type=ValueType.STRING), "5"), waits())

    assert "another type" in said(old, new, started(old).state)[0]


@pytest.mark.parametrize(
    ("before", "after", "harms"),
    [
        (Privacy.SECRET, Privacy.SECRET, False),
        (Privacy.SECRET, Privacy.PERSONAL, True),
        (Privacy.PERSONAL, Privacy.SECRET, False),
        (Privacy.SPECIAL, None, True),
        (Privacy.PERSONAL, None, False),
    ],
)
def test_what_was_guarded_stays_guarded(
    before: Privacy, after: Privacy | None, harms: bool
) -> None:
    old = linear(sets(replace(AMOUNT, privacy=before), 5), waits())
    new = linear(passes() if after is None else sets(replace(AMOUNT, privacy=after), 5), waits())

    found = said(old, new, started(old).state)

    assert [one for one in found if "carefully" in one] == found
    assert bool(found) == harms


def likely(**nodes: Component) -> BoundGraph:
    parts = {"enter": enters(), **nodes, "done": ends()}
    names = list(parts)
    edges = [f"{a} ok {b}" for a, b in itertools.pairwise(names)]
    return bound(parts, edges, config={one: {"ask": one[-1]} for one in nodes})


def test_a_renamed_node_is_guessed_by_component_and_settings() -> None:
    old = likely(first_a=waits(), first_b=waits(), only=passes())
    new = likely(now_b=waits(), now_a=waits(), one=passes())

    assert guess_nodes(old, new) == {"first_a": "now_a", "first_b": "now_b", "only": "one"}


def test_where_two_would_do_none_is_guessed() -> None:
    old, new = likely(first=waits()), likely(now_a=waits(), now_b=waits())

    assert guess_nodes(old, new) == {}
    assert guess_nodes(old, old) == {}


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        ("bool", True, True),
        ("int", True, False),
        ("number", 1, True),
        ("int", 1.5, False),
        ("list", [], True),
        ("object", {}, True),
        ("string", {}, False),
    ],
)
def test_types_are_those_of_json(kind: str, value: object, fits: bool) -> None:
    assert is_of_type(kind, value) is fits


@given(journey=st.builds(Journey, flows()), choices=wanderings)
def test_any_open_run_can_stay_under_its_own_version(journey: Journey, choices: list[int]) -> None:
    journey.wander(choices)

    found = migration_findings(journey.flow, journey.flow, journey.state, {})

    assert (found == ()) == (journey.state.ending is None)


# the event


def migrated(new: BoundGraph, **nodes: str) -> RunMigrated:
    return RunMigrated(at_ms=5_000, by="lin", to=new.graph.content_hash, nodes=nodes)


def test_the_run_goes_on_under_the_new_version() -> None:
    old, new = linear(waits(), passes()), linear(waits(), waits())

    state = run(new, migrated(new), acted("n1.1", "ok"), state=started(old).state).state

    assert at(state) == ["n2"]


def test_a_renamed_step_keeps_its_activity_and_what_it_has_asked_for() -> None:
    shot = GrabFrame(role="customer", label="id")
    parts = {"enter": enters(), "photo": asks(shot), "done": ends()}
    new = bound(parts, ["enter ok photo", "photo ok done", "photo fail done"])
    state = started(linear(asks(shot))).state

    state = run(new, migrated(new, n1="photo"), state=state).state
    assert at(state) == ["photo"]
    answered = run(new, CommandCompleted(at_ms=6_000, key="n1.1:0"), state=state).state
    assert answered.activities[ActivityId("n1.1")].data == {"performed": "GrabFrame"}
    done = run(new, acted("n1.1", "ok", at_ms=7_000), state=answered).state

    assert done.status is RunStatus.CLOSED
    seen = project(new, done, "agent", ParticipantId("bo"), at_ms=9, run=FACTS)
    assert "n1" not in str(seen["steps"])


def test_limits_are_those_of_the_new_version() -> None:
    limit = Boundary(kind=BoundaryKind.TIMEOUT, target=NodeId("refused"), after_s=60)
    old = linear(waits(), boundaries=(limit,))
    new = linear(waits(), boundaries=(replace(limit, after_s=90),))

    step = run(new, migrated(new), state=started(old).state)

    assert [type(one.request).__name__ for one in step.commands] == ["CancelTimer", "SetTimer"]
    assert step.commands[1].request == SetTimer(name="timeout:*", due_at_ms=91_000)


def test_new_variables_get_their_first_value_and_old_ones_keep_theirs() -> None:
    old = linear(sets(AMOUNT, 5), waits())
    more = (replace(AMOUNT, initial=1.0), Variable(name="n", type=ValueType.INT, initial=2))
    new = linear(sets(AMOUNT, 5), waits(), variables=more)

    state = run(new, migrated(new), state=started(old).state).state

    assert dict(state.variables) == {"form.amount": 5.0, "n": 2}


def test_another_version_than_named_or_a_step_without_place_is_refused() -> None:
    old, new = linear(waits(), waits()), linear(waits())
    state = started(old, acted("n1.1", "ok")).state

    for event in (migrated(old), migrated(new)):
        with pytest.raises(EventRefusedError) as refused:
            advance(new, state, event)
        assert refused.value.reason == "invalid_data"


@given(journey=st.builds(Journey, flows()), before=wanderings, after=wanderings)
def test_a_run_moved_to_its_own_version_goes_on_as_before(
    journey: Journey, before: list[int], after: list[int]
) -> None:
    journey.wander(before)
    activities = journey.state.activities
    journey.take(migrated(journey.flow))
    assert journey.state.activities == activities
    journey.wander(after)
    journey.finish()

    assert journey.state.status is RunStatus.CLOSED
    assert journey.state.boundary_timers == {}
