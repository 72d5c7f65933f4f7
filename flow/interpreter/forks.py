"""Splits and joins as state: which branches of which fork are under way, and who belongs to them.

A token knows its place by `branch`, one entry for each split around it. So a join needs no list of
tokens, and whatever takes tokens away finds all of a fork, however deep they have split again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flow.interpreter.turn import Turn
from flow.records import amend, replace
from flow.state import ActivityState, ForkState

Branch = tuple[str, ...]


def open_fork(turn: Turn, activity: ActivityState, outcomes: tuple[str, ...]) -> None:
    """From now on a join can take the branches together."""
    fork = ForkState(branches=outcomes, branch=activity.branch)
    amend(turn.draft, forks={**turn.state.forks, activity.id: fork})


def note_arrival(turn: Turn, branch: Branch) -> tuple[str, ForkState] | None:
    """The innermost fork of the token with its arrival noted; None for a token never split."""
    if not branch:
        return None
    name, _, outcome = branch[-1].rpartition("/")
    fork = turn.state.forks.get(name)
    if fork is None:
        return None
    if outcome not in fork.arrived:
        fork = replace(fork, arrived=(*fork.arrived, outcome))
        amend(turn.draft, forks={**turn.state.forks, name: fork})
    return name, fork


def close_fork(turn: Turn, name: str) -> tuple[ActivityState, ...]:
    """Forget the fork and those within it; gives the activities whose tokens are now nobody's."""
    left = {
        key: one
        for key, one in turn.state.forks.items()
        if key != name and not _within(one.branch, name)
    }
    amend(turn.draft, forks=left)
    arrivals = [one for one in turn.arrivals if not _within(one.branch, name)]
    turn.arrivals.clear()
    turn.arrivals.extend(arrivals)
    return tuple(one for one in turn.tokens() if _within(one.branch, name))


def common_branch(tokens: Iterable[ActivityState]) -> Branch:
    """Where one token stands that takes the place of all these."""
    shared: list[str] = []
    for entries in zip(*(one.branch for one in tokens), strict=False):
        if len(set(entries)) > 1:
            break
        shared.append(entries[0])
    return tuple(shared)


def forks_left(tokens: Iterable[ActivityState], branch: Branch) -> Iterator[str]:
    """The forks these tokens leave when one token goes on in `branch` instead, each once."""
    seen: dict[str, None] = {}
    for one in tokens:
        for entry in one.branch[len(branch) :]:
            seen[entry.rpartition("/")[0]] = None
        if one.collects is not None:
            seen[one.collects] = None
    yield from seen


def waiting_at_join(turn: Turn, name: str) -> ActivityState | None:
    """The join's activity that collects the fork, once its first branch has come."""
    return next((one for one in turn.tokens() if one.collects == name), None)


def _within(branch: Branch, name: str) -> bool:
    return any(entry.rpartition("/")[0] == name for entry in branch)
