"""Recorded runs replayed: what they led to once, they lead to today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flow.codec import (
    command_to_json,
    event_from_json,
    graph_from_json,
    state_from_json,
    state_to_json,
)
from flow.events import RunMigrated
from flow.graph import Graph
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import BoundGraph, bind
from tests.flow.played import PARTS
from tests.flow.scenes import FOLDER, SCENES

KEPT = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_recorded_run_leads_to_the_same_commands_and_states(path: Path) -> None:
    kept = json.loads(path.read_text(encoding="utf-8"))
    graphs = [graph_from_json(one) for one in (kept["graph"], *kept.get("later", ()))]
    flows = {one.content_hash: bound(one) for one in graphs}
    flow, state = flows[kept["hash"]], initial_state()

    for step in kept["steps"]:
        event = event_from_json(step["event"])
        flow = flows[event.to] if isinstance(event, RunMigrated) else flow
        now = advance(flow, state, event)
        state = now.state

        assert [command_to_json(one) for one in now.commands] == step["commands"]
        assert state_to_json(state) == step["state"]
        assert state_from_json(step["state"]) == state


def bound(graph: Graph) -> BoundGraph:
    return bind(graph, {one.id: PARTS[one.component] for one in graph.nodes.values()})


def test_every_scene_is_kept() -> None:
    assert {path.stem for path in KEPT} >= {scene.__name__ for scene in SCENES}
