"""What can take a token away from outside: people who drop, time that is up, effects that fail.

Timers are not set where something happens but derived: after each event `watch` compares the timers
that should run now with those that do. So no path can forget to set or cancel one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flow.commands import CancelTimer, SetTimer
from flow.events import Role, Signalled
from flow.graph import Boundary, BoundaryKind, NodeId
from flow.interpreter.bound import BoundGraph
from flow.interpreter.forks import common_branch, forks_left
from flow.interpreter.tokens import finish, interrupt, move_tokens, withdraw
from flow.interpreter.turn import Turn
from flow.records import amend
from flow.state import Arrival, Ending, EndKind, PresenceState, RunState, RunStatus

_SLA = "sla:"
"""Begins the key of a time after which something is late; noted as spent, it takes no token."""
RESUME_WINDOW_S = 90
"""How long a run waits for someone who dropped, unless the flow says otherwise."""
_DROPS: Mapping[BoundaryKind, Role] = {
    BoundaryKind.CUSTOMER_DROP: "customer",
    BoundaryKind.AGENT_DROP: "agent",
}
_CODES: Mapping[BoundaryKind, str] = {
    BoundaryKind.CUSTOMER_DROP: "customer_left",
    BoundaryKind.AGENT_DROP: "agent_left",
    BoundaryKind.TIMEOUT: "timeout",
}
MESSAGES: Mapping[str, Mapping[str, str]] = {
    "customer_left": {
        "en": "You left, so this call has ended.",
        "zh-Hans": "您已离开，本次通话已结束。",
    },
    "customer_left_anew": {
        "en": "You left, so this call has ended. Open your link again to begin anew.",
        "zh-Hans": "您已离开，本次通话已结束。请重新打开链接，从头开始。",
    },
    "agent_left": {
        "en": "The connection to our staff was lost, so this call has ended.",
        "zh-Hans": "与工作人员的连接已中断，本次通话已结束。",
    },
    "timeout": {
        "en": "The time for this call is up.",
        "zh-Hans": "本次通话时间已到。",
    },
    "cancelled": {
        "en": "This call was ended by our staff.",
        "zh-Hans": "本次通话已由工作人员结束。",
    },
    "incident": {
        "en": "A technical problem ended this call. Nothing was done in your name.",
        "zh-Hans": "因技术问题，本次通话已结束，未以您的名义办理任何业务。",
    },
}
"""What the customer reads when the run ended without an end node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    key: str
    due_at_ms: int


def watch(turn: Turn) -> None:
    """Set and cancel boundary timers so that just those run that the state calls for."""
    if turn.state.ending is not None or not turn.has_begun:
        return
    if turn.state.spent_boundaries:
        _forget_spent(turn)
    if turn.bound.groups_of or turn.state.entered:
        _note_groups(turn)
    stands_still = turn.state.status is RunStatus.SUSPENDED
    wanted = {} if stands_still else {one.key: one for one in _wanted(turn)}
    for key in sorted(turn.state.boundary_timers):
        if key not in wanted:
            turn.ask_for_run(CancelTimer(name=key))
            _set_timers(turn, without=key)
    for key, one in wanted.items():
        if key not in turn.state.boundary_timers:
            command = turn.ask_for_run(SetTimer(name=key, due_at_ms=one.due_at_ms))
            _set_timers(turn, without=key, added={key: command})


def act_on(turn: Turn, key: str) -> None:
    """The boundary acts: its tokens are interrupted and go to its target, or the run ends."""
    _set_timers(turn, without=key)
    if key.startswith(_SLA):
        amend(turn.draft, spent_boundaries=tuple(sorted((*turn.state.spent_boundaries, key))))
        return
    kind, scope = _parse(key)
    _note_spent(turn, kind, key)
    boundary = turn.bound.boundaries.get((kind, scope)) if turn.is_open else None
    if boundary is None:
        code = _CODES.get(kind, kind.value)
        anew = "_anew" if code == "customer_left" and turn.bound.drops_are_final else ""
        finish(turn, abort(code, turn.at_ms, said=code + anew))
        return
    _redirect(turn, boundary)


def _note_spent(turn: Turn, kind: BoundaryKind, key: str) -> None:
    """A drop that one node handled is handled: the flow's own boundary must not undo that."""
    acted = {key, _key(kind, None)} if kind in _DROPS else {key}
    spent = tuple(sorted(acted.union(turn.state.spent_boundaries)))
    amend(turn.draft, spent_boundaries=spent)


def act_on_departure(turn: Turn, role: Role) -> None:
    """Someone left for good: what would act later acts now, if nobody else of the role is there."""
    kind = next((one for one, of in _DROPS.items() if of == role), None)
    if kind is None or turn.state.ending is not None or _absent_since(turn, role) is None:
        return
    if turn.state.status is RunStatus.SUSPENDED:
        return  # while it stands still anyone may go; they count as away once it goes on
    for key, _ in tuple(_handlers(turn, kind)):
        if turn.state.ending is None and not _is_spent(turn, key):
            act_on(turn, key)


def is_gone_for_good(turn: Turn, before: PresenceState | None) -> bool:
    """Whether this person cannot come back: they had dropped, and the flow has no way back."""
    return (
        before is not None
        and before.role == "customer"
        and not before.present
        and turn.bound.drops_are_final
        and turn.is_open
    )


def is_late(state: RunState, scope: NodeId | None) -> bool:
    """Whether a node that is active, or the run, has lasted longer than it should."""
    return f"{_SLA}{scope or '*'}" in state.spent_boundaries


def is_any_late(state: RunState) -> bool:
    """Whether the run, or any of its active nodes, has lasted longer than it should."""
    return any(key.startswith(_SLA) for key in state.spent_boundaries)


def act_on_failure(turn: Turn, node: NodeId, *, near: bool = False) -> bool:
    """An effect of `node` failed and its behaviour did not care: whether a boundary took over.

    `near` leaves out the flow's own: whether one of the node or of a group around it did.
    """
    flow_wide = turn.bound.boundaries.get((BoundaryKind.PROVIDER_ERROR, None))
    boundary = turn.bound.nearest(BoundaryKind.PROVIDER_ERROR, node)
    boundary = boundary or (None if near else flow_wide)
    if boundary is None or not turn.is_open:
        return False
    _redirect(turn, boundary)
    return True


def abort(code: str, at_ms: int, *, said: str = "") -> Ending:
    """An ending no node stands for; `said` names its message when that is not the code's."""
    message = MESSAGES.get(said or code, {})
    return Ending(kind=EndKind.ABORT, code=code, node=None, at_ms=at_ms, message=message)


def _redirect(turn: Turn, boundary: Boundary) -> None:
    within = [one for one in turn.tokens() if turn.bound.is_within(one.node, boundary.scope)]
    tokens = within or turn.tokens()
    branch = common_branch(tokens) if boundary.scope else ()
    for activity in tokens:
        interrupt(turn, activity, f"boundary:{boundary.kind.value}")
    for fork in forks_left(tokens, branch):
        withdraw(turn, fork)
    turn.arrivals.append(Arrival(node=boundary.target, branch=branch))
    move_tokens(turn)


def _wanted(turn: Turn) -> Iterator[_Watch]:
    for kind, role in _DROPS.items():
        since = _absent_since(turn, role)
        if since is None:
            continue
        for key, boundary in _handlers(turn, kind):
            yield from _unless_spent(turn, key, _drop_due(turn, boundary, since))
    for name, since in turn.state.facts.items():
        for key, boundary in _handlers(turn, BoundaryKind(name)):
            if boundary is not None:
                yield from _unless_spent(turn, key, _drop_due(turn, boundary, since))
    if turn.bound.timeouts or turn.bound.slas:
        yield from _deadlines(turn)


def _drop_due(turn: Turn, boundary: Boundary | None, since_ms: int) -> int:
    if boundary is None and turn.bound.drops_are_final:
        return since_ms  # nobody can come back: there is nothing to wait for
    if boundary is None:
        return since_ms + 1000 * _setting(turn, "resume_window_s", RESUME_WINDOW_S)
    begun = _begun(turn).get(boundary.scope, 0)
    return max(since_ms, begun) + 1000 * boundary.after_s


def _deadlines(turn: Turn) -> Iterator[_Watch]:
    """Timeouts and what may become late: of the flow, of active nodes, of groups around them.

    None replaces another.
    """
    begun = _begun(turn)
    for scope, since_ms in begun.items():
        after_s = turn.bound.timeouts.get(scope)
        if after_s is not None:
            key = _key(BoundaryKind.TIMEOUT, scope)
            yield from _unless_spent(turn, key, since_ms + 1000 * after_s)
    for scope, since_ms in begun.items():
        after_s = turn.bound.slas.get(scope)
        if after_s is not None and not is_late(turn.state, scope):
            yield _Watch(key=f"{_SLA}{scope or '*'}", due_at_ms=since_ms + 1000 * after_s)


def _unless_spent(turn: Turn, key: str, due_at_ms: int) -> Iterator[_Watch]:
    if not _is_spent(turn, key):
        yield _Watch(key=key, due_at_ms=due_at_ms)


def _is_spent(turn: Turn, key: str) -> bool:
    """A halted run has nothing that could still handle what was handed on: there all count anew."""
    return turn.is_open and key in turn.state.spent_boundaries


def _handlers(turn: Turn, kind: BoundaryKind) -> Iterator[tuple[str, Boundary | None]]:
    """The boundaries in force: those of active nodes, else the flow's, else the default.

    The default is not a sub-flow's to apply: who left for good ends the run at the top.
    """
    near = [turn.bound.nearest(kind, one.node) for one in turn.tokens()]
    found = {_key(kind, one.scope): one for one in near if one is not None}
    if found and turn.is_open:
        yield from found.items()
        return
    boundary = turn.bound.boundaries.get((kind, None)) if turn.is_open else None
    if boundary is not None or not turn.state.root:
        yield _key(kind, None), boundary


def _absent_since(turn: Turn, role: Role) -> int | None:
    """Since when nobody of the role is there; None when someone is, or nobody ever was."""
    people = [one for one in turn.state.people.values() if one.role == role]
    if not people or any(one.present for one in people):
        return None
    return max(one.since_ms + one.paused_ms for one in people)


def _begun(turn: Turn) -> Mapping[NodeId | None, int]:
    """Since when (ms) the run is under way, each node with a token, each group that is watched."""
    begun: dict[NodeId | None, int] = {None: turn.state.started_at_ms + turn.state.paused_ms}
    for one in turn.tokens():
        begun.setdefault(one.node, one.started_at_ms + one.paused_ms)
    begun.update(turn.state.entered.items())
    return begun


def _forget_spent(turn: Turn) -> None:
    """Someone is back, the network is well: the next time, the boundary acts again."""
    well = [kind for kind, role in _DROPS.items() if _absent_since(turn, role) is None]
    if BoundaryKind.WEAK_NETWORK.value not in turn.state.facts:
        well.append(BoundaryKind.WEAK_NETWORK)
    starts = tuple(f"{kind.value}:" for kind in well)
    _forget(turn, lambda key: key.startswith(starts))


def _forget(turn: Turn, is_over: Callable[[str], bool]) -> None:
    """Let the spent boundaries that `is_over` act again."""
    spent = turn.state.spent_boundaries
    left = tuple(key for key in spent if not is_over(key))
    if left != spent:
        amend(turn.draft, spent_boundaries=left)


def _note_groups(turn: Turn) -> None:
    """Since when a token has been in each group that a boundary watches over."""
    around = [turn.bound.groups_of.get(one.node, ()) for one in turn.tokens()]
    before = turn.state.entered
    now = {group: before.get(group, turn.at_ms) for groups in around for group in groups}
    if now == before:
        return
    over = tuple(f":{group}" for group in before.keys() - now.keys())
    _forget(turn, lambda key: key.endswith(over))
    amend(turn.draft, entered=now)


def note_fact(turn: Turn, event: Signalled) -> None:
    """A fact about the run that boundaries watch for."""
    if turn.state.ending is not None or not turn.has_begun:
        return
    if event.name == BoundaryKind.SUPERVISOR.value:
        _step_in(turn)
    elif event.name == BoundaryKind.WEAK_NETWORK.value:
        facts = dict(turn.state.facts)
        if event.data.get("active") is False:
            facts.pop(event.name, None)
        else:
            facts.setdefault(event.name, turn.at_ms)
        if facts != turn.state.facts:
            amend(turn.draft, facts=facts)


def can_step_in(bound: BoundGraph, state: RunState) -> bool:
    """Whether the flow says what is to come when a supervisor steps in now."""
    if state.status is not RunStatus.OPEN:
        return False
    kind = BoundaryKind.SUPERVISOR
    tokens = (one.node for one in state.activities.values() if one.span is None)
    return (kind, None) in bound.boundaries or any(bound.nearest(kind, one) for one in tokens)


def _step_in(turn: Turn) -> None:
    """A supervisor takes over where the flow says what is to come then."""
    for _, boundary in tuple(_handlers(turn, BoundaryKind.SUPERVISOR)):
        if boundary is not None and turn.is_open:
            _redirect(turn, boundary)


def _set_timers(turn: Turn, *, without: str, added: Mapping[str, str] | None = None) -> None:
    timers = {key: one for key, one in turn.state.boundary_timers.items() if key != without}
    amend(turn.draft, boundary_timers={**timers, **(added or {})})


def _setting(turn: Turn, name: str, default: int) -> int:
    value = turn.bound.graph.settings.get(name)
    return value if isinstance(value, int) and value > 0 else default


def _key(kind: BoundaryKind, scope: NodeId | None) -> str:
    return f"{kind.value}:{scope or '*'}"


def _parse(key: str) -> tuple[BoundaryKind, NodeId | None]:
    kind, _, scope = key.partition(":")
    return BoundaryKind(kind), None if scope == "*" else NodeId(scope)
