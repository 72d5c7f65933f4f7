"""A graph joined with its components, and the identity of a graph."""

from __future__ import annotations

import pytest

from flow.errors import (
    ExpressionError,
    UnknownComponentError,
    UnknownNodeError,
)
from flow.graph import Edge, Graph, JsonValue, NodeId
from flow.interpreter.bound import bind
from tests.builders import (
    components,
    graph,
)
from tests.flow.parts import (
    ends,
    enters,
    waits,
)


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


def test_an_error_says_which_and_what_was_expected() -> None:
    value: JsonValue = "x +"
    error = ExpressionError(source=str(value), message="the expression ends too early", position=3)

    assert "x +" in str(error)
