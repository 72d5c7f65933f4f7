"""A graph joined with the components of its nodes: what `advance` and `project` work on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flow.component import Component
from flow.errors import UnknownComponentError, UnknownNodeError
from flow.graph import (
    FRESH_SESSION,
    Boundary,
    BoundaryKind,
    Graph,
    LocalText,
    NodeId,
    Outcome,
    Polarity,
    Privacy,
    ValueType,
    Variable,
)


@dataclass(frozen=True, kw_only=True)
class BoundGraph:
    """Made by `bind`. What is derived from a node is computed once, at first use."""

    graph: Graph
    components: Mapping[NodeId, Component]
    _outcomes: dict[NodeId, Mapping[str, Outcome]] = field(default_factory=dict, repr=False)
    _outputs: dict[NodeId, Mapping[str, Variable]] = field(default_factory=dict, repr=False)

    def outcomes(self, node: NodeId) -> Mapping[str, Outcome]:
        """The outcomes of the node with its config, in declared order."""
        if node not in self._outcomes:
            declared = self.components[node].behaviour.outcomes(self.graph.nodes[node].config)
            self._outcomes[node] = {one.id: one for one in declared}
        return self._outcomes[node]

    def outputs(self, node: NodeId) -> Mapping[str, Variable]:
        """The variables the node may set, by name."""
        if node not in self._outputs:
            declared = self.components[node].behaviour.outputs(self.graph.nodes[node].config)
            self._outputs[node] = {one.name: one for one in declared}
        return self._outputs[node]

    def title(self, node: NodeId) -> LocalText:
        return self.graph.nodes[node].title or self.components[node].manifest.title

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """Every variable: the flow's own and its nodes' outputs. The flow's declaration wins."""
        found = {name: one for node in self.graph.nodes for name, one in self.outputs(node).items()}
        return found | {one.name: one for one in self.graph.variables}

    @cached_property
    def types(self) -> Mapping[str, ValueType]:
        return {name: one.type for name, one in self.variables.items()}

    @cached_property
    def classes(self) -> Mapping[str, Privacy]:
        """How carefully each variable is shown."""
        return {name: one.privacy for name, one in self.variables.items()}

    @cached_property
    def calls(self) -> bool:
        """Whether runs of it may have sub-flows."""
        return any(one.manifest.calls for one in self.components.values())

    @cached_property
    def boundaries(self) -> Mapping[tuple[BoundaryKind, NodeId | None], Boundary]:
        return {(one.kind, one.scope): one for one in self.graph.boundaries}

    @cached_property
    def timeouts(self) -> Mapping[NodeId | None, int]:
        """Seconds after which a node or group is left, and after which the run ends (None)."""
        kind, whole = BoundaryKind.TIMEOUT, self.graph.settings.get("max_duration_s")
        found: dict[NodeId | None, int] = {
            one.scope: one.after_s for one in self.graph.boundaries if one.kind is kind
        }
        if not found.get(None) and isinstance(whole, int):
            found[None] = whole
        return {scope: after_s for scope, after_s in found.items() if after_s > 0}

    @cached_property
    def slas(self) -> Mapping[NodeId | None, int]:
        """Seconds after which a node, and the run (None), is late."""
        found: dict[NodeId | None, int] = {
            one.id: one.sla_s for one in self.graph.nodes.values() if one.sla_s
        }
        whole = self.graph.settings.get("sla_s")
        return {**found, None: whole} if isinstance(whole, int) and whole > 0 else found

    @cached_property
    def changes_media(self) -> bool:
        """Whether any step changes the media of the call."""
        return any(one.media for one in self.graph.nodes.values())

    @cached_property
    def drops_are_final(self) -> bool:
        """Whether who drops begins anew, in a run of their own, instead of coming back."""
        return self.graph.settings.get("drop_policy") == FRESH_SESSION

    @cached_property
    def members(self) -> Mapping[NodeId, frozenset[NodeId]]:
        """The nodes of each group that is the scope of a boundary."""
        scopes = {one.scope for one in self.graph.boundaries}
        return {one.id: frozenset(one.nodes) for one in self.graph.groups if one.id in scopes}

    @cached_property
    def groups_of(self) -> Mapping[NodeId, tuple[NodeId, ...]]:
        """Of each node the groups around it that have boundaries, the smallest first."""
        found: dict[NodeId, list[NodeId]] = {}
        for group in sorted(self.members, key=lambda one: (len(self.members[one]), one)):
            for node in self.members[group]:
                found.setdefault(node, []).append(group)
        return {node: tuple(groups) for node, groups in found.items()}

    def nearest(self, kind: BoundaryKind, node: NodeId) -> Boundary | None:
        """The boundary of the node itself, else of the smallest group around it that has one."""
        for scope in (node, *self.groups_of.get(node, ())):
            if (kind, scope) in self.boundaries:
                return self.boundaries[kind, scope]
        return None

    def is_within(self, node: NodeId, scope: NodeId | None) -> bool:
        return scope is None or node == scope or node in self.members.get(scope, ())

    @cached_property
    def successors(self) -> Mapping[NodeId, tuple[NodeId, ...]]:
        """The nodes to which edges lead, by the node they leave."""
        found: dict[NodeId, tuple[NodeId, ...]] = {}
        for edge in self.graph.edges:
            found[edge.source] = (*found.get(edge.source, ()), edge.target)
        return found

    def ahead_of(self, nodes: Iterable[NodeId]) -> tuple[NodeId, ...]:
        """Where a token can still come to from these nodes: by edges, or taken by a boundary."""
        found: dict[NodeId, None] = {}
        left = [target for node in nodes for target in self.successors.get(node, ())]
        left.extend(one.target for one in self.graph.boundaries)
        while left:
            node = left.pop()
            if node not in found:
                found[node] = None
                left.extend(self.successors.get(node, ()))
        return tuple(found)

    @cached_property
    def main_line(self) -> tuple[NodeId, ...]:
        """The nodes a run passes when all goes well, from the start."""
        return self.line_from(self.graph.start)

    @cached_property
    def places(self) -> Mapping[NodeId, int]:
        """Where on the main line its nodes stand."""
        return {node: place for place, node in enumerate(self.main_line)}

    def line_from(self, *nodes: NodeId) -> tuple[NodeId, ...]:
        """Each node and what follows by first positive outcome (else the first), none twice."""
        line: dict[NodeId, None] = {}
        for node in nodes:
            following: NodeId | None = node
            while following is not None and following not in line:
                line[following] = None
                following = self._following[following]
        return tuple(line)

    @cached_property
    def _following(self) -> Mapping[NodeId, NodeId | None]:
        return {node: self._next_on_line(node) for node in self.graph.nodes}

    def _next_on_line(self, node: NodeId) -> NodeId | None:
        wired = [
            one for one in self.outcomes(node).values() if (node, one.id) in self.graph.targets
        ]
        if not wired:
            return None
        good = [one for one in wired if one.polarity is Polarity.POSITIVE]
        return self.graph.targets[(node, (good or wired)[0].id)]


def bind(graph: Graph, components: Mapping[NodeId, Component]) -> BoundGraph:
    """Join each node with its component.

    Raises UnknownComponentError for a node without one, UnknownNodeError for a start, edge or
    boundary that leads nowhere. Whether the flow makes sense is `flow.verification`'s question.
    """
    for node in graph.nodes.values():
        if node.id not in components:
            raise UnknownComponentError(component=node.component, version=node.version)
    targets = [graph.start, *(one.target for one in graph.edges)]
    targets += [one.target for one in graph.boundaries]
    for target in targets:
        if target not in graph.nodes:
            raise UnknownNodeError(node=target, known=graph.nodes)
    return BoundGraph(graph=graph, components=components)
