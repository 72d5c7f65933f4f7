"""What is told to a call reaches the sub-flow that it is meant for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from flow.events import RUN, Signalled
from flow.graph import BoundaryKind
from runtime import decisions, driver, quality
from runtime.clock import now_ms
from runtime.evidence import grants
from runtime.models import Run, RunEvent
from tests.accounts.people import signed_in
from tests.runtime import builders
from tests.runtime.builders import edge, end, graph, node

pytestmark = pytest.mark.django_db


def called(**more: Any) -> dict[str, Any]:
    """call → wait for `core.booked` → done | failed."""
    text = {"en": "One moment", "zh-Hans": "请稍候"}
    nodes = [
        node("call", "entry.call", given=[]),
        node("wait", "logic.wait", event="core.booked", timeout_s=600, text=text, fields=[]),
        end(),
        end("failed", "reject"),
    ]
    edges = [edge("call", "ok", "wait"), edge("wait", "event", "done")]
    return graph(nodes, [*edges, edge("wait", "timeout", "failed")], **more)


def unbegun(**more: Any) -> Run:
    """A call at its sub-flow, which has yet to begin."""
    builders.published(called(**more), key="booking")
    service = node("service", "logic.subflow", flow="booking", version="latest")
    nodes = [node("link", "entry.link"), service, end(), end("failed", "reject")]
    edges = [edge("link", "ok", "service"), edge("link", "expired", "failed")]
    edges += [edge("service", "ok", "done"), edge("service", "fail", "failed")]
    return builders.entered(graph(nodes, edges))


def family(**more: Any) -> tuple[Run, Run]:
    """A call at its sub-flow, and that sub-flow's run."""
    run = unbegun(**more)
    builders.perform_all()
    return run, Run.objects.get(root=run)


def boundary(kind: str, **more: Any) -> list[dict[str, Any]]:
    return [{"on": kind, "to": "failed", **more}]


def test_an_event_for_the_call_is_heard_by_the_sub_flow_that_waits_for_it():
    run, child = family()
    token, _ = grants.callback_token(run.pk, now_ms())
    body = {"id": "b-1", "name": "core.booked"}

    first = Client().post(f"/api/v1/callbacks/{token}", body, "application/json")
    builders.perform_all()
    again = Client().post(f"/api/v1/callbacks/{token}", body, "application/json")

    run.refresh_from_db()
    assert (first.status_code, first.json()["status"]) == (200, "open")
    assert (again.status_code, again.json()["seq"]) == (200, first.json()["seq"])
    assert (run.status, run.ending) == ("closed", "success")
    told = RunEvent.objects.filter(kind="ExternalEventReceived")
    assert [one.run_id for one in told] == [child.pk]


def test_an_event_that_comes_before_the_sub_flow_begins_is_handed_on_to_it():
    run = unbegun()
    token, _ = grants.callback_token(run.pk, now_ms())
    body = {"id": "b-1", "name": "core.booked"}

    first = Client().post(f"/api/v1/callbacks/{token}", body, "application/json")
    kept = [one.name for one in driver.read_run(run.pk).state.early]
    builders.perform_all()
    again = Client().post(f"/api/v1/callbacks/{token}", body, "application/json")

    run.refresh_from_db()
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["seq"] == again.json()["seq"]
    assert kept == ["core.booked"]
    assert (run.status, run.ending) == ("closed", "success")
    handed_on = RunEvent.objects.get(kind="EventHandedOn")
    told = RunEvent.objects.filter(kind="ExternalEventReceived").order_by("at_ms", "run_id")
    child = Run.objects.get(root=run)
    assert handed_on.run_id == run.pk
    assert {one.run_id for one in told} == {run.pk, child.pk}
    for one in (run.pk, child.pk):
        assert driver.replay(one) == driver.read_run(one).state


def test_an_event_that_is_for_the_call_itself_stays_there():
    builders.published(called(), key="booking")
    service = node("service", "logic.subflow", flow="booking", version="latest")
    text = {"en": "One moment", "zh-Hans": "请稍候"}
    own = node("own", "logic.wait", event="core.booked", timeout_s=600, text=text, fields=[])
    nodes = [node("link", "entry.link"), service, own, end(), end("failed", "reject")]
    edges = [edge("link", "ok", "service"), edge("link", "expired", "failed")]
    edges += [edge("service", "ok", "own"), edge("service", "fail", "failed")]
    edges += [edge("own", "event", "done"), edge("own", "timeout", "failed")]
    run = builders.entered(graph(nodes, edges))
    token, _ = grants.callback_token(run.pk, now_ms())

    def told(id_: str) -> None:
        body = {"id": id_, "name": "core.booked"}
        Client().post(f"/api/v1/callbacks/{token}", body, "application/json")
        builders.perform_all()

    told("b-1")
    child = Run.objects.get(root=run)
    kept = [len(driver.read_run(one).state.early) for one in (run.pk, child.pk)]
    told("b-2")

    run.refresh_from_db()
    assert kept == [1, 0]
    assert (run.status, run.ending) == ("closed", "success")


def test_a_supervisor_of_the_call_steps_into_the_sub_flow_that_plans_for_it():
    run, child = family(boundaries=boundary("supervisor"))
    lin = builders.staff("lin", "supervisor")

    offered = decisions.open_to(lin, run, driver.read_run(run.pk))
    came = Signalled(at_ms=now_ms(), activity=RUN, name=BoundaryKind.SUPERVISOR.value)
    decisions.take(run, came, id_="1", by=lin)

    child.refresh_from_db()
    assert "step_in" in offered
    assert child.ending == "reject"


def test_a_weak_network_is_known_to_the_sub_flow_that_cares():
    run, child = family(boundaries=boundary("weak_network", after_s=5))

    quality.tell_run(run.pk, is_weak=True, key="1", now_ms=now_ms())
    builders.perform_all(now_ms() + 6_000)

    child.refresh_from_db()
    assert child.ending == "reject"


def test_a_call_whose_sub_flow_has_halted_is_found_among_the_halted():
    run, child = family()
    Run.objects.filter(pk=child.pk).update(status=Run.Status.INCIDENT)
    lin = signed_in(builders.staff("lin", "supervisor"))

    def found(status: str) -> list[str]:
        rows = lin.get(f"/api/v1/runs?status={status}").json()["results"]
        return [one["id"] for one in rows]

    assert found("incident") == [str(run.pk)]
    assert found("open") == [str(run.pk)]
    assert found("closed") == []
