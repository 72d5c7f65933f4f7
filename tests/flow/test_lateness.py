"""What lasts too long is late: staff sees it, and nothing else happens."""

from __future__ import annotations

from dataclasses import replace

from flow.commands import CancelTimer
from flow.events import ParticipantId, Role, RunResumed, RunSuspended, TimerFired
from flow.graph import JsonObject, NodeId
from flow.interpreter.advance import advance
from flow.interpreter.bound import BoundGraph, bind
from flow.interpreter.boundaries import is_late
from flow.projection import RunFacts, project
from flow.state import RunState
from flow.verification.verify import verify
from tests.builders import acted, at, joined, linear, run, started
from tests.flow.findings import only
from tests.flow.parts import waits
from tests.flow.test_boundaries import fired, timers

N1 = NodeId("n1")


def timed(*, node_s: int = 0, run_s: int = 0) -> BoundGraph:
    """enter → n1 → n2 → done."""
    settings: JsonObject = {"sla_s": run_s} if run_s else {}
    flow = linear(waits(), waits(), settings=settings)
    first = replace(flow.graph.nodes[N1], sla_s=node_s)
    graph = replace(flow.graph, nodes={**flow.graph.nodes, N1: first})
    return bind(graph, flow.components)


def seen(flow: BoundGraph, state: RunState, role: Role) -> JsonObject:
    facts = RunFacts(id="r", number="N", flow="F", version=1)
    return project(flow, state, role, ParticipantId("anna"), at_ms=20_000, run=facts)


def test_a_step_that_lasts_too_long_is_late_and_goes_on() -> None:
    flow = timed(node_s=10)
    step = started(flow, joined())

    late = advance(flow, step.state, fired(step.state, "sla:n1", at_ms=11_000))

    assert timers(step.commands) == {"sla:n1": 11_000}
    assert (is_late(step.state, N1), is_late(late.state, N1)) == (False, True)
    assert at(late.state) == ["n1"]
    assert late.commands == ()


def test_a_step_that_is_left_in_time_is_never_late() -> None:
    flow = timed(node_s=10)
    before = started(flow, joined())

    left = advance(flow, before.state, acted("n1.1", "ok", at_ms=5_000))
    after = advance(flow, left.state, fired(before.state, "sla:n1"))

    assert [type(one.request) for one in left.commands] == [CancelTimer]
    assert after.state is left.state


def test_each_visit_has_its_own_time() -> None:
    flow = timed(node_s=10)
    late = started(flow, joined())
    late = advance(flow, late.state, fired(late.state, "sla:n1", at_ms=11_000))

    left = advance(flow, late.state, acted("n1.1", "ok", at_ms=12_000))

    assert not is_late(left.state, N1)


def test_a_run_is_late_once_and_stays_so() -> None:
    flow = timed(run_s=30)
    step = started(flow, joined())

    late = run(
        flow,
        fired(step.state, "sla:*", at_ms=31_000),
        acted("n1.1", "ok", at_ms=32_000),
        state=step.state,
    )

    assert timers(step.commands) == {"sla:*": 31_000}
    assert is_late(late.state, None)
    assert timers(late.commands) == {}


def test_time_in_which_the_run_stood_still_does_not_count() -> None:
    flow = timed(run_s=30)
    step = started(flow, joined(), RunSuspended(at_ms=5_000, by="lin", reason="fire alarm"))

    on = advance(flow, step.state, RunResumed(at_ms=105_000, by="lin"))

    assert timers(on.commands) == {"sla:*": 131_000}


def test_staff_sees_what_is_late_and_the_customer_nothing_of_it() -> None:
    flow = timed(node_s=10, run_s=30)
    step = started(flow, joined())
    late = advance(flow, step.state, fired(step.state, "sla:n1", at_ms=11_000)).state

    agent, customer = seen(flow, late, "agent"), seen(flow, late, "customer")

    assert agent["run"] == agent["run"] | {"sla_s": 30, "late": False}  # type: ignore[operator]
    shown = agent["activities"][0]  # type: ignore[index]
    assert (shown["sla_s"], shown["late"]) == (10, True)  # type: ignore[index, call-overload]
    assert "late" not in str(customer)


def test_a_time_that_fires_twice_changes_nothing() -> None:
    flow = timed(node_s=10)
    step = started(flow, joined())
    key = step.state.boundary_timers["sla:n1"]
    late = advance(flow, step.state, TimerFired(at_ms=11_000, key=key))

    assert advance(flow, late.state, TimerFired(at_ms=12_000, key=key)).state is late.state


def test_settings_of_the_flow_are_checked() -> None:
    for settings, field in (
        ({"sla_s": "soon"}, "/settings/sla_s"),
        ({"resume_window_s": -1}, "/settings/resume_window_s"),
        ({"max_duration_s": True}, "/settings/max_duration_s"),
        ({"drop_policy": "again"}, "/settings/drop_policy"),
        ({"media_zones": "edge"}, "/settings/media_zones"),
        ({"media_regions": ["eu", ""]}, "/settings/media_regions"),
    ):
        flow = linear(waits(), settings=settings)  # type: ignore[arg-type]
        assert only(verify(flow.graph, flow.components), "FLOW-07").field == field
    good = linear(waits(), settings={"sla_s": 60, "drop_policy": "fresh_session"})
    assert verify(good.graph, good.components) == ()
