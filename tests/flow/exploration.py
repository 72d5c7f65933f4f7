"""Every marking that a small drawn flow can come to, said twice: by the interpreter, and by a model
that knows only tokens, splits and joins. Wherever the two part, one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flow.errors import EventRefusedError
from flow.events import Event, TimerFired
from flow.graph import NodeId
from flow.interpreter.advance import advance
from flow.interpreter.bound import BoundGraph
from flow.state import ActivityState, RunState, RunStatus
from tests.builders import acted, started

Path = tuple[tuple[str, str], ...]
"""Around a token: (split, outcome) for each branch it is in, outermost first."""


@dataclass(frozen=True)
class Marking:
    """Where tokens wait, which branches have come to their join; nothing once the run is over."""

    tokens: frozenset[tuple[str, Path]] = frozenset()
    joins: frozenset[tuple[str, Path, frozenset[str]]] = frozenset()
    forks: frozenset[tuple[str, Path]] = frozenset()
    """Splits whose branches are under way, with the path around them."""
    closed: bool = False

    @property
    def nodes(self) -> list[str]:
        return sorted([*(node for node, _ in self.tokens), *(node for node, _, _ in self.joins)])

    def joined(self, split: str, around: Path) -> Marking:
        """The split is over: nothing is left in any of its branches, nor at its join."""

        def inside(path: Path) -> bool:
            rest = path[len(around) :]
            return path[: len(around)] == around and rest != () and rest[0][0] == split

        joins = {one for one in self.joins if inside(one[1]) or one[:2] == (join_of(split), around)}
        return replace(
            self,
            tokens=frozenset(one for one in self.tokens if not inside(one[1])),
            joins=self.joins - joins,
            forks=frozenset(one for one in self.forks - {(split, around)} if not inside(one[1])),
        )


def join_of(split: str) -> str:
    return split.replace("split", "join", 1)


class Model:
    """What tokens do, in as few words as possible."""

    def __init__(self, flow: BoundGraph) -> None:
        self._flow = flow

    def begin(self) -> Marking:
        return self._enter(Marking(), "enter", ())

    def options(self, marking: Marking) -> Iterator[tuple[str, str, Marking]]:
        """(node, outcome, marking after it) for everything that can happen next."""
        for node, path in sorted(marking.tokens):
            rest = replace(marking, tokens=marking.tokens - {(node, path)})
            for outcome in ("ok", "fail"):
                yield node, outcome, self._leave(rest, node, outcome, path)
        for node, path, _ in sorted(marking.joins, key=repr):
            rest = marking.joined(node.replace("join", "split", 1), path)
            yield node, "timeout", self._leave(rest, node, "timeout", path)

    def _leave(self, marking: Marking, node: str, outcome: str, path: Path) -> Marking:
        if marking.closed:
            return marking
        return self._enter(marking, self._flow.graph.targets[NodeId(node), outcome], path)

    def _enter(self, marking: Marking, node: str, path: Path) -> Marking:
        manifest = self._flow.components[NodeId(node)].manifest
        if manifest.end:
            return Marking(closed=True)
        if manifest.splits:
            marking = replace(marking, forks=marking.forks | {(node, path)})
            for outcome in manifest.outcomes:
                if (node, path) not in marking.forks:
                    break  # an earlier branch came to an `any` join, or to an end, at once
                marking = self._leave(marking, node, outcome.id, (*path, (node, outcome.id)))
            return marking
        if manifest.joins:
            return self._arrive(marking, node, path)
        if manifest.key in {"entry.test", "test.pass", "test.open"}:
            return self._leave(marking, node, "ok", path)
        return replace(marking, tokens=marking.tokens | {(node, path)})

    def _arrive(self, marking: Marking, join: str, path: Path) -> Marking:
        around, (split, outcome) = path[:-1], path[-1]
        before = next(
            (one for one in marking.joins if one[:2] == (join, around)), (join, around, frozenset())
        )
        arrived = before[2] | {outcome}
        rest = replace(marking, joins=marking.joins - {before})
        branches = {one.id for one in self._flow.components[NodeId(split)].manifest.outcomes}
        mode = self._flow.components[NodeId(join)].manifest.key.removeprefix("join.")
        if mode == "any" or arrived == branches:
            return self._leave(rest.joined(split, around), join, mode, around)
        return replace(rest, joins=rest.joins | {(join, around, arrived)})


def explore(flow: BoundGraph, *, limit: int) -> int:
    """Walk every marking with both, at most `limit`; how many were met. A difference asserts."""
    model, first = Model(flow), started(flow).state
    seen, waiting = set[Marking](), [(model.begin(), first)]
    while waiting and len(seen) < limit:
        marking, state = waiting.pop()
        if marking in seen:
            continue
        seen.add(marking)
        assert nodes_of(state) == marking.nodes, f"{marking} against {state}"
        assert (state.status is RunStatus.CLOSED) == marking.closed
        for node, outcome, after in model.options(marking):
            event = event_for(state, node, outcome)
            now = advance(flow, state, event).state
            assert_told_twice(flow, now, event)
            waiting.append((after, now))
    return len(seen)


def nodes_of(state: RunState) -> list[str]:
    return sorted(one.node for one in state.activities.values() if one.span is None)


def event_for(state: RunState, node: str, outcome: str) -> Event:
    activity = _activity_at(state, node)
    if outcome == "timeout":
        return TimerFired(at_ms=70_000, key=activity.timers["limit"])
    return acted(activity.id, outcome)


def assert_told_twice(flow: BoundGraph, state: RunState, event: Event) -> None:
    try:
        again = advance(flow, state, event).state
    except EventRefusedError:
        return
    assert again is state


def _activity_at(state: RunState, node: str) -> ActivityState:
    return next(one for one in state.activities.values() if one.node == node and one.span is None)
