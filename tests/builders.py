"""Small flows and runs for tests: readable, valid by default, made of `tests.flow.parts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flow.component import Component
from flow.events import (
    Acted,
    ActivityId,
    Event,
    ParticipantId,
    ParticipantJoined,
    ParticipantLeft,
    Role,
    RunStarted,
)
from flow.graph import Boundary, Edge, Graph, JsonObject, Node, NodeId, Variable
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import BoundGraph, bind
from flow.interpreter.turn import Step
from flow.state import RunState
from tests.flow.parts import ends, enters

Parts = Mapping[str, Component]


def graph(
    parts: Parts,
    edges: Sequence[str],
    *,
    config: Mapping[str, JsonObject] | None = None,
    variables: tuple[Variable, ...] = (),
    boundaries: tuple[Boundary, ...] = (),
    settings: JsonObject | None = None,
) -> Graph:
    """A graph of the parts by node id, starting at the first; an edge is written `a ok b`."""
    nodes = {
        NodeId(name): Node(
            id=NodeId(name),
            component=part.manifest.key,
            version=part.manifest.version,
            config=(config or {}).get(name, {}),
        )
        for name, part in parts.items()
    }
    wires = [one.split() for one in edges]
    return Graph(
        start=NodeId(next(iter(parts))),
        nodes=nodes,
        edges=tuple(Edge(source=NodeId(a), outcome=o, target=NodeId(b)) for a, o, b in wires),
        variables=variables,
        boundaries=boundaries,
        settings=settings or {},
    )


def bound(
    parts: Parts,
    edges: Sequence[str],
    *,
    config: Mapping[str, JsonObject] | None = None,
    boundaries: tuple[Boundary, ...] = (),
) -> BoundGraph:
    return bind(graph(parts, edges, config=config, boundaries=boundaries), components(parts))


def components(parts: Parts) -> dict[NodeId, Component]:
    return {NodeId(name): part for name, part in parts.items()}


def linear(
    *middle: Component,
    boundaries: tuple[Boundary, ...] = (),
    variables: tuple[Variable, ...] = (),
    settings: JsonObject | None = None,
    config: Mapping[str, JsonObject] | None = None,
) -> BoundGraph:
    """enter → n1 → n2 → … → done; every other outcome leads to `refused`."""
    parts = {"enter": enters()}
    parts |= {f"n{index}": part for index, part in enumerate(middle, start=1)}
    names = [*parts, "done"]
    edges = [f"{names[i]} ok {names[i + 1]}" for i in range(len(names) - 1)]
    for name, part in parts.items():
        others = [one.id for one in part.manifest.outcomes if one.id != "ok"]
        edges += [f"{name} {other} refused" for other in others]
    parts |= {"done": ends(), "refused": ends("reject")}
    drawn = graph(
        parts,
        edges,
        boundaries=boundaries,
        variables=variables,
        settings=settings,
        config=config,
    )
    return bind(drawn, components(parts))


STARTED = RunStarted(at_ms=1_000, seed="5eed")


def run(flow: BoundGraph, *events: Event, state: RunState | None = None) -> Step:
    """The step after folding the events; all commands on the way are in it."""
    step = Step(state=state or initial_state())
    for event in events:
        after = advance(flow, step.state, event)
        step = Step(state=after.state, commands=(*step.commands, *after.commands))
    return step


def started(flow: BoundGraph, *events: Event) -> Step:
    return run(flow, STARTED, *events)


def acted(activity: str, action: str, at_ms: int = 2_000, data: JsonObject | None = None) -> Acted:
    """The customer presses something."""
    return Acted(
        at_ms=at_ms,
        activity=ActivityId(activity),
        action=action,
        participant=ParticipantId("anna"),
        role="customer",
        data=data or {},
    )


def joined(who: str = "anna", role: Role = "customer", at_ms: int = 1_500) -> ParticipantJoined:
    return ParticipantJoined(at_ms=at_ms, participant=ParticipantId(who), role=role, name=who)


def left(
    who: str = "anna", role: Role = "customer", at_ms: int = 3_000, *, deliberate: bool = False
) -> ParticipantLeft:
    return ParticipantLeft(
        at_ms=at_ms, participant=ParticipantId(who), role=role, deliberate=deliberate
    )


def at(state: RunState) -> list[str]:
    """The nodes where tokens wait."""
    return [one.node for one in state.activities.values() if one.span is None]


def outcome_of(state: RunState, node: str) -> str:
    """How the node was last left."""
    return state.passed[NodeId(node)].outcome
