"""What surely holds at each node, on every way to it: facts gained and not lost again.

A fact is a bit; the facts of a node are an int. A forward data-flow analysis (Kildall, POPL 1973):
a node knows what all its ways bring, and the work is repeated until nothing changes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flow.graph import BoundaryKind, NodeId
from flow.verification.subject import Subject, Way, path_to

CONSENT = "consent:recording"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Names of facts: `var:<name>`, `need:agent`, `span:recording`, `consent:recording`."""

    subject: Subject
    _bits: dict[str, int] = field(default_factory=dict)

    def hold(self, node: NodeId, fact: str) -> bool:
        """Whether the fact holds on every way to the node; true for one that is never reached."""
        known = self._arriving.get(node)  # first: it is what numbers the facts
        bit = self._bits.get(fact)
        return known is None or (bit is not None and known & bit != 0)

    def way_without(self, node: NodeId, fact: str) -> tuple[NodeId, ...]:
        """A shortest way to the node on which the fact is not gained, or is lost again."""
        bit = self._bit(fact)
        found = self.subject.search(lambda way: not self._gained(way) & bit)
        lost = path_to(node, found)
        return lost or path_to(node, self.subject.reached)

    def _bit(self, fact: str) -> int:
        return self._bits.setdefault(fact, 1 << len(self._bits))

    def _gained(self, way: Way) -> int:
        outcome = way.outcome
        if outcome is None:
            return 0
        gained = 0
        for name, one in self.subject.outputs(way.source).items():
            if not one.outcomes or outcome.id in one.outcomes:
                gained |= self._bit(f"var:{name}")
        manifest = self.subject.manifest(way.source)
        if manifest is None or not way.is_good:
            return gained
        for need in manifest.provides:
            gained |= self._bit(f"need:{need}")
        if manifest.span is not None:
            gained |= self._bit(f"span:{manifest.span}")
        if self._is_consent(way.source):
            gained |= self._bit(CONSENT)
        return gained

    def _is_consent(self, node: NodeId) -> bool:
        return self.subject.graph.nodes[node].component == "consent.ask" and (
            self.subject.graph.nodes[node].config.get("kind") == "recording"
        )

    def _lost(self, way: Way) -> int:
        if way.boundary is BoundaryKind.AGENT_DROP:
            return self._bit("need:agent")
        manifest = self.subject.manifest(way.source)
        if way.outcome is None or manifest is None or manifest.closes is None:
            return 0
        return self._bit(f"span:{manifest.closes}")

    @cached_property
    def _initial(self) -> int:
        given = (one for one in self.subject.graph.variables if one.initial is not None)
        return sum(self._bit(f"var:{one.name}") for one in given)

    @cached_property
    def _moves(self) -> Mapping[NodeId, tuple[tuple[NodeId, int, int], ...]]:
        """From each node: target, facts gained, facts lost."""
        return {
            node: tuple((way.target, self._gained(way), self._lost(way)) for way in ways)
            for node, ways in self.subject.ways.items()
        }

    @cached_property
    def _arriving(self) -> Mapping[NodeId, int]:
        start = self.subject.graph.start
        if start not in self.subject.graph.nodes:
            return {}
        known: dict[NodeId, int] = {start: self._initial}
        queue = deque([start])
        for way in self.subject.flow_wide:  # it can come before anything was gained
            known[way.target] = self._initial if way.target != start else known[start]
            queue.append(way.target)
        while queue:
            node = queue.popleft()
            for target, gained, lost in self._moves[node]:
                brings = (known[node] | gained) & ~lost
                before = known.get(target)
                after = brings if before is None else before & brings
                if after != before:
                    known[target] = after
                    queue.append(target)
        return known
