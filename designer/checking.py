"""What a document drawn here amounts to: the graph, its findings, and what its nodes offer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from components.registry import components_of
from designer.errors import UnsuitableGraphError
from flow.codec import graph_from_json
from flow.component import Component
from flow.errors import MalformedGraphError
from flow.graph import Graph, JsonObject, JsonValue, Node, Outcome, Variable
from flow.verification.finding import Finding
from flow.verification.neighbours import Neighbours
from flow.verification.subject import Subject
from flow.verification.verify import verify

LOCALES = ("en", "zh-Hans")


def graph_of(document: JsonValue) -> Graph:
    """Read a `graph/1` document; its bounds are the codec's. Raises UnsuitableGraphError."""
    try:
        return graph_from_json(document)
    except MalformedGraphError as error:
        raise UnsuitableGraphError(path=error.path, expected=error.expected) from error


def findings_of(graph: Graph, neighbours: Neighbours) -> Sequence[Finding]:
    """Everything verification says of the graph with the components of the catalogue."""
    return verify(graph, components_of(graph), neighbours)


def errors_in(findings: Iterable[Finding]) -> list[Finding]:
    """Those that forbid publishing."""
    return [one for one in findings if one.severity == "error"]


def described(graph: Graph) -> JsonObject:
    """What each node offers with its settings: its outcomes, outputs and summary, by node id.

    A node of a component that is not in the catalogue offers nothing.
    """
    subject = Subject(graph=graph, components=components_of(graph))
    return {
        "outcomes": {
            node: [_outcome_json(one) for one in subject.outcomes(node).values()]
            for node in graph.nodes
        },
        "outputs": {
            node: [_output_json(one) for one in subject.outputs(node).values()]
            for node in graph.nodes
        },
        "summaries": {
            node.id: _summary(subject.components[node.id], node)
            for node in graph.nodes.values()
            if node.id in subject.components
        },
    }


def _outcome_json(outcome: Outcome) -> JsonObject:
    return {"id": outcome.id, "polarity": outcome.polarity.value, "label": dict(outcome.label)}


def _output_json(output: Variable) -> JsonObject:
    return {
        "name": output.name,
        "type": output.type.value,
        "privacy": output.privacy.value,
        "outcomes": list(output.outcomes),
    }


def _summary(component: Component, node: Node) -> JsonObject:
    try:
        return {one: component.behaviour.summary(node.config, one) for one in LOCALES}
    except Exception:  # noqa: BLE001 - settings are half filled; verification says which
        return dict.fromkeys(LOCALES, "")
