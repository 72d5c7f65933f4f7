"""What surely holds at each node, on every way to it: facts gained and not lost again.

A fact is a bit; the facts of a node are an int. A forward data-flow analysis (Kildall, POPL 1973):
a node knows what all its ways bring, and the work is repeated until nothing changes. Where branches
run at once, a step counts on nothing that another branch may lose, and who leaves a join because
all have come knows what every branch brought.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias, TypeVar

from flow.component import ALL_ARRIVED
from flow.graph import BoundaryKind, NodeId
from flow.verification.parallel import Block
from flow.verification.subject import Subject, Way, path_to

K = TypeVar("K")
_Branch: TypeAlias = tuple[NodeId, str]
"""A split and one of its outcomes."""

CONSENT = "consent:recording"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    target: NodeId
    gained: int
    lost: int
    branches: tuple[_Branch, ...] = ()
    """The branches that come to a join by this way."""
    after_all: bool = False
    """It leaves a join because every branch has come."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Names of facts: `var:<name>`, `need:agent`, `span:recording`, `consent:recording`."""

    subject: Subject
    blocks: Sequence[Block] = ()
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
        for need in self.subject.provides(way.source):
            gained |= self._bit(f"need:{need}")
            gained |= self._bit(CONSENT) if need == "recording" else 0  # its caller has it
        if manifest.span is not None:
            gained |= self._bit(f"span:{manifest.span}") | self._bit(f"need:{manifest.span}")
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
        return self._bit(f"span:{manifest.closes}") | self._bit(f"need:{manifest.closes}")

    @cached_property
    def _initial(self) -> int:
        given = (one for one in self.subject.graph.variables if one.initial is not None)
        return sum(self._bit(f"var:{one.name}") for one in given)

    @cached_property
    def _moves(self) -> Mapping[NodeId, tuple[_Move, ...]]:
        return {
            node: tuple(self._move(way) for way in ways) for node, ways in self.subject.ways.items()
        }

    def _move(self, way: Way) -> _Move:
        leaves_join = any(way.source in one.joins for one in self.blocks)
        return _Move(
            target=way.target,
            gained=self._gained(way),
            lost=self._lost(way) | self._shaken.get(way.target, 0),
            branches=tuple(
                (one.split, branch)
                for one in self.blocks
                if way.target in one.joins and (branch := one.branch_of(way)) is not None
            ),
            after_all=leaves_join and way.outcome is not None and way.outcome.id == ALL_ARRIVED,
        )

    @cached_property
    def _losses(self) -> Mapping[_Branch, int]:
        """What steps of a branch may lose."""
        return {
            (one.split, branch): self._all_lost(core)
            for one in self.blocks
            for branch, core in one.cores.items()
        }

    def _all_lost(self, core: frozenset[NodeId]) -> int:
        lost = 0
        for node in core:
            for way in self.subject.ways[node]:
                lost |= self._lost(way)
        return lost

    def _lost_beside(self, block: Block, branch: str) -> int:
        """What the other branches may lose meanwhile."""
        lost = 0
        for other in block.cores:
            if other != branch:
                lost |= self._losses[block.split, other]
        return lost

    @cached_property
    def _shaken(self) -> Mapping[NodeId, int]:
        """For each step of a branch, what it cannot count on because of the branches beside it."""
        shaken: dict[NodeId, int] = {}
        for block in self.blocks:
            for branch, core in block.cores.items():
                lost = self._lost_beside(block, branch)
                for node in core:
                    shaken[node] = shaken.get(node, 0) | lost
        return shaken

    def _after_all(self, join: NodeId, brought: Mapping[_Branch, int]) -> int | None:
        """What holds once every branch has come; None while one has not been looked at."""
        known: int | None = None
        for block in self.blocks:
            if join not in block.joins:
                continue
            together = 0
            for branch in self._coming[block.split]:
                if (block.split, branch) not in brought:
                    return None
                together |= brought[block.split, branch] & ~self._lost_beside(block, branch)
            known = together if known is None else known & together
        return known

    @cached_property
    def _coming(self) -> Mapping[NodeId, frozenset[str]]:
        """The branches of each split that can come to its join."""
        coming: dict[NodeId, set[str]] = {one.split: set() for one in self.blocks}
        for moves in self._moves.values():
            for split, branch in (one for move in moves for one in move.branches):
                coming[split].add(branch)
        return {split: frozenset(one) for split, one in coming.items()}

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
        self._spread(known, queue)
        return known

    def _spread(self, known: dict[NodeId, int], queue: deque[NodeId]) -> None:
        brought: dict[_Branch, int] = {}
        while queue:
            node = queue.popleft()
            for move in self._moves[node]:
                held = self._after_all(node, brought) if move.after_all else known[node]
                if held is None:
                    continue
                brings = (held | move.gained) & ~move.lost
                changes = [_narrow(brought, one, brings) for one in move.branches]
                if _narrow(known, move.target, brings) or any(changes):
                    queue.append(move.target)


def _narrow(known: dict[K, int], key: K, brings: int) -> bool:
    """Know at `key` only what this brings too; whether that is less than before."""
    before = known.get(key)
    after = brings if before is None else before & brings
    known[key] = after
    return after != before
