"""A live run under another version of its flow: what it holds gets the names of the new one.

Activities keep their ids, and so do the commands and timers under way; only the node they stand at
may be called otherwise. What is known of nodes that are gone stays: their visits number the ids.
"""

from __future__ import annotations

from flow.commands import CancelTimer
from flow.errors import EventRefusedError
from flow.events import RunMigrated
from flow.graph import NodeId
from flow.interpreter.turn import Turn
from flow.records import amend, replace
from flow.state import Passed


def migrate(turn: Turn, event: RunMigrated) -> None:
    """Raises EventRefusedError when the graph at hand is not the one the event names."""
    if event.to != turn.bound.graph.content_hash:
        raise EventRefusedError(
            reason="invalid_data", message="This is not the version to go on with", field="/to"
        )
    names = {NodeId(old): NodeId(new) for old, new in event.nodes.items()}
    state = turn.state
    activities = {
        key: replace(one, node=names.get(one.node, one.node))
        for key, one in state.activities.items()
    }
    if any(one.node not in turn.bound.graph.nodes for one in activities.values()):
        raise EventRefusedError(
            reason="invalid_data", message="A step under way has no place there", field="/nodes"
        )
    given = {one.name: one.initial for one in turn.bound.graph.variables if one.initial is not None}
    turn.state = replace(
        state,
        activities=activities,
        passed={**state.passed, **_renamed(turn, names)},
        variables={**given, **state.variables},
        done=tuple(replace(one, node=names.get(one.node, one.node)) for one in state.done),
        spent_boundaries=tuple(sorted(_key(one, names) for one in state.spent_boundaries)),
    )
    for key in sorted(turn.state.boundary_timers):
        turn.ask_for_run(CancelTimer(name=key))
    amend(turn.draft, boundary_timers={})


def _renamed(turn: Turn, names: dict[NodeId, NodeId]) -> dict[NodeId, Passed]:
    """How the renamed nodes were left, under their new names."""
    renamed: dict[NodeId, Passed] = {}
    for old, new in names.items():
        before, there = turn.state.passed.get(old), turn.state.passed.get(new)
        if before is not None:
            visits = max(before.visits, there.visits if there else 0)
            renamed[new] = replace(before, visits=visits)
    return renamed


def _key(key: str, names: dict[NodeId, NodeId]) -> str:
    kind, _, scope = key.partition(":")
    return f"{kind}:{names.get(NodeId(scope), NodeId(scope))}"
