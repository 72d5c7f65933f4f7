"""People who drop, limits of time, effects that fail: what takes a token away from outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flow.commands import CancelTimer, Command, Dequeue, Enqueue, GrabFrame, SetTimer
from flow.component import Activity, Reaction, Signal
from flow.events import CommandFailed, RunCancelled, TimerFired
from flow.graph import Boundary, BoundaryKind, NodeId
from flow.interpreter.advance import advance
from flow.interpreter.bound import BoundGraph
from flow.state import EndKind, RunState, RunStatus
from tests.builders import Parts, acted, at, bound, joined, left, linear, outcome_of, run, started
from tests.flow.parts import Scripted, component, ends, enters, opens_span, waits

REFUSED = NodeId("refused")


def boundary(
    kind: BoundaryKind, target: str, scope: str | None = None, after_s: int = 0
) -> Boundary:
    return Boundary(
        kind=kind, target=NodeId(target), scope=NodeId(scope) if scope else None, after_s=after_s
    )


def timers(commands: tuple[Command, ...]) -> dict[str, int]:
    """Name and time of each timer asked for."""
    return {
        one.request.name: one.request.due_at_ms
        for one in commands
        if isinstance(one.request, SetTimer)
    }


def fired(state: RunState, name: str, at_ms: int = 99_000) -> TimerFired:
    return TimerFired(at_ms=at_ms, key=state.boundary_timers[name])


def test_a_run_waits_for_a_lost_customer_and_then_ends() -> None:
    flow = linear(waits())
    step = started(flow, joined(), left(at_ms=3_000))

    end = advance(flow, step.state, fired(step.state, "customer_drop:*")).state.ending

    assert timers(step.commands) == {"customer_drop:*": 93_000}
    assert end is not None
    assert (end.kind, end.code, end.node) == (EndKind.ABORT, "customer_left", None)
    assert set(end.message) == {"en", "zh-Hans"}


def test_the_window_is_a_setting_of_the_flow() -> None:
    step = started(linear(waits(), settings={"resume_window_s": 30}), joined(), left(at_ms=3_000))

    assert timers(step.commands) == {"customer_drop:*": 33_000}


def test_coming_back_in_time_leaves_everything_as_it_was() -> None:
    flow = linear(waits())
    away = started(flow, joined(), left())

    back = advance(flow, away.state, joined(at_ms=4_000))
    late = advance(flow, back.state, fired(away.state, "customer_drop:*"))

    assert [type(one.request) for one in back.commands] == [CancelTimer]
    assert at(back.state) == ["n1"]
    assert late.state is back.state


def test_a_deliberate_leave_ends_at_once() -> None:
    step = started(linear(waits()), joined(), left(deliberate=True))

    assert step.state.ending is not None
    assert step.state.ending.code == "customer_left"


def test_a_lost_customer_who_then_leaves_for_good_ends_at_once() -> None:
    step = started(linear(waits()), joined(), left(), left(at_ms=3_500, deliberate=True))

    assert step.state.ending is not None


def test_an_agent_who_leaves_ends_the_run_with_a_code_of_its_own() -> None:
    step = started(
        linear(waits()),
        joined(),
        joined("bo", "agent"),
        left("bo", "agent", deliberate=True),
    )

    assert step.state.ending is not None
    assert step.state.ending.code == "agent_left"


def test_while_another_of_the_role_is_there_nobody_is_missed() -> None:
    step = started(
        linear(waits()),
        joined("bo", "agent"),
        joined("cy", "agent"),
        left("bo", "agent", deliberate=True),
    )

    assert at(step.state) == ["n1"]
    assert step.commands == ()


def test_who_never_came_is_not_missed() -> None:
    step = started(linear(waits()), joined())

    assert step.commands == ()


@pytest.fixture
def guarded() -> BoundGraph:
    """n1 and n2 with a drop handler of the flow (60 s) and one of n1 (5 s)."""
    parts: Parts = {
        "enter": enters(),
        "n1": waits(),
        "n2": waits(),
        "near": waits(),
        "far": waits(),
        "done": ends(),
    }
    edges = ["enter ok n1", "n1 ok n2", "n2 ok done"]
    edges += [f"{one} {how} done" for one in ("near", "far") for how in ("ok", "fail")]
    drops = (
        boundary(BoundaryKind.CUSTOMER_DROP, "far", after_s=60),
        boundary(BoundaryKind.CUSTOMER_DROP, "near", "n1", after_s=5),
    )
    return bound(parts, edges, boundaries=drops)


def test_the_nodes_handler_beats_the_flows(guarded: BoundGraph) -> None:
    step = started(guarded, joined(), left(at_ms=3_000))

    after = advance(guarded, step.state, fired(step.state, "customer_drop:n1"))

    assert timers(step.commands) == {"customer_drop:n1": 8_000}
    assert at(after.state) == ["near"]
    assert outcome_of(after.state, "n1") == "boundary:customer_drop"


def test_the_flows_handler_covers_other_nodes(guarded: BoundGraph) -> None:
    step = started(guarded, joined(), acted("n1.1", "ok"), left(at_ms=3_000))

    after = advance(guarded, step.state, fired(step.state, "customer_drop:*"))

    assert timers(step.commands) == {"customer_drop:*": 63_000}
    assert at(after.state) == ["far"]


def test_a_handler_acts_once_while_its_cause_lasts(guarded: BoundGraph) -> None:
    step = started(guarded, joined(), acted("n1.1", "ok"), left(at_ms=3_000))

    after = advance(guarded, step.state, fired(step.state, "customer_drop:*"))

    assert after.commands == ()
    assert after.state.boundary_timers == {}


def test_a_handler_acts_again_when_its_cause_comes_again(guarded: BoundGraph) -> None:
    step = started(guarded, joined(), acted("n1.1", "ok"), left(at_ms=3_000))
    handled = advance(guarded, step.state, fired(step.state, "customer_drop:*")).state

    again = run(guarded, joined(at_ms=70_000), left(at_ms=80_000), state=handled)

    assert timers(again.commands) == {"customer_drop:*": 140_000}


def test_moving_on_while_someone_is_away_changes_the_handler(guarded: BoundGraph) -> None:
    step = started(guarded, joined(), left(at_ms=3_000))

    moved = advance(guarded, step.state, acted("n1.1", "ok", at_ms=4_000))

    assert [one.request for one in moved.commands] == [
        CancelTimer(name="customer_drop:n1"),
        SetTimer(name="customer_drop:*", due_at_ms=63_000),
    ]


def test_a_handler_counts_from_when_its_node_began(guarded: BoundGraph) -> None:
    parts = {"enter": enters(), "a": waits(), "b": waits(), "done": ends()}
    edges = ["enter ok a", "a ok b", "a fail b", "b ok done", "b fail done"]
    drop = boundary(BoundaryKind.CUSTOMER_DROP, "done", "b", after_s=10)
    flow = bound(parts, edges, boundaries=(drop,))

    step = started(flow, joined(), left(at_ms=3_000), acted("a.1", "ok", at_ms=50_000))

    assert timers(step.commands)["customer_drop:b"] == 60_000


def test_leaving_for_good_does_not_wait_for_the_handlers_time(guarded: BoundGraph) -> None:
    step = started(guarded, joined(), left(deliberate=True))

    assert at(step.state) == ["near"]


def test_an_interrupted_activity_is_told_to_stop_and_its_id_is_not_used_again() -> None:
    def stop(activity: Activity, reason: str) -> Reaction:
        return Reaction(requests=(Dequeue(),) if reason == "interrupted" else ())

    queue = component(
        "queue", Scripted(at_start=Reaction(requests=(Enqueue(queue="q"),)), on_stop=stop)
    )
    parts = {"enter": enters(), "q": queue, "back": waits(), "done": ends()}
    edges = ["enter ok q", "q ok done", "q fail done", "back ok q", "back fail done"]
    drop = boundary(BoundaryKind.CUSTOMER_DROP, "back", "q")
    flow = bound(parts, edges, boundaries=(drop,))

    step = started(flow, joined(), left(deliberate=True))
    again = advance(flow, step.state, acted("back.1", "ok"))

    assert step.commands[-1].request == Dequeue()
    assert step.commands[-1].key == "q.1:1"
    assert list(again.state.activities) == ["q.2"]


def test_a_drop_that_a_node_handled_is_not_handled_again_by_the_flow(guarded: BoundGraph) -> None:
    step = started(guarded, joined(), left(at_ms=3_000))

    after = advance(guarded, step.state, fired(step.state, "customer_drop:n1"))

    assert after.commands == ()


def test_a_boundary_leaves_spans_alone() -> None:
    drop = boundary(BoundaryKind.CUSTOMER_DROP, "n2", "n3")
    flow = linear(opens_span(), waits(), waits(), boundaries=(drop,))

    step = started(flow, joined(), acted("n2.1", "ok"), left(deliberate=True))

    assert [one.span for one in step.state.activities.values()] == ["recording", None]
    assert at(step.state) == ["n2"]


def test_a_node_may_take_only_so_long() -> None:
    limit = boundary(BoundaryKind.TIMEOUT, "refused", "n1", after_s=20)
    flow = linear(waits(), waits(), boundaries=(limit,))
    first = started(flow)

    moved = advance(flow, first.state, acted("n1.1", "ok"))
    late = advance(flow, first.state, fired(first.state, "timeout:n1"))

    assert timers(first.commands) == {"timeout:n1": 21_000}
    assert [one.request for one in moved.commands] == [CancelTimer(name="timeout:n1")]
    assert late.state.ending is not None
    assert late.state.ending.node == REFUSED


def test_each_visit_has_the_whole_time() -> None:
    limit = boundary(BoundaryKind.TIMEOUT, "done", "n1", after_s=20)
    parts = {"enter": enters(), "n1": waits(), "n2": waits(), "done": ends()}
    edges = ["enter ok n1", "n1 ok n2", "n1 fail n1", "n2 ok done", "n2 fail n1"]
    flow = bound(parts, edges, boundaries=(limit,))

    step = started(flow, acted("n1.1", "fail", at_ms=9_000))

    assert timers(step.commands) == {"timeout:n1": 29_000}
    assert [type(one.request).__name__ for one in step.commands] == [
        "SetTimer",
        "CancelTimer",
        "SetTimer",
    ]


def test_a_flow_may_take_only_so_long() -> None:
    flow = linear(waits(), settings={"max_duration_s": 600})
    step = started(flow)

    after = advance(flow, step.state, fired(step.state, "timeout:*"))

    assert timers(step.commands) == {"timeout:*": 601_000}
    assert after.state.ending is not None
    assert after.state.ending.code == "timeout"


def test_a_handled_timeout_of_the_flow_acts_once() -> None:
    limit = boundary(BoundaryKind.TIMEOUT, "n2", after_s=60)
    flow = linear(waits(), waits(), boundaries=(limit,))
    step = started(flow)

    after = advance(flow, step.state, fired(step.state, "timeout:*"))

    assert at(after.state) == ["n2"]
    assert after.commands == ()


def _ignores_failures() -> Scripted:
    def react(activity: Activity, signal: Signal) -> Reaction:
        return Reaction()

    return Scripted(
        at_start=Reaction(requests=(GrabFrame(role="customer", label="id"), Dequeue())),
        on_signal=react,
    )


def test_a_failure_nobody_handles_goes_to_the_boundary() -> None:
    broken = boundary(BoundaryKind.PROVIDER_ERROR, "refused", "n1")
    flow = linear(component("deaf", _ignores_failures()), boundaries=(broken,))

    step = started(flow, CommandFailed(at_ms=9, key="n1.1:0", code="no_video"))

    assert step.state.ending is not None
    assert step.state.ending.node == REFUSED


def test_a_failure_while_tidying_up_moves_nothing() -> None:
    broken = boundary(BoundaryKind.PROVIDER_ERROR, "refused")
    flow = linear(component("deaf", _ignores_failures()), boundaries=(broken,))

    step = started(flow, CommandFailed(at_ms=9, key="n1.1:1", code="gone"))

    assert at(step.state) == ["n1"]


def test_without_a_boundary_a_failure_nobody_handles_lets_the_node_wait() -> None:
    flow = linear(component("deaf", _ignores_failures()))

    step = started(flow, CommandFailed(at_ms=9, key="n1.1:0", code="no_video"))

    assert at(step.state) == ["n1"]


def test_a_halted_run_still_ends_when_the_customer_is_gone() -> None:
    flow = linear(waits(), boundaries=(boundary(BoundaryKind.CUSTOMER_DROP, "n1"),))

    step = started(
        flow, joined(), acted("n1.1", "write", data={"nobody": 1}), left(deliberate=True)
    )

    assert step.state.status is RunStatus.CLOSED
    assert step.state.incident is not None
    assert step.state.ending is not None
    assert step.state.ending.code == "customer_left"


def test_a_halted_run_ends_also_when_the_drop_was_handled_before(guarded: BoundGraph) -> None:
    step = started(guarded, joined(), left(at_ms=3_000))
    handled = run(guarded, fired(step.state, "customer_drop:n1"), state=step.state).state

    halted = run(guarded, acted("near.1", "write", data={"nobody": 1}), state=handled)

    assert timers(halted.commands) == {"customer_drop:*": 93_000}


def test_a_run_can_be_cancelled_from_outside() -> None:
    step = started(linear(waits()), RunCancelled(at_ms=9, by="admin", reason="test"))

    assert step.state.ending is not None
    assert (step.state.ending.kind, step.state.ending.code) == (EndKind.ABORT, "cancelled")


def test_leaving_for_good_after_the_drop_was_handled_changes_nothing_more(
    guarded: BoundGraph,
) -> None:
    step = started(guarded, joined(), acted("n1.1", "ok"), left(at_ms=3_000))
    handled = run(guarded, fired(step.state, "customer_drop:*"), state=step.state).state

    gone = run(guarded, left(at_ms=99_500, deliberate=True), state=handled)

    assert gone.state is handled


def test_a_fault_while_being_interrupted_halts_the_run() -> None:
    def stop(activity: Activity, reason: str) -> Reaction:
        raise RuntimeError("no")

    drop = boundary(BoundaryKind.CUSTOMER_DROP, "refused", "n1")
    flow = linear(component("a", Scripted(on_stop=stop)), boundaries=(drop,))

    step = started(flow, joined(), left(deliberate=True))

    assert step.state.incident is not None
    assert step.state.incident.node == "n1"


def test_timers_are_cancelled_in_one_order_whatever_the_store_keeps() -> None:
    flow = linear(waits(), settings={"max_duration_s": 600})
    state = started(flow, joined("bo", "agent"), left("bo", "agent"), joined(), left()).state
    shuffled = dict(sorted(state.boundary_timers.items(), reverse=True))

    orders = [
        [one.request for one in run(flow, acted("n1.1", "ok"), state=one_state).commands]
        for one_state in (state, replace(state, boundary_timers=shuffled))
    ]

    assert len(orders[0]) == 3
    assert orders[0] == orders[1]
