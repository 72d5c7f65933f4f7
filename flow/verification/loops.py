"""Every loop must pass a step that counts: else a run could go round for ever.

Strongly connected components by Tarjan (SIAM J. Comput. 1(2), 1972), without recursion, over the
graph from which the counting nodes are taken out. Boundaries are left out: each turn of theirs
needs someone to drop or time to pass, and the interpreter bounds what happens at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from flow.graph import NodeId
from flow.verification.finding import Finding, said
from flow.verification.subject import Subject

_Targets = Mapping[NodeId, tuple[NodeId, ...]]


def check_loops(subject: Subject) -> Iterator[Finding]:
    """CORE-02, one finding for each knot of loops, with a shortest loop as witness."""
    targets = _uncounted(subject)
    for knot in _knots(targets):
        loop = _loop_in(knot, targets)
        if not loop:
            continue
        en = " → ".join(subject.title(node, "en") for node in loop)
        zh = " → ".join(subject.title(node, "zh-Hans") for node in loop)
        message = said(
            f"This loop can go on for ever: {en}. Put a retry counter in it.",
            f"此循环可能无限进行：{zh}。请在其中加入重试计数步骤。",
        )
        yield Finding(rule="CORE-02", message=message, node=loop[0], path=loop)


def _uncounted(subject: Subject) -> _Targets:
    counting = {node for node, one in subject.components.items() if one.manifest.bounded}
    return {
        node: tuple(
            way.target for way in ways if way.outcome is not None and way.target not in counting
        )
        for node, ways in subject.ways.items()
        if node not in counting
    }


def _knots(targets: _Targets) -> list[set[NodeId]]:
    """The strongly connected components, each node in one."""
    search = _Search(targets)
    for root in targets:
        if root not in search.order:
            search.explore(root)
    return search.knots


class _Search:
    """Tarjan's search with its trail kept by hand: flows may be deeper than Python's stack."""

    def __init__(self, targets: _Targets) -> None:
        self.targets = targets
        self.order: dict[NodeId, int] = {}
        self.knots: list[set[NodeId]] = []
        self._low: dict[NodeId, int] = {}
        self._stack: list[NodeId] = []
        self._on_stack: set[NodeId] = set()
        self._trail: list[tuple[NodeId, Iterator[NodeId]]] = []

    def explore(self, root: NodeId) -> None:
        self._enter(root)
        while self._trail:
            node, rest = self._trail[-1]
            following = next(rest, None)
            if following is None:
                self._leave(node)
            elif following not in self.order:
                self._enter(following)
            elif following in self._on_stack:
                self._low[node] = min(self._low[node], self.order[following])

    def _enter(self, node: NodeId) -> None:
        self.order[node] = self._low[node] = len(self.order)
        self._stack.append(node)
        self._on_stack.add(node)
        self._trail.append((node, iter(self.targets[node])))

    def _leave(self, node: NodeId) -> None:
        self._trail.pop()
        if self._trail:
            above = self._trail[-1][0]
            self._low[above] = min(self._low[above], self._low[node])
        if self._low[node] == self.order[node]:
            self.knots.append(self._pop_down_to(node))

    def _pop_down_to(self, node: NodeId) -> set[NodeId]:
        knot: set[NodeId] = set()
        while node not in knot:
            knot.add(self._stack.pop())
        self._on_stack -= knot
        return knot


def _loop_in(knot: set[NodeId], targets: _Targets) -> tuple[NodeId, ...]:
    """A shortest loop through the knot's first node by id; empty when a lone node has none."""
    first = min(knot)
    came_from: dict[NodeId, NodeId] = {}
    queue = deque([first])
    while queue:
        node = queue.popleft()
        for target in targets[node]:
            if target == first:
                return _back(first, node, came_from)
            if target in knot and target not in came_from:
                came_from[target] = node
                queue.append(target)
    return ()


def _back(first: NodeId, last: NodeId, came_from: Mapping[NodeId, NodeId]) -> tuple[NodeId, ...]:
    path = [first, last] if last != first else [first]
    while path[-1] != first:
        path.append(came_from[path[-1]])
    loop = tuple(reversed(path))
    return loop if len(loop) > 1 else (first, first)
