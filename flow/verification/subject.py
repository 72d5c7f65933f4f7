"""The flow under verification: the graph with what its components declare, faults included.

Unlike a bound graph it may be unfinished: nodes without component, edges to nowhere, settings half
filled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flow.component import Component, Manifest
from flow.graph import BoundaryKind, Graph, NodeId, Outcome, Polarity, ValueType, Variable
from flow.verification.neighbours import Neighbours


@dataclass(frozen=True, slots=True)
class Way:
    """One possible move of a token. `outcome` is None where a boundary takes it away."""

    source: NodeId
    outcome: Outcome | None
    target: NodeId
    boundary: BoundaryKind | None = None

    @property
    def is_good(self) -> bool:
        return self.outcome is not None and self.outcome.polarity is Polarity.POSITIVE


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A graph and its components by node; what is derived is computed once."""

    graph: Graph
    components: Mapping[NodeId, Component]
    neighbours: Neighbours = field(default_factory=Neighbours)
    _outcomes: dict[NodeId, Mapping[str, Outcome]] = field(default_factory=dict, repr=False)
    _outputs: dict[NodeId, Mapping[str, Variable]] = field(default_factory=dict, repr=False)

    @cached_property
    def unusable(self) -> set[NodeId]:
        """Nodes whose component could not say what they declare with the settings they have."""
        return set()

    def manifest(self, node: NodeId) -> Manifest | None:
        component = self.components.get(node)
        return component.manifest if component else None

    def outcomes(self, node: NodeId) -> Mapping[str, Outcome]:
        """With unusable settings, those of the manifest."""
        if node not in self._outcomes:
            self._outcomes[node] = {one.id: one for one in self._declared_outcomes(node)}
        return self._outcomes[node]

    def _declared_outcomes(self, node: NodeId) -> tuple[Outcome, ...]:
        component = self.components.get(node)
        if component is None:
            return ()
        try:
            return component.behaviour.outcomes(self.graph.nodes[node].config)
        except Exception:  # noqa: BLE001 - settings are half filled; the rule for settings says so
            self.unusable.add(node)
            return component.manifest.outcomes

    def outputs(self, node: NodeId) -> Mapping[str, Variable]:
        """With unusable settings, none."""
        if node not in self._outputs:
            self._outputs[node] = {one.name: one for one in self._declared_outputs(node)}
        return self._outputs[node]

    def _declared_outputs(self, node: NodeId) -> tuple[Variable, ...]:
        component = self.components.get(node)
        if component is None:
            return ()
        try:
            return component.behaviour.outputs(self.graph.nodes[node].config)
        except Exception:  # noqa: BLE001 - settings are half filled; the rule for settings says so
            self.unusable.add(node)
            return ()

    def title(self, node: NodeId, locale: str) -> str:
        """How people call the node: its title, its component's, else its id."""
        manifest = self.manifest(node)
        for text in (self.graph.nodes[node].title, manifest.title if manifest else {}):
            if text:
                return text.get(locale) or text.get("en") or node
        return node

    def label(self, outcome: Outcome, locale: str) -> str:
        return outcome.label.get(locale) or outcome.label.get("en") or outcome.id

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """Every variable of the flow by name; the flow's own declaration wins."""
        found = {name: one for node in self.graph.nodes for name, one in self.outputs(node).items()}
        return found | {one.name: one for one in self.graph.variables}

    @cached_property
    def types(self) -> Mapping[str, ValueType]:
        return {name: one.type for name, one in self.variables.items()}

    @cached_property
    def calls(self) -> tuple[NodeId, ...]:
        """The nodes that let another flow run."""
        return tuple(node for node, one in self.components.items() if one.manifest.calls)

    def called_by(self, node: NodeId) -> str:
        """The key of the flow that the node lets run; "" while none is chosen."""
        key = self.graph.nodes[node].config.get("flow")
        return key if isinstance(key, str) else ""

    def requires(self, node: NodeId) -> tuple[str, ...]:
        """What must hold when a token arrives: for the step itself and for the flow it calls."""
        manifest = self.manifest(node)
        callee = self.neighbours.callees.get(self.called_by(node)) if node in self.calls else None
        own = manifest.requires if manifest else ()
        return (*own, *(one for one in (callee.needs if callee else ()) if one not in own))

    def provides(self, node: NodeId) -> tuple[str, ...]:
        """What holds once it was left by a positive outcome; `{given}` is what its settings say."""
        manifest, config = self.manifest(node), self.graph.nodes[node].config
        found: list[str] = []
        for one in manifest.provides if manifest else ():
            listed = config.get(one[1:-1]) if one.startswith("{") else [one]
            found += [str(need) for need in listed] if isinstance(listed, list) else []
        return tuple(found)

    @cached_property
    def ways(self) -> Mapping[NodeId, tuple[Way, ...]]:
        """From each node, by outcomes wired to a node and by boundaries of it and its groups."""
        found: dict[NodeId, list[Way]] = {node: [] for node in self.graph.nodes}
        for edge in self.graph.edges:
            outcome = self.outcomes(edge.source).get(edge.outcome) if edge.source in found else None
            if outcome is not None and edge.target in found:
                found[edge.source].append(Way(edge.source, outcome, edge.target))
        for one in self.graph.boundaries:
            for node in self.nodes_of(one.scope) if one.target in found else ():
                found[node].append(Way(node, None, one.target, one.kind))
        return {node: tuple(ways) for node, ways in found.items()}

    def nodes_of(self, scope: NodeId | None) -> tuple[NodeId, ...]:
        """The nodes a boundary of that scope takes tokens from; none for the whole flow."""
        if scope is None:
            return ()
        if scope in self.graph.nodes:
            return (scope,)
        members = next((one.nodes for one in self.graph.groups if one.id == scope), ())
        return tuple(node for node in members if node in self.graph.nodes)

    @cached_property
    def reached(self) -> Mapping[NodeId, Way | None]:
        """Every node a token can get to, with the way it first gets there (None: the start)."""
        return self.search(lambda _: True)

    def search(self, may_go: Callable[[Way], bool]) -> Mapping[NodeId, Way | None]:
        """Breadth first from the start along ways that `may_go`; flow-wide boundaries come last."""
        if self.graph.start not in self.graph.nodes:
            return {}
        found: dict[NodeId, Way | None] = {self.graph.start: None}
        queue = deque([self.graph.start])
        self._spread(found, queue, may_go)
        for way in self._flow_wide():
            if way.target not in found and may_go(way):
                found[way.target] = way
                queue.append(way.target)
                self._spread(found, queue, may_go)
        return found

    def _spread(
        self,
        found: dict[NodeId, Way | None],
        queue: deque[NodeId],
        may_go: Callable[[Way], bool],
    ) -> None:
        while queue:
            for way in self.ways[queue.popleft()]:
                if way.target not in found and may_go(way):
                    found[way.target] = way
                    queue.append(way.target)

    def _flow_wide(self) -> Iterator[Way]:
        """A boundary of the flow can take the token from anywhere; the start stands for it."""
        for one in self.graph.boundaries:
            if one.scope is None and one.target in self.graph.nodes:
                yield Way(self.graph.start, None, one.target, one.kind)

    @cached_property
    def flow_wide(self) -> tuple[Way, ...]:
        return tuple(self._flow_wide())


def path_to(node: NodeId, found: Mapping[NodeId, Way | None]) -> tuple[NodeId, ...]:
    """The nodes from the start to `node` as a search found them; empty when it did not."""
    if node not in found:
        return ()
    path = [node]
    way = found[node]
    while way is not None:
        path.append(way.source)
        way = found[way.source]
    return tuple(reversed(path))
