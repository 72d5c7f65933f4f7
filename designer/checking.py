"""What a document drawn here amounts to: the graph, its findings, and what its nodes offer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from components.registry import catalogue
from designer.errors import UnsuitableGraphError
from flow.codec import graph_from_json
from flow.errors import MalformedGraphError
from flow.graph import Graph, JsonValue
from flow.verification import Finding, verify


def graph_of(document: JsonValue) -> Graph:
    """Read a `graph/1` document; its bounds are the codec's. Raises UnsuitableGraphError."""
    try:
        return graph_from_json(document)
    except MalformedGraphError as error:
        raise UnsuitableGraphError(path=error.path, expected=error.expected) from error


def findings_of(graph: Graph) -> Sequence[Finding]:
    """Everything verification says of the graph with the components of the catalogue."""
    return verify(graph, catalogue())


def errors_in(findings: Iterable[Finding]) -> list[Finding]:
    """Those that forbid publishing."""
    return [one for one in findings if one.severity == "error"]
