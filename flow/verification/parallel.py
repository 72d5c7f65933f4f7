"""Branches that run at once: each by itself, met by one join, and nobody steps in from outside.

The steps of a branch are found forwards from the split, counting inner splits up and inner joins
down; those from which the join can still be reached are its core. Steps that only lead to an end
belong to no branch: an end ends the whole run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flow.graph import NodeId
from flow.verification.finding import Finding, said
from flow.verification.subject import Subject, Way, path_to


@dataclass(frozen=True, kw_only=True)
class Block:
    """A split, the steps of its branches by outcome, and the joins they come to."""

    split: NodeId
    joins: tuple[NodeId, ...]
    cores: Mapping[str, frozenset[NodeId]]
    uneven: tuple[NodeId, ...]
    """Steps that are reached at different depths of splitting."""

    def branch_of(self, way: Way) -> str | None:
        """The branch whose token takes the way: out of the split, or from step to step."""
        if way.source == self.split:
            return way.outcome.id if way.outcome is not None else None
        return next((key for key, core in self.cores.items() if way.source in core), None)


def blocks(subject: Subject) -> tuple[Block, ...]:
    """One for each split a token can get to."""
    return tuple(
        _block(subject, node)
        for node, one in subject.components.items()
        if one.manifest.splits and node in subject.reached
    )


def check_parallel(subject: Subject, found: Sequence[Block]) -> Iterator[Finding]:
    """FLOW-14."""
    for block in found:
        yield from _uneven(subject, block)
        yield from _meeting(subject, block)
        yield from _shared(subject, block)
        yield from _jumps(subject, block)
    yield from _unsplit(subject, found)


@dataclass
class _Walk:
    """The steps of one branch as they are found."""

    depth: dict[NodeId, int] = field(default_factory=dict)
    before: dict[NodeId, set[NodeId]] = field(default_factory=dict)
    joins: set[NodeId] = field(default_factory=set)
    uneven: set[NodeId] = field(default_factory=set)


def _block(subject: Subject, split: NodeId) -> Block:
    walks = {
        way.outcome.id: _walk(subject, way.target)
        for way in subject.ways[split]
        if way.outcome is not None
    }
    return Block(
        split=split,
        joins=tuple(sorted({join for one in walks.values() for join in one.joins})),
        cores={key: _core(one) for key, one in walks.items()},
        uneven=tuple(sorted({node for one in walks.values() for node in one.uneven})),
    )


def _walk(subject: Subject, first: NodeId) -> _Walk:
    walk = _Walk(depth={first: 0}, before={first: set()})
    queue = deque([first])
    while queue:
        node = queue.popleft()
        if _joins(subject, node) and walk.depth[node] == 0:
            walk.joins.add(node)
            continue
        for way in subject.ways[node]:
            depth = walk.depth[node] + _step(subject, way)
            if way.target not in walk.depth:
                walk.depth[way.target] = depth
                walk.before[way.target] = set()
                queue.append(way.target)
            elif walk.depth[way.target] != depth and not _is_end(subject, way.target):
                walk.uneven.add(way.target)
            walk.before[way.target].add(node)
    return walk


def _step(subject: Subject, way: Way) -> int:
    """How much deeper than its source the token is after this way."""
    if _joins(subject, way.source):
        return -1
    return 1 if way.outcome is not None and _splits(subject, way.source) else 0


def _core(walk: _Walk) -> frozenset[NodeId]:
    core: set[NodeId] = set()
    stack = list(walk.joins)
    while stack:
        for node in walk.before[stack.pop()]:
            if node not in core and node not in walk.joins:
                core.add(node)
                stack.append(node)
    return frozenset(core)


def _splits(subject: Subject, node: NodeId) -> bool:
    manifest = subject.manifest(node)
    return manifest is not None and manifest.splits


def _joins(subject: Subject, node: NodeId) -> bool:
    manifest = subject.manifest(node)
    return manifest is not None and manifest.joins


def _is_end(subject: Subject, node: NodeId) -> bool:
    """An end takes a token from any depth."""
    manifest = subject.manifest(node)
    return manifest is not None and manifest.end


def _uneven(subject: Subject, block: Block) -> Iterator[Finding]:
    shared = {node for core in block.cores.values() for node in core}
    for node in block.uneven:
        if node in shared or node in block.joins:
            message = said(
                f"“{subject.title(node, 'en')}” lies inside a branch and outside it at once.",
                f"“{subject.title(node, 'zh-Hans')}”同时位于并行分支之内和之外。",
            )
            yield _finding(subject, node, message["en"], message["zh-Hans"])


def _meeting(subject: Subject, block: Block) -> Iterator[Finding]:
    if len(block.joins) > 1:
        yield _finding(
            subject,
            block.split,
            f"The branches of “{subject.title(block.split, 'en')}” meet at different joins.",
            f"“{subject.title(block.split, 'zh-Hans')}”的分支在不同的汇合点结束。",
        )


def _shared(subject: Subject, block: Block) -> Iterator[Finding]:
    seen: set[NodeId] = set()
    for core in block.cores.values():
        for node in sorted(core & seen):
            yield _finding(
                subject,
                node,
                f"“{subject.title(node, 'en')}” is in two branches that run at once.",
                f"“{subject.title(node, 'zh-Hans')}”同时属于两个并行分支。",
            )
        seen |= core


def _jumps(subject: Subject, block: Block) -> Iterator[Finding]:
    """Ways into a branch that do not begin at its split."""
    for key, core in block.cores.items():
        for way in _ways_into(subject, core):
            inside = way.source in core or (
                way.source == block.split and block.branch_of(way) == key
            )
            if way in subject.flow_wide or not inside:
                yield _finding(
                    subject,
                    way.target,
                    f"“{subject.title(way.target, 'en')}” is in a branch that runs beside others, "
                    f"but “{subject.title(way.source, 'en')}” leads into it from outside.",
                    f"“{subject.title(way.target, 'zh-Hans')}”位于并行分支内，"
                    f"但“{subject.title(way.source, 'zh-Hans')}”从分支外指向它。",
                )


def _ways_into(subject: Subject, nodes: frozenset[NodeId]) -> Iterator[Way]:
    if not nodes:
        return
    for source in subject.reached:
        yield from (way for way in subject.ways[source] if way.target in nodes)
    yield from (way for way in subject.flow_wide if way.target in nodes)


def _unsplit(subject: Subject, found: Sequence[Block]) -> Iterator[Finding]:
    """Joins that a token can come to without having been split."""
    for node in subject.reached:
        if not _joins(subject, node):
            continue
        of = [one for one in found if node in one.joins]
        ways = list(_ways_into(subject, frozenset({node})))
        strays = [
            way
            for way in ways
            if way in subject.flow_wide or all(one.branch_of(way) is None for one in of)
        ]
        if strays or node == subject.graph.start:
            yield _finding(
                subject,
                node,
                f"“{subject.title(node, 'en')}” waits for branches, but a way leads to it on which "
                "nothing was split.",
                f"“{subject.title(node, 'zh-Hans')}”等待并行分支，但有一条路径未经拆分即到达。",
            )


def _finding(subject: Subject, node: NodeId, en: str, zh: str) -> Finding:
    return Finding(
        rule="FLOW-14", message=said(en, zh), node=node, path=path_to(node, subject.reached)
    )
