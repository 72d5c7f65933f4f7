"""What holds for every block of branches and every order of events."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from flow.codec import event_from_json, event_to_json, state_from_json, state_to_json
from flow.component import Component
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import BoundGraph, bind
from flow.state import RunStatus
from flow.verification.verify import verify
from tests.builders import components, graph
from tests.flow.journey import Journey, wanderings
from tests.flow.parts import ends, enters, joins, opens_span, passes, splits, times_out, waits

STEPS = (waits(), passes(), times_out(), opens_span("presence"))


class _Drawing:
    """Parts and edges of a flow as they are drawn."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.parts: dict[str, Component] = {"enter": enters()}
        self.edges: list[str] = []

    def block(self, ways_in: list[str], name: str, depth: int) -> list[str]:
        """A split and its join after the open ends `ways_in`; gives the open ends after it."""
        outcomes = tuple(f"b{n}" for n in range(self.draw(st.integers(2, 3))))
        mode = self.draw(st.sampled_from(["all", "any"]))
        self.parts[f"split{name}"] = splits(*outcomes, key=f"split.{len(outcomes)}")
        self.edges += [f"{one} split{name}" for one in ways_in]
        coming: list[str] = []
        for outcome in outcomes:
            coming += self.branch(f"split{name} {outcome}", f"{name}{outcome}", depth)
        self.parts[f"join{name}"] = joins(mode, key=f"join.{mode}")
        self.edges += [f"{one} join{name}" for one in coming]
        return [f"join{name} {mode}", f"join{name} timeout"]

    def branch(self, way_in: str, name: str, depth: int) -> list[str]:
        ways = [way_in]
        for n, part in enumerate(self.draw(st.lists(st.sampled_from(STEPS), max_size=2))):
            node = f"{name}n{n}"
            self.parts[node] = part
            self.edges += [f"{one} {node}" for one in ways]
            ways = [f"{node} {one.id}" for one in part.manifest.outcomes]
            if len(ways) > 1 and self.draw(st.booleans()):
                self.edges.append(f"{ways.pop()} refused")
        if depth and self.draw(st.booleans()):
            ways = self.block(ways, name, depth - 1)
        return ways


@st.composite
def blocks(draw: st.DrawFn) -> BoundGraph:
    """Enter, a block with blocks in it, a step, an end."""
    drawing = _Drawing(draw)
    ways = drawing.block(["enter ok"], "x", 1)
    parts = {**drawing.parts, "after": waits(), "done": ends(), "refused": ends("reject")}
    edges = [*drawing.edges, *(f"{one} after" for one in ways)]
    edges += ["after ok done", "after fail refused"]
    return bind(graph(parts, edges), components(parts))


journeys = st.builds(Journey, blocks())


@given(flow=blocks())
def test_closed_blocks_verify(flow: BoundGraph) -> None:
    found = verify(flow.graph, flow.components)

    assert [one for one in found if one.rule not in {"FLOW-09", "FLOW-10"}] == []


@settings(max_examples=200)
@given(journey=journeys, choices=wanderings)
def test_branches_never_get_stuck_nor_leave_anything_behind(
    journey: Journey, choices: list[int]
) -> None:
    journey.wander(choices)
    journey.finish()

    assert journey.state.status is RunStatus.CLOSED
    assert journey.state.incident is None
    assert journey.state.activities == {}
    assert journey.state.forks == {}


@given(journey=journeys, choices=wanderings)
def test_every_token_is_in_a_branch_that_is_still_open(
    journey: Journey, choices: list[int]
) -> None:
    journey.wander(choices)

    forks = journey.state.forks
    for one in journey.state.activities.values():
        assert {entry.rpartition("/")[0] for entry in one.branch} <= set(forks)
        assert one.collects is None or one.collects in forks


@given(journey=journeys, choices=wanderings)
def test_branches_replay_from_stored_events_and_snapshots(
    journey: Journey, choices: list[int]
) -> None:
    journey.wander(choices)

    state = initial_state()
    for event in journey.events:
        read = event_from_json(json.loads(json.dumps(event_to_json(event), sort_keys=True)))
        state = advance(journey.flow, state, read).state
        state = state_from_json(json.loads(json.dumps(state_to_json(state), sort_keys=True)))

    assert state == journey.state


@given(journey=journeys, choices=wanderings)
def test_command_keys_of_branches_are_never_used_twice(
    journey: Journey, choices: list[int]
) -> None:
    journey.wander(choices)
    journey.finish()

    keys = [one.key for one in journey.commands]
    assert len(keys) == len(set(keys))
