"""The flows that a flow calls: which versions they are, and what verification must know of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from components.registry import catalogue, components_of
from designer import outside
from designer.models import FlowVersion
from flow.codec import graph_from_json
from flow.graph import Graph, JsonValue, Node
from flow.verification.calls import DEEPEST, callee_of
from flow.verification.neighbours import Callee, Neighbours

PINNED, LATEST = "pin", "latest"


def neighbours_of(graph: Graph, workspace_id: UUID, *, key: str = "") -> Neighbours:
    """What is around a drawn graph of this workspace; `key` is its flow's own, "" while unknown.

    A version that the drawing names for its calls counts for nothing: publishing names it.
    """
    loose = {node.id: _loose(node) for node in _calls(graph)}
    drawn = replace(graph, nodes={**graph.nodes, **loose})
    return Neighbours(
        key=key,
        callees=_callees(drawn, workspace_id, (key,)),
        connections=outside.known_connections(workspace_id),
    )


def with_pins(graph: Graph, workspace_id: UUID) -> Graph:
    """The graph as it is frozen: each call that asks for a fixed version names it by its hash."""
    pinned = {node.id: _pinned(node, workspace_id) for node in _calls(graph)}
    return replace(graph, nodes={**graph.nodes, **pinned})


def called_versions(graph: Graph, workspace_id: UUID) -> Iterator[FlowVersion]:
    """The versions that calls with a fixed version have."""
    for node in _calls(graph):
        version = _version_of(node, workspace_id) if "pinned" in node.config else None
        if version is not None:
            yield version


def is_called(version: FlowVersion) -> bool:
    """Whether it is for other flows to call."""
    graph: Any = version.graph
    starts = (one for one in graph["nodes"] if one["id"] == graph["start"])
    known = (catalogue().get((one["component"], one["version"])) for one in starts)
    return any(one is not None and one.manifest.called for one in known)


def _calls(graph: Graph) -> list[Node]:
    known = components_of(graph)
    return [graph.nodes[node] for node, one in known.items() if one.manifest.calls]


def _pinned(node: Node, workspace_id: UUID) -> Node:
    loose = _loose(node)
    if loose.config.get("version", PINNED) == LATEST:
        return loose
    version = _version_of(loose, workspace_id)
    if version is None:
        return loose
    pinned: JsonValue = {"number": version.number, "hash": version.hash}
    return replace(loose, config={**loose.config, "pinned": pinned})


def _loose(node: Node) -> Node:
    """The call without a version."""
    config = {name: one for name, one in node.config.items() if name != "pinned"}
    return replace(node, config=config)


def _version_of(node: Node, workspace_id: UUID) -> FlowVersion | None:
    """The version that a call is fixed to, else the newest."""
    versions = FlowVersion.objects.filter(
        flow__workspace=workspace_id, flow__key=node.config.get("flow", "")
    )
    pinned: Any = node.config.get("pinned")
    if pinned is not None:
        versions = versions.filter(number=pinned["number"], hash=pinned["hash"])
    return versions.select_related("flow").order_by("-number").first()


def _callees(graph: Graph, workspace_id: UUID, path: tuple[str, ...]) -> dict[str, Callee]:
    """By key; flows that lead back to where one came from are left out, their names are known."""
    found: dict[str, Callee] = {}
    for node in _calls(graph):
        key = str(node.config.get("flow", ""))
        version = _version_of(node, workspace_id)
        if version is not None and len(path) <= DEEPEST and (key not in path or len(path) == 1):
            found[key] = _callee(version, key, workspace_id, path)
    return found


def _callee(version: FlowVersion, key: str, workspace_id: UUID, path: tuple[str, ...]) -> Callee:
    graph = graph_from_json(version.graph)
    inner = Neighbours(key=key, callees=_callees(graph, workspace_id, (*path, key)))
    return callee_of(key, graph, components_of(graph), inner)
