"""External events, facts about the run, and groups of nodes as scopes of boundaries."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow.codec import graph_from_json, graph_to_json, state_from_json, state_to_json
from flow.commands import GrabFrame
from flow.component import EventReceived
from flow.errors import EventRefusedError, MalformedGraphError
from flow.events import (
    RUN,
    CommandFailed,
    ExternalEventReceived,
    IncidentRetried,
    Signalled,
    TimerFired,
)
from flow.graph import Boundary, BoundaryKind, Group, JsonValue, NodeId
from flow.interpreter.advance import advance
from flow.interpreter.bound import BoundGraph, bind
from flow.state import RunStatus
from flow.verification.verify import verify
from tests.builders import acted, at, joined, left, linear, run, started
from tests.flow.findings import only
from tests.flow.journey import Journey, wanderings
from tests.flow.parts import asks, times_out, waits

AWAITED = ExternalEventReceived(at_ms=4_000, name="awaited", data={"id": 7})


def fact(name: str, at_ms: int = 2_000, **data: JsonValue) -> Signalled:
    return Signalled(at_ms=at_ms, activity=RUN, name=name, data=data)


def grouped(*boundaries: Boundary, groups: tuple[Group, ...] = ()) -> BoundGraph:
    """enter → n1 → n2 → n3 → n4 → done, where n1 and n2 are a group."""
    of = groups or (Group(id=NodeId("pair"), nodes=(NodeId("n1"), NodeId("n2"))),)
    flow = linear(*[waits()] * 4, boundaries=boundaries)
    return bind(replace(flow.graph, groups=of), flow.components)


def boundary(
    kind: BoundaryKind, scope: str | None = None, to: str = "n4", after_s: int = 0
) -> Boundary:
    return Boundary(
        kind=kind, target=NodeId(to), scope=NodeId(scope) if scope else None, after_s=after_s
    )


# external events


def test_an_external_event_reaches_the_step_that_waits_for_it() -> None:
    assert at(started(linear(waits(), waits()), AWAITED).state) == ["n2"]


def test_an_event_nothing_waits_for_is_refused_so_that_it_is_sent_again() -> None:
    flow = linear(waits())
    state = started(flow).state

    with pytest.raises(EventRefusedError) as refused:
        advance(flow, state, replace(AWAITED, name="other"))

    assert refused.value.reason == "not_awaited"


def test_an_event_for_a_run_that_has_ended_is_refused() -> None:
    flow = linear(waits())

    with pytest.raises(EventRefusedError) as refused:
        advance(flow, started(flow, AWAITED).state, AWAITED)

    assert refused.value.reason == "run_ended"


def test_an_event_that_comes_while_the_run_stands_still_is_kept() -> None:
    flow = linear(asks(GrabFrame(role="customer", label="id"), key="test.wait"))
    halted = started(flow, acted("n1.1", "write", data={"nobody": 1})).state

    state = run(flow, AWAITED, replace(AWAITED, data={}), state=halted).state

    (kept,) = state.deferred
    assert kept.signal == EventReceived(name="awaited", data={})
    assert state_from_json(json.loads(json.dumps(state_to_json(state)))) == state
    assert run(flow, IncidentRetried(at_ms=5, by="lin"), state=state).state.deferred == ()


# facts about the run


def test_a_weak_network_acts_once_it_has_lasted_and_again_only_after_it_was_well() -> None:
    weak = boundary(BoundaryKind.WEAK_NETWORK, "n1", to="n1", after_s=5)
    flow = grouped(weak)
    first = started(flow, fact("weak_network"))
    (timer,) = first.commands

    moved = run(flow, TimerFired(at_ms=7_000, key=timer.key), state=first.state)
    assert list(moved.state.activities) == ["n1.2"]
    well = run(flow, fact("weak_network", 8_000, active=False), state=moved.state)
    again = run(flow, fact("weak_network", 9_000), state=well.state)

    assert [type(one.request).__name__ for one in again.commands] == ["SetTimer"]


def test_a_network_that_recovers_in_time_does_nothing() -> None:
    flow = grouped(boundary(BoundaryKind.WEAK_NETWORK, after_s=5))

    step = started(
        flow,
        fact("weak_network"),
        fact("weak_network", 2_500, loss=0.2),
        fact("weak_network", 3_000, active=False),
    )

    assert [type(one.request).__name__ for one in step.commands] == ["SetTimer", "CancelTimer"]
    assert step.state.boundary_timers == {}
    assert step.state.facts == {}


def test_without_a_boundary_a_fact_about_the_run_moves_nobody() -> None:
    flow = linear(waits())

    step = started(flow, fact("weak_network"), fact("supervisor"), fact("weather"))

    assert at(step.state) == ["n1"]
    assert step.commands == ()


@pytest.mark.parametrize(("scope", "to"), [("n1", "n2"), ("pair", "n3"), (None, "n4")])
def test_a_supervisor_steps_in_where_the_nearest_boundary_says(scope: str | None, to: str) -> None:
    scopes: dict[str | None, str] = {"n1": "n2", "pair": "n3", None: "n4"}
    wider = list(scopes)[list(scopes).index(scope) :]
    kind = BoundaryKind.SUPERVISOR
    flow = grouped(*(boundary(kind, one, to=scopes[one]) for one in wider))

    assert at(started(flow, fact("supervisor")).state) == [to]


def test_a_fact_after_the_end_or_before_the_start_changes_nothing() -> None:
    flow = grouped(boundary(BoundaryKind.SUPERVISOR))
    closed = started(flow, acted("n1.1", "fail")).state

    assert advance(flow, closed, fact("supervisor", 9_000)).state is closed


# groups


def test_the_time_of_a_group_runs_while_the_token_moves_inside_it() -> None:
    flow = grouped(boundary(BoundaryKind.TIMEOUT, "pair", after_s=10))
    first = started(flow)
    (timer,) = first.commands

    inside = run(flow, acted("n1.1", "ok"), state=first.state)
    assert inside.commands == ()
    late = run(flow, TimerFired(at_ms=11_000, key=timer.key), state=inside.state)
    gone = run(flow, acted("n2.1", "ok", at_ms=3_000), state=inside.state)

    assert at(late.state) == ["n4"]
    assert [type(one.request).__name__ for one in gone.commands] == ["CancelTimer"]
    assert gone.state.entered == {}


def test_a_group_entered_again_has_its_time_anew() -> None:
    parts = [boundary(BoundaryKind.TIMEOUT, "pair", to="n1", after_s=10)]
    flow = grouped(*parts)
    graph = replace(
        flow.graph,
        edges=tuple(
            replace(one, target=NodeId("n1"))
            if one.source == "n3" and one.outcome == "fail"
            else one
            for one in flow.graph.edges
        ),
    )
    flow = bind(graph, flow.components)

    state = started(flow, acted("n1.1", "ok"), acted("n2.1", "ok")).state
    state = run(flow, acted("n3.1", "fail", at_ms=60_000), state=state).state

    assert state.entered == {"pair": 60_000}


def test_a_drop_is_handled_by_the_group_before_the_flow() -> None:
    kind = BoundaryKind.CUSTOMER_DROP
    flow = grouped(boundary(kind, "pair", to="n3"), boundary(kind, to="n4"))

    assert at(started(flow, joined(), left(deliberate=True)).state) == ["n3"]


def test_a_failure_is_taken_over_by_the_group() -> None:
    handler = boundary(BoundaryKind.PROVIDER_ERROR, "pair", to="refused")
    flow = linear(times_out(), boundaries=(handler,))
    quiet = linear(asks(GrabFrame(role="customer", label="id")), boundaries=(handler,))
    graph = replace(quiet.graph, groups=(Group(id=NodeId("pair"), nodes=(NodeId("n1"),)),))
    bound = bind(graph, quiet.components)

    assert flow.nearest(BoundaryKind.PROVIDER_ERROR, NodeId("n1")) is None
    assert bound.nearest(BoundaryKind.PROVIDER_ERROR, NodeId("n1")) == handler
    step = started(bound, CommandFailed(at_ms=9, key="n1.1:0", code="no_video"))
    assert step.state.status is RunStatus.CLOSED


def test_groups_are_read_back_and_only_written_when_there_are_any() -> None:
    flow = grouped()
    document = json.loads(json.dumps(graph_to_json(flow.graph)))

    assert graph_from_json(document) == flow.graph
    assert "groups" not in graph_to_json(linear(waits()).graph)
    assert linear(waits()).graph.content_hash != flow.graph.content_hash


@pytest.mark.parametrize(
    ("groups", "pointer"),
    [
        ({}, "/groups"),
        ([7], "/groups/0"),
        ([{"id": "Not a slug", "nodes": []}], "/groups/0/id"),
        ([{"id": "g", "nodes": "n1"}], "/groups/0/nodes"),
        ([{"id": "g", "nodes": [1]}], "/groups/0/nodes/0"),
        ([{"id": "g", "nodes": [], "colour": 1}], "/groups/0/colour"),
    ],
)
def test_a_wrong_group_is_named(groups: JsonValue, pointer: str) -> None:
    with pytest.raises(MalformedGraphError) as error:
        graph_from_json({**graph_to_json(grouped().graph), "groups": groups})

    assert error.value.path == pointer


def group(name: str, *nodes: str) -> Group:
    return Group(id=NodeId(name), nodes=tuple(NodeId(one) for one in nodes))


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ((group("n1", "n2"),), "has the name of"),
        ((group("g"),), "is empty"),
        ((group("g", "gone"),), "is gone"),
        ((group("g", "n1", "n2"), group("h", "n2", "n3")), "share some"),
    ],
)
def test_a_group_that_makes_no_sense_is_found(groups: tuple[Group, ...], said: str) -> None:
    flow = grouped(groups=groups)

    finding = only(verify(flow.graph, flow.components), "FLOW-15")

    assert said in finding.message["en"]
    assert finding.message["zh-Hans"]


def test_groups_inside_one_another_are_sound_and_may_have_boundaries() -> None:
    groups = (group("all", "n1", "n2", "n3"), group("pair", "n1", "n2"))
    limits = [boundary(BoundaryKind.TIMEOUT, one, after_s=9) for one in ("all", "pair")]
    flow = grouped(*limits, groups=groups)

    assert verify(flow.graph, flow.components) == ()
    assert flow.groups_of[NodeId("n1")] == ("pair", "all")


@given(
    journey=st.builds(
        Journey,
        st.sampled_from(
            [
                grouped(
                    boundary(BoundaryKind.WEAK_NETWORK, "pair", to="n3", after_s=2),
                    boundary(BoundaryKind.TIMEOUT, "pair", to="n4", after_s=3),
                    boundary(BoundaryKind.SUPERVISOR, to="n2"),
                )
            ]
        ),
    ),
    choices=wanderings,
    facts=st.lists(st.tuples(st.sampled_from(["weak_network", "supervisor"]), st.booleans())),
)
def test_facts_and_groups_leave_one_token_and_no_timer_behind(
    journey: Journey, choices: list[int], facts: list[tuple[str, bool]]
) -> None:
    for name, active in facts:
        journey.take(fact(name, 5_000, active=active))
        journey.wander(choices[:3])
        open_ = journey.state.status is RunStatus.OPEN
        assert len(at(journey.state)) == (1 if open_ else 0)
        read = state_from_json(json.loads(json.dumps(state_to_json(journey.state), sort_keys=True)))
        assert read == journey.state
    journey.finish()

    assert journey.state.status is RunStatus.CLOSED
    assert journey.state.boundary_timers == {}
    assert journey.state.facts == {}
