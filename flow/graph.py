"""The graph of a flow as a value: nodes, edges, variables, boundaries; its JSON and its hash.

Where nodes stand on the canvas is not here: layout belongs to the draft, so moving a card changes
no hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import NewType, TypeAlias

import rfc8785

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = "dict[str, JsonValue]"
NodeId = NewType("NodeId", str)
LocalText: TypeAlias = Mapping[str, str]
"""Text by BCP 47 tag, e.g. {"en": "Consent", "zh-Hans": "同意"}; "en" is always there."""

SCHEMA = "graph/1"
RESUME, FRESH_SESSION = "resume", "fresh_session"
"""Values of the setting `drop_policy`: what a customer finds who dropped and comes again."""


class Privacy(StrEnum):
    """How carefully a variable is shown, logged and stored; ordered from open to closed."""

    NONE = "none"
    PERSONAL = "personal"
    SPECIAL = "special"
    SECRET = "secret"  # noqa: S105 - a privacy class, not a password


class ValueType(StrEnum):
    """Types a variable can have; the CEL type of the same meaning is in `flow.expressions`."""

    STRING = "string"
    INT = "int"
    NUMBER = "number"
    BOOL = "bool"
    LIST = "list"
    OBJECT = "object"


class Polarity(StrEnum):
    """Whether an outcome is what the step hoped for."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class BoundaryKind(StrEnum):
    """What can interrupt a node, or the whole flow, from outside its outcomes."""

    CUSTOMER_DROP = "customer_drop"
    AGENT_DROP = "agent_drop"
    WEAK_NETWORK = "weak_network"
    PROVIDER_ERROR = "provider_error"
    SUPERVISOR = "supervisor"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A named way of leaving a node."""

    id: str
    polarity: Polarity
    label: LocalText = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A typed value of the run. `name` is dotted lower snake case: `queue.wait_ms`."""

    name: str
    type: ValueType
    privacy: Privacy = Privacy.NONE
    initial: JsonValue = None
    outcomes: tuple[str, ...] = ()
    """For a node's output: the outcomes on which it is surely set; empty means all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One use of a component. `id` is a slug unique in the graph; `title` overrides its."""

    id: NodeId
    component: str
    version: str
    title: LocalText = field(default_factory=dict)
    config: Mapping[str, JsonValue] = field(default_factory=dict)
    sla_s: int = 0
    """A visit that lasts longer is late: staff sees it, nothing else happens. 0 for never."""
    media: Mapping[str, JsonValue] = field(default_factory=dict)
    """What it changes about the media of the call from its beginning on: see `flow.media`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Where an outcome of a node leads."""

    source: NodeId
    outcome: str
    target: NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Nodes that belong together: one card when collapsed, and a scope for boundaries.

    `id` is a slug that no node has.
    """

    id: NodeId
    nodes: tuple[NodeId, ...]
    title: LocalText = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """When `kind` has lasted `after_s` seconds while `scope` is active, go to `target`.

    `scope` is the id of a node or of a group, or None for the whole flow.
    """

    kind: BoundaryKind
    target: NodeId
    scope: NodeId | None = None
    after_s: int = 0


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A whole flow. Value equality is by content; `content_hash` is the identity of a version."""

    start: NodeId
    nodes: Mapping[NodeId, Node]
    edges: tuple[Edge, ...]
    variables: tuple[Variable, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    groups: tuple[Group, ...] = ()
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    """`locales` (list), `resume_window_s`, `max_duration_s`, `sla_s` (of the whole run),
    `drop_policy` (`resume`, `fresh_session`), `media` (see `flow.media`), `media_zones` (a list:
    where media may run and be recorded, empty for anywhere), `media_regions` (a list, the nearest
    first); unknown keys are kept."""

    def __post_init__(self) -> None:
        """Bring what has no order of its own into one, so that equality is by content."""
        edges = sorted(self.edges, key=lambda one: (one.source, one.outcome, one.target))
        boundaries = sorted(
            self.boundaries, key=lambda one: (one.scope or "", one.kind, one.target)
        )
        variables = sorted(self.variables, key=lambda one: one.name)
        groups = [replace(one, nodes=tuple(sorted(set(one.nodes)))) for one in self.groups]
        object.__setattr__(self, "groups", tuple(sorted(groups, key=lambda one: one.id)))
        object.__setattr__(self, "edges", tuple(edges))
        object.__setattr__(self, "boundaries", tuple(boundaries))
        object.__setattr__(self, "variables", tuple(variables))

    @cached_property
    def targets(self) -> Mapping[tuple[NodeId, str], NodeId]:
        """The node each (node, outcome) leads to."""
        return {(edge.source, edge.outcome): edge.target for edge in self.edges}

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 in hex over the canonical JSON (RFC 8785) of the graph."""
        return hashlib.sha256(rfc8785.dumps(to_json(self))).hexdigest()


def to_json(graph: Graph) -> JsonObject:
    """The `graph/1` document, read by `flow.codec`. Equal graphs are equal bytes."""
    nodes: list[JsonValue] = [_node_json(graph.nodes[one]) for one in sorted(graph.nodes)]
    edges: list[JsonValue] = [
        {"from": one.source, "outcome": one.outcome, "to": one.target} for one in graph.edges
    ]
    boundaries: list[JsonValue] = [
        {"on": one.kind.value, "scope": one.scope, "after_s": one.after_s, "to": one.target}
        for one in graph.boundaries
    ]
    groups: list[JsonValue] = [
        {"id": one.id, "nodes": list(one.nodes), "title": dict(one.title)} for one in graph.groups
    ]
    return {
        "schema": SCHEMA,
        **({"groups": groups} if groups else {}),
        "start": graph.start,
        "nodes": nodes,
        "edges": edges,
        "variables": [_variable_json(one) for one in graph.variables],
        "boundaries": boundaries,
        "settings": dict(graph.settings),
    }


def _node_json(node: Node) -> JsonObject:
    late: JsonObject = {"sla_s": node.sla_s} if node.sla_s else {}
    media: JsonObject = {"media": dict(node.media)} if node.media else {}
    return {
        **late,
        **media,
        "id": node.id,
        "component": node.component,
        "version": node.version,
        "title": dict(node.title),
        "config": dict(node.config),
    }


def _variable_json(variable: Variable) -> JsonObject:
    return {
        "name": variable.name,
        "type": variable.type.value,
        "privacy": variable.privacy.value,
        "initial": variable.initial,
    }
