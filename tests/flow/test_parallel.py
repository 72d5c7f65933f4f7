"""Several tokens: split, joined, broken off, bounded."""

from __future__ import annotations

import json

import pytest

from flow.codec import state_from_json, state_to_json
from flow.component import Activity, Component, Reaction, StopReason
from flow.events import IncidentRetried, IncidentSkipped, TimerFired
from flow.graph import Boundary, BoundaryKind, NodeId
from flow.interpreter.bound import BoundGraph
from flow.interpreter.incidents import ways_past
from flow.interpreter.tokens import MAX_TOKENS
from flow.state import RunState, RunStatus
from tests.builders import acted, at, bound, joined, left, outcome_of, run, started
from tests.flow.parts import Scripted, component, ends, enters, joins, opens_span, splits, waits

EDGES = [
    "enter ok split",
    "split a one",
    "split b two",
    "one ok join",
    "one fail refused",
    "two ok join",
    "two fail refused",
    "join timeout refused",
    "after ok done",
    "after fail refused",
]


def block(
    mode: str = "all", *, two: Component | None = None, boundaries: tuple[Boundary, ...] = ()
) -> BoundGraph:
    """enter → split → one | two → join → after → done."""
    parts = {
        "enter": enters(),
        "split": splits(),
        "one": waits(),
        "two": two or waits(),
        "join": joins(mode),
        "after": waits(),
        "done": ends(),
        "refused": ends("reject"),
    }
    return bound(parts, [*EDGES, f"join {mode} after"], boundaries=boundaries)


def stored(state: RunState) -> RunState:
    return state_from_json(json.loads(json.dumps(state_to_json(state), sort_keys=True)))


def test_a_split_gives_each_branch_a_token() -> None:
    state = started(block()).state

    assert at(state) == ["one", "two"]
    assert outcome_of(state, "split") == "a+b"
    assert stored(state) == state


def test_a_join_waits_for_all() -> None:
    flow = block()

    first = started(flow, acted("one.1", "ok"))
    both = run(flow, acted("two.1", "ok"), state=stored(first.state))

    assert at(first.state) == ["two", "join"]
    assert at(both.state) == ["after"]
    assert both.state.forks == {}
    assert both.state.activities == run(flow, state=both.state).state.activities


def test_a_join_that_takes_the_first_breaks_off_the_others() -> None:
    stopped: list[StopReason] = []

    def stop(activity: Activity, reason: StopReason) -> Reaction:
        stopped.append(reason)
        return Reaction()

    state = started(block("any", two=component("x", Scripted(on_stop=stop))), acted("one.1", "ok"))

    assert at(state.state) == ["after"]
    assert stopped == ["interrupted"]
    assert outcome_of(state.state, "two") == "joined"


def test_a_join_does_not_wait_longer_than_it_may() -> None:
    flow = block()
    state = started(flow, acted("one.1", "ok")).state

    state = run(flow, TimerFired(at_ms=62_000, key="join.1:0"), state=state).state

    assert state.ending is not None
    assert state.ending.node == "refused"


def test_an_end_in_a_branch_ends_the_run() -> None:
    state = started(block(), acted("one.1", "fail")).state

    assert state.status is RunStatus.CLOSED
    assert state.activities == {}
    assert state.forks == {}


def nested() -> BoundGraph:
    """The branch `a` of the outer split is itself split."""
    parts = {
        "enter": enters(),
        "outer": splits(key="outer"),
        "inner": splits("c", "d", key="inner"),
        "c": waits("c"),
        "d": waits("d"),
        "meet": joins(key="meet"),
        "b": waits("b"),
        "join": joins("any", key="any"),
        "done": ends(),
        "refused": ends("reject"),
    }
    edges = ["enter ok outer", "outer a inner", "outer b b", "inner c c", "inner d d"]
    edges += ["c ok meet", "d ok meet", "c fail refused", "d fail refused", "b fail refused"]
    edges += ["meet all join", "meet timeout refused", "b ok join", "join timeout refused"]
    return bound(parts, [*edges, "join any done"])


def test_a_branch_may_be_split_again_and_is_joined_inside() -> None:
    flow = nested()

    state = started(flow, acted("c.1", "ok")).state
    assert sorted(at(state)) == ["b", "d", "meet"]
    state = run(flow, acted("d.1", "ok"), state=stored(state)).state

    assert state.ending is not None
    assert state.ending.node == "done"


def test_whoever_is_broken_off_is_so_however_deep() -> None:
    state = started(nested(), acted("b.1", "ok")).state

    assert state.status is RunStatus.CLOSED
    assert outcome_of(state, "c") == outcome_of(state, "d") == "joined"


def test_a_boundary_of_the_flow_takes_every_token_and_goes_on_with_one() -> None:
    drop = Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=NodeId("after"), after_s=5)
    flow = block(boundaries=(drop,))

    state = started(flow, joined(), acted("one.1", "ok"), left(deliberate=True)).state

    assert at(state) == ["after"]
    assert state.activities[next(iter(state.activities))].branch == ()
    assert state.forks == {}


def test_a_boundary_of_a_step_leaves_the_other_branches_alone() -> None:
    limit = Boundary(
        kind=BoundaryKind.TIMEOUT, target=NodeId("join"), scope=NodeId("one"), after_s=5
    )
    flow = block(boundaries=(limit,))
    first = started(flow)
    (timer,) = first.commands

    state = run(flow, TimerFired(at_ms=6_000, key=timer.key), state=first.state).state

    assert at(state) == ["two", "join"]
    assert at(run(flow, acted("two.1", "ok"), state=state).state) == ["after"]


def test_a_boundary_of_a_join_breaks_off_what_it_waits_for() -> None:
    limit = Boundary(
        kind=BoundaryKind.TIMEOUT, target=NodeId("after"), scope=NodeId("join"), after_s=5
    )
    flow = block(boundaries=(limit,))
    first = started(flow, acted("one.1", "ok"))

    state = run(flow, TimerFired(at_ms=7_000, key=first.commands[-1].key), state=first.state).state

    assert at(state) == ["after"]
    assert state.forks == {}


def test_a_span_opened_in_a_branch_outlives_it() -> None:
    parts = {
        "enter": enters(),
        "split": splits(),
        "one": opens_span(),
        "two": waits(),
        "join": joins("any"),
        "after": waits(),
        "done": ends(),
    }
    edges = ["enter ok split", "split a one", "split b two", "one ok join", "one fail done"]
    edges += ["two ok join", "two fail done", "join any after", "join timeout done"]
    state = started(bound(parts, [*edges, "after ok done", "after fail done"])).state

    assert [one.span for one in state.activities.values()] == ["recording", None]


# what can go wrong


def test_a_token_that_was_never_split_cannot_be_joined() -> None:
    parts = {"enter": enters(), "join": joins(), "done": ends()}
    flow = bound(parts, ["enter ok join", "join all done", "join timeout done"])

    state = started(flow).state

    assert state.incident is not None
    assert state.incident.code == "join_without_split"
    assert [one.id for one in ways_past(flow, state)] == ["all", "timeout"]
    skipped = IncidentSkipped(at_ms=5, by="lin", outcome="all", reason="x")
    assert run(flow, skipped, state=state).state.status is RunStatus.CLOSED


def test_tokens_are_bounded_even_where_nobody_waits() -> None:
    parts = {"enter": enters(), "split": splits(), "done": ends()}
    flow = bound(parts, ["enter ok split", "split a split", "split b split"])

    state = started(flow).state

    assert state.incident is not None
    assert state.incident.code == "too_many_tokens"
    assert len(state.arrivals) <= MAX_TOKENS
    assert ways_past(flow, state) == ()


def halting_in_one() -> tuple[BoundGraph, RunState]:
    flow = block()
    return flow, started(flow, acted("one.1", "write", data={"nobody": 1})).state


def test_a_halted_branch_begins_anew_in_its_place() -> None:
    flow, state = halting_in_one()

    state = run(flow, IncidentRetried(at_ms=5, by="lin"), state=stored(state)).state
    assert at(state) == ["two", "one"]
    state = run(flow, acted("two.1", "ok"), acted("one.2", "ok"), state=state).state

    assert at(state) == ["after"]


def test_a_halted_branch_can_be_skipped_to_the_join() -> None:
    flow, state = halting_in_one()

    skipped = IncidentSkipped(at_ms=5, by="lin", outcome="ok", reason="x")
    state = run(flow, skipped, acted("two.1", "ok"), state=state).state

    assert at(state) == ["after"]


@pytest.mark.parametrize("decision", ["retry", "skip"])
def test_a_halted_join_keeps_who_has_come(decision: str) -> None:
    parts = {
        "enter": enters(),
        "split": splits(),
        "one": waits(),
        "two": waits(),
        "join": joins(),
        "done": ends(),
    }
    edges = ["enter ok split", "split a one", "split b two", "one ok join", "one fail done"]
    flow = bound(parts, [*edges, "two ok join", "two fail done", "join timeout done"])
    state = started(flow, acted("one.1", "ok"), acted("two.1", "ok")).state
    assert state.incident is not None
    assert state.incident.code == "unwired_outcome"

    event = (
        IncidentRetried(at_ms=5, by="lin")
        if decision == "retry"
        else IncidentSkipped(at_ms=5, by="lin", outcome="timeout", reason="x")
    )
    state = run(flow, event, state=stored(state)).state

    if decision == "retry":
        assert state.incident is not None
        assert state.forks["split.1"].arrived == ("a", "b")
    else:
        assert state.status is RunStatus.CLOSED
