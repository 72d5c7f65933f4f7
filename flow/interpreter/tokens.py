"""How a token moves: behaviours answer, outcomes carry it on, spans stay, ends end the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flow.commands import CancelTimer, CloseRoom, StopRecording
from flow.component import BranchArrived, Component, Reaction, Signal, StopReason
from flow.errors import EventRefusedError, FlowError, UndeclaredOutputError, UnknownOutcomeError
from flow.graph import JsonValue, Node, NodeId, Polarity, ValueType, Variable
from flow.interpreter.compensation import note_done, status_after, undo_next
from flow.interpreter.forks import close_fork, note_arrival, open_fork, waiting_at_join
from flow.interpreter.turn import Turn
from flow.records import amend, replace
from flow.state import ActivityState, Arrival, Ending, EndKind, RunStatus

MAX_HOPS = 1_000
"""Nodes one advance may pass; more is a loop that waits for nobody."""
MAX_TOKENS = 256
"""Activities open at once in one run: what each advance copies is bounded by this."""


def move_tokens(turn: Turn) -> None:
    """Let every arriving token go on until it waits, ends or the run halts."""
    for _ in range(MAX_HOPS):
        if not turn.arrivals or not turn.is_open:
            return
        _arrive(turn, turn.arrivals.popleft())
    if turn.arrivals and turn.is_open:
        cause = f"passed {MAX_HOPS} nodes at once without waiting"
        turn.stop_with_incident(turn.arrivals.popleft(), "unbounded", cause)


def tell(turn: Turn, activity: ActivityState, signal: Signal) -> Reaction | None:
    """Let the activity react and apply its answer; None when that halted the run.

    Raises EventRefusedError when the behaviour refuses what a person did.
    """
    behaviour = turn.bound.components[activity.node].behaviour
    shown = turn.shown_to_behaviour(activity)
    reaction = _asked(turn, activity, lambda: behaviour.react(shown, signal))
    if reaction is not None:
        _apply(turn, activity, reaction)
    return reaction if turn.is_open else None


def interrupt(turn: Turn, activity: ActivityState, cause: str) -> None:
    """Take the token away from the activity; its node counts as left by `cause`."""
    turn.drop(activity.id)
    turn.note_passed(activity.node, cause)
    cancel_boundaries(turn, scope=activity.node)
    _stop(turn, activity, "interrupted")


def withdraw(turn: Turn, fork: str) -> None:
    """Take away every token of the fork that is still under way, and forget it."""
    for activity in close_fork(turn, fork):
        interrupt(turn, activity, "joined")


def finish(turn: Turn, ending: Ending) -> None:
    """End the run: stop what is active, ask to end what is recorded, close the room."""
    turn.arrivals.clear()
    turn.change_status(status_after(turn, ending))
    if turn.state.status is RunStatus.CLOSED:
        amend(turn.draft, done=())
    active = tuple(turn.state.activities.values())
    amend(turn.draft, ending=ending, activities={})
    for activity in active:
        if activity.span is None:
            turn.note_passed(activity.node, "run_ended")
        _stop(turn, activity, "run_ended")
    for recording in tuple(turn.state.recordings.values()):
        if recording.ended_at_ms is None and not turn.state.recordings[recording.id].stopping:
            turn.ask_for_run(StopRecording(recording=recording.id))
    amend(turn.draft, arrivals=(), deferred=(), early=(), forks={}, facts={}, entered={})
    amend(turn.draft, suspended_at_ms=None, fired={}, postponed={})
    if turn.state.room is not None and not turn.state.root:  # a sub-flow is a guest there
        turn.ask_for_run(CloseRoom())
    for key in sorted(turn.state.boundary_timers):
        turn.ask_for_run(CancelTimer(name=key))
    amend(turn.draft, boundary_timers={}, spent_boundaries=())
    undo_next(turn)


def cancel_boundaries(turn: Turn, *, scope: str) -> None:
    """Let the boundaries of the scope begin anew: the visit they belonged to is over."""
    if not turn.state.boundary_timers and not turn.state.spent_boundaries:
        return
    ending = f":{scope}"
    running = sorted(key for key in turn.state.boundary_timers if key.endswith(ending))
    for key in running:
        turn.ask_for_run(CancelTimer(name=key))
    timers = {k: one for k, one in turn.state.boundary_timers.items() if k not in running}
    spent = tuple(key for key in turn.state.spent_boundaries if not key.endswith(ending))
    amend(turn.draft, boundary_timers=timers, spent_boundaries=spent)


def _arrive(turn: Turn, arrival: Arrival) -> None:
    if turn.bound.components[arrival.node].manifest.joins:
        _arrive_at_join(turn, arrival)
    elif len(turn.state.activities) >= MAX_TOKENS:
        turn.stop_with_incident(arrival, "too_many_tokens", f"more than {MAX_TOKENS} activities")
    else:
        _begin(turn, turn.new_activity(arrival.node, arrival.branch))


def _arrive_at_join(turn: Turn, arrival: Arrival) -> None:
    noted = note_arrival(turn, arrival.branch)
    if noted is None:
        cause = f"a token that was never split came to the join {arrival.node!r}"
        turn.stop_with_incident(arrival, "join_without_split", cause)
        return
    name, fork = noted
    if waiting_at_join(turn, name) is None:
        _begin(turn, turn.new_activity(arrival.node, fork.branch, name))
    waiting = waiting_at_join(turn, name)
    if waiting is not None and turn.is_open:
        missing = tuple(one for one in fork.branches if one not in fork.arrived)
        tell(turn, waiting, BranchArrived(arrived=fork.arrived, missing=missing))


def _begin(turn: Turn, activity: ActivityState) -> None:
    component = turn.bound.components[activity.node]
    shown = turn.shown_to_behaviour(activity)
    reaction = _asked(turn, activity, lambda: component.behaviour.start(shown))
    if reaction is None:
        return
    if component.manifest.end:
        _end(turn, activity, reaction)
        return
    _apply(turn, activity, reaction)


def _end(turn: Turn, activity: ActivityState, reaction: Reaction) -> None:
    node = turn.bound.graph.nodes[activity.node]
    if _write(turn, activity, reaction):
        turn.note_passed(node.id, "")
        turn.ask_for(activity, reaction.requests)
        finish(turn, _ending_of(node, turn.at_ms))


def _ending_of(node: Node, at_ms: int) -> Ending:
    """`end.success` is a success and so on; texts are the node's settings."""
    code = node.config.get("code") or node.config.get("reason_code")
    kind = EndKind(node.component.rpartition(".")[2])
    return Ending(
        kind=kind,
        code=code if isinstance(code, str) else kind.value,
        node=node.id,
        at_ms=at_ms,
        message=_local_text(node.config.get("message")),
        next_step=_local_text(node.config.get("next_step")),
    )


def _local_text(value: JsonValue) -> Mapping[str, str]:
    if isinstance(value, str):
        return {"en": value} if value else {}
    if not isinstance(value, dict):
        return {}
    return {tag: text for tag, text in value.items() if isinstance(text, str)}


def _asked(
    turn: Turn, activity: ActivityState, question: Callable[[], Reaction]
) -> Reaction | None:
    """The behaviour's answer; None when its failure halted the run."""
    try:
        return question()
    except EventRefusedError:
        raise
    except FlowError as error:
        turn.stop_with_incident(activity, error.code, str(error))
    except Exception as error:  # a component's bug must not stop the log of the run
        if not turn.trusts_input:
            raise
        cause = f"{type(error).__name__}: {error}"
        turn.stop_with_incident(activity, "component_failed", cause)
    return None


def _apply(turn: Turn, activity: ActivityState, reaction: Reaction) -> None:
    """Take over an answer whole, or halt the run and take over nothing of it."""
    onward: list[Arrival] = []
    if reaction.outcome is not None and activity.span is None:
        onward = _onward(turn, activity, reaction.outcome)
        if not onward:
            return
    if not _write(turn, activity, reaction):
        return
    if reaction.data is not None:
        activity = replace(activity, data=reaction.data)
    activity = turn.ask_for(activity, reaction.requests)
    if reaction.outcome is None:
        turn.keep(activity)
    elif not onward:
        turn.drop(activity.id)  # a span that ends by itself
    else:
        _leave(turn, activity, reaction.outcome)
        turn.arrivals.extend(onward)


def _onward(turn: Turn, activity: ActivityState, outcome: str) -> list[Arrival]:
    """Where the token goes, or its parts when it is split; none when that halted the run."""
    target = _target(turn, activity, outcome)
    if target is None:
        return []
    if not turn.bound.components[activity.node].manifest.splits:
        return [Arrival(node=target, branch=activity.branch)]
    parts: list[Arrival] = []
    for one in turn.bound.outcomes(activity.node):
        target = _target(turn, activity, one)
        if target is None:
            return []
        parts.append(Arrival(node=target, branch=(*activity.branch, f"{activity.id}/{one}")))
    if len(turn.state.activities) + len(turn.arrivals) + len(parts) > MAX_TOKENS:
        turn.stop_with_incident(activity, "too_many_tokens", f"more than {MAX_TOKENS} tokens")
        return []
    return parts


def _target(turn: Turn, activity: ActivityState, outcome: str) -> NodeId | None:
    node = activity.node
    known = turn.bound.outcomes(node)
    if outcome not in known:
        error = UnknownOutcomeError(node=node, outcome=outcome, known=known)
        turn.stop_with_incident(activity, error.code, str(error))
        return None
    target = turn.bound.graph.targets.get((node, outcome))
    if target is None:
        cause = f"outcome {outcome!r} of node {node!r} leads nowhere"
        turn.stop_with_incident(activity, "unwired_outcome", cause)
    return target


def _leave(turn: Turn, activity: ActivityState, outcome: str) -> None:
    manifest = turn.bound.components[activity.node].manifest
    polarity = turn.bound.outcomes(activity.node)[outcome].polarity
    turn.drop(activity.id)
    if manifest.span is not None and polarity is Polarity.POSITIVE:
        turn.keep(replace(activity, span=manifest.span, branch=(), collects=None))
    if manifest.splits:
        outcomes = tuple(turn.bound.outcomes(activity.node))
        open_fork(turn, activity, outcomes)
        outcome = "+".join(outcomes)
    turn.note_passed(activity.node, outcome)
    note_done(turn, activity, polarity)
    cancel_boundaries(turn, scope=activity.node)
    if activity.collects is not None:
        withdraw(turn, activity.collects)
    if manifest.closes is not None:
        _close_spans(turn, manifest.closes)


def _close_spans(turn: Turn, name: str) -> None:
    for activity in tuple(turn.state.activities.values()):
        if activity.span == name:
            turn.drop(activity.id)
            _stop(turn, activity, "closed")


def _stop(turn: Turn, activity: ActivityState, reason: StopReason) -> None:
    """Let an activity that is already taken out say what must be cleared up."""
    component: Component = turn.bound.components[activity.node]
    shown = turn.shown_to_behaviour(activity)
    before, turn.is_tidying = turn.is_tidying, True
    reaction = _asked(turn, activity, lambda: component.behaviour.stop(shown, reason))
    if reaction is not None and _write(turn, activity, reaction):
        turn.ask_for(activity, reaction.requests)
    turn.is_tidying = before


def _write(turn: Turn, activity: ActivityState, reaction: Reaction) -> bool:
    """Set the variables the answer brings; False when one is not declared and the run halted."""
    declared = turn.bound.outputs(activity.node)
    for name in reaction.outputs:
        if name not in declared:
            error = UndeclaredOutputError(node=activity.node, output=name, known=declared)
            turn.stop_with_incident(activity, error.code, str(error))
            return False
    if reaction.outputs:
        told = reaction.outputs.items()
        turn.set_variables({name: _typed(declared[name], value) for name, value in told})
    return True


def _typed(variable: Variable, value: JsonValue) -> JsonValue:
    """A whole number given for a `number` becomes one with decimals, as expressions expect."""
    if variable.type is ValueType.NUMBER and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
