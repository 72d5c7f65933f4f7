"""What other systems and supervisors tell a run: events that a step waits for, and stepping in."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from flow.events import RunResumed, RunSuspended
from flow.interpreter.early import MOST
from runtime import decisions, driver
from runtime.clock import now_ms
from runtime.evidence import grants
from runtime.models import Job, Run, RunEvent
from tests.accounts.people import signed_in
from tests.runtime import builders
from tests.runtime.at_rest import database
from tests.runtime.builders import edge, end, graph, node
from tests.runtime.lives import act, asking, parts  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
DAY_MS = 24 * 3600 * 1000
FIELDS = [{"name": "number", "type": "string", "privacy": "personal"}]


def waiting(**config: Any) -> dict[str, Any]:
    """link → wait for `core.booked` → done | away."""
    settings = {
        "event": "core.booked",
        "timeout_s": 600,
        "text": {"en": "One moment", "zh-Hans": "请稍候"},
        "fields": FIELDS,
        **config,
    }
    nodes = [node("link", "entry.link"), node("wait", "logic.wait", **settings)]
    nodes += [end(), end("away", "defer")]
    edges = [edge("link", "ok", "wait"), edge("link", "expired", "away")]
    edges += [edge("wait", "event", "done")] if settings["event"] else []
    return graph(nodes, [*edges, edge("wait", "timeout", "away")])


def booked(**more: Any) -> dict[str, Any]:
    return {"id": "b-1", "name": "core.booked", "data": {"number": "4711"}, **more}


def tell(run: Run, person: User, body: dict[str, Any]) -> Any:
    path = f"/api/v1/runs/{run.pk}/events"
    return signed_in(person).post(path, body, "application/json")


def call_back(token: str, body: Any) -> Any:
    return Client(enforce_csrf_checks=True).post(
        f"/api/v1/callbacks/{token}", body, "application/json"
    )


def token_of(run: Run) -> str:
    return grants.callback_token(run.pk, now_ms())[0]


def test_another_system_brings_a_run_on_without_a_session():
    run = builders.entered(waiting())

    answer = call_back(token_of(run), booked())

    assert (answer.status_code, answer.json()) == (200, {"seq": 3, "status": "closed"})
    state = driver.read_run(run.pk).state
    assert state.variables["evt.number"] == "4711"
    assert driver.replay(run.pk) == state


def test_the_same_event_again_is_answered_alike_and_counts_once():
    run = builders.entered(waiting())
    token = token_of(run)

    first, again = call_back(token, booked()), call_back(token, booked())

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert RunEvent.objects.filter(run=run, kind="ExternalEventReceived").count() == 1
    assert AuditEvent.objects.filter(action="run.notify", actor="callback").count() == 1


def test_an_event_that_comes_early_is_kept_for_its_step():
    run = builders.started(waiting())
    token = token_of(run)

    first, again = call_back(token, booked()), call_back(token, booked())
    kept = [one.name for one in driver.read_run(run.pk).state.early]
    shown = signed_in(builders.staff("lin", "auditor")).get(f"/api/v1/runs/{run.pk}").json()
    builders.enter(run)

    run.refresh_from_db()
    assert (first.status_code, first.json()) == (200, {"seq": 2, "status": "open"})
    assert again.json() == first.json()
    assert kept == [one["name"] for one in shown["early"]] == ["core.booked"]
    assert "4711" not in json.dumps(shown)
    assert (run.status, run.ending) == ("closed", "success")
    assert driver.read_run(run.pk).state.variables["evt.number"] == "4711"
    assert driver.replay(run.pk) == driver.read_run(run.pk).state
    assert RunEvent.objects.filter(run=run, kind="ExternalEventReceived").count() == 1


def test_what_came_early_is_sealed_like_everything_else():
    run = builders.started(waiting())

    call_back(token_of(run), booked(data={"number": "ZX-9-canary"}))

    assert b"ZX-9-canary" not in b"".join(database())


def test_an_early_event_that_lacks_something_is_refused_at_once():
    run = builders.started(waiting())

    answer = call_back(token_of(run), booked(data={}))

    assert (answer.status_code, answer.json()["field"]) == (400, "/data/number")


def test_a_run_keeps_only_so_many_early_events():
    run = builders.started(waiting())
    token = token_of(run)

    answers = [call_back(token, booked(id=f"b-{n}")) for n in range(MOST + 1)]

    assert [one.status_code for one in answers] == [200] * MOST + [409]
    assert answers[-1].json()["code"] == "too_many_events"
    assert call_back(token, booked(id="b-0")).status_code == 200


def test_an_event_no_step_will_ever_wait_for_is_refused():
    run = builders.entered(waiting())

    wrong = call_back(token_of(run), booked(name="core.refused"))

    assert (wrong.status_code, wrong.json()["code"]) == (409, "not_awaited")
    assert call_back(token_of(run), booked()).status_code == 200


def test_a_step_that_has_given_up_takes_no_event_any_more():
    both = waiting(timeout_s=60)
    both["nodes"].append(node("more", "logic.wait", timeout_s=600, event="", text={"en": "…"}))
    both["edges"][-1]["to"] = "more"
    both["edges"].append(edge("more", "timeout", "away"))
    run = builders.entered(both)
    builders.perform_all(now_ms() + 61_000)

    late = call_back(token_of(run), booked())

    assert (late.status_code, late.json()["code"]) == (409, "not_awaited")


def test_an_erased_run_says_so():
    run = builders.entered(waiting())
    token = token_of(run)
    call_back(token, booked())
    builders.perform_all()
    Run.objects.filter(pk=run.pk).update(erased_at_ms=now_ms(), data_key="", state={})

    answer = call_back(token, booked(id="b-2"))

    assert (answer.status_code, answer.json()["code"]) == (409, "run_erased")


def test_a_run_that_has_ended_takes_no_event():
    run = builders.entered(waiting())
    call_back(token_of(run), booked())

    late = call_back(token_of(run), booked(id="b-2"))

    assert (late.status_code, late.json()["code"]) == (409, "run_ended")


@pytest.mark.parametrize("data", [{}, {"number": 4711}])
def test_the_sender_hears_what_its_event_lacks(data: dict[str, Any]):
    run = builders.entered(waiting())

    answer = call_back(token_of(run), booked(data=data))

    assert (answer.status_code, answer.json()["field"]) == (400, "/data/number")


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "two words"},
        {"name": "x" * 65},
        {"id": ""},
        {"id": "x" * 81},
        {"data": []},
        {"data": {"a": 10**17}},
        {"data": dict.fromkeys(map(str, range(201)), 0)},
    ],
)
def test_an_event_that_is_none_is_refused(change: dict[str, Any]):
    run = builders.entered(waiting())

    assert call_back(token_of(run), booked(**change)).status_code == 400


def test_what_cannot_be_used_is_answered_always_alike():
    run = builders.entered(waiting())
    good = token_of(run)
    body, _, signature = good.partition(".")
    tokens = [
        "x",
        f"{body}.",
        f"{body}.{signature[:-2]}AA",
        grants.callback_token(uuid.uuid4(), now_ms())[0],
        grants.callback_token(run.pk, now_ms() - 31 * DAY_MS)[0],
        grants.play_token(run.pk, 1),
        grants._signed({"run": str(run.pk), "expires_at_ms": 2**50}, b"runtime.delivery"),
    ]

    answers = {(one.status_code, one.content) for one in (call_back(t, booked()) for t in tokens)}

    assert len(answers) == 1
    assert answers.pop()[0] == 404
    assert RunEvent.objects.filter(run=run).count() == 2


def test_an_unusable_token_is_answered_before_anything_else_is_read():
    assert call_back("x", "not json").status_code == 404


def test_what_another_system_sends_is_bounded():
    run = builders.entered(waiting())
    big = json.dumps(booked(data={"number": "x" * 70_000}))

    assert call_back(token_of(run), big).status_code == 413


def test_a_signed_in_browser_is_nobody_special_there():
    run = builders.entered(waiting())

    answer = signed_in(builders.staff("lin", "supervisor")).post(
        f"/api/v1/callbacks/{token_of(run)}", booked(), "application/json"
    )

    assert answer.status_code == 200
    assert AuditEvent.objects.get(action="run.notify").actor == "callback"


def test_staff_makes_the_address_and_that_is_on_record():
    run = builders.entered(waiting())
    lin = builders.staff("lin", "supervisor")

    made = signed_in(lin).post(f"/api/v1/runs/{run.pk}/callback", {}, "application/json")

    url = made.json()["url"]
    assert made.status_code == 201
    answer = Client().post(url, booked(), "application/json")
    assert answer.status_code == 200
    entry = AuditEvent.objects.get(action="run.callback")
    assert (entry.actor, entry.target) == (f"user:{lin.pk}", f"run:{run.pk}")
    assert url.rpartition("/")[2] not in json.dumps(entry.data)


@pytest.mark.parametrize(("role", "status"), [("supervisor", 200), ("agent", 403), ("admin", 403)])
def test_a_supervisor_may_say_what_has_happened(role: str, status: int):
    run = builders.entered(waiting())

    assert tell(run, builders.staff("lin", role), booked()).status_code == status


def test_time_goes_on_without_an_event():
    run = builders.entered(waiting(timeout_s=60))

    builders.perform_all(now_ms() + 61_000)

    run.refresh_from_db()
    assert (run.status, run.ending) == ("closed", "defer")


def test_a_plain_timer_needs_no_event():
    run = builders.entered(waiting(event="", timeout_s=5))

    refused = call_back(token_of(run), booked())
    builders.perform_all(now_ms() + 6_000)

    run.refresh_from_db()
    assert refused.status_code == 409
    assert run.ending == "defer"


def test_an_event_for_a_suspended_run_is_kept_until_it_goes_on():
    run = builders.entered(waiting())
    driver.advance_run(
        run.pk, RunSuspended(at_ms=now_ms(), by="user:1", reason="alarm"), key="s", actor="test"
    )

    taken = call_back(token_of(run), booked())
    driver.advance_run(run.pk, RunResumed(at_ms=now_ms(), by="user:1"), key="r", actor="test")

    run.refresh_from_db()
    assert taken.json()["status"] == "suspended"
    assert (run.status, run.ending) == ("closed", "success")


SUPERVISED = [{"on": "supervisor", "to": "refused"}]


def step_in(run: Run, person: User, **more: Any) -> Any:
    body = {"id": str(uuid.uuid4()), **more}
    path = f"/api/v1/runs/{run.pk}/step-in"
    return signed_in(person).post(path, body, "application/json")


@pytest.mark.usefixtures("parts")
def test_a_supervisor_steps_in_where_the_flow_says_what_is_to_come():
    run, lin = builders.entered(asking(boundaries=SUPERVISED)), builders.staff("lin", "supervisor")
    id_ = str(uuid.uuid4())

    offered = decisions.open_to(lin, run, driver.read_run(run.pk))
    first, again = step_in(run, lin, id=id_), step_in(run, lin, id=id_)

    run.refresh_from_db()
    assert "step_in" in offered
    assert first.json() == again.json() == {"seq": 3, "status": "closed"}
    assert (run.ending, run.seq) == ("reject", 3)
    assert AuditEvent.objects.get(action="run.step_in").actor == f"user:{lin.pk}"


@pytest.mark.usefixtures("parts")
def test_where_the_flow_plans_nothing_a_supervisor_is_told_so():
    run, lin = builders.entered(asking()), builders.staff("lin", "supervisor")

    answer = step_in(run, lin)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_awaited")
    assert "step_in" not in decisions.open_to(lin, run, driver.read_run(run.pk))
    assert RunEvent.objects.filter(run=run).count() == 2


@pytest.mark.usefixtures("parts")
def test_stepping_in_is_for_supervisors():
    run = builders.entered(asking(boundaries=SUPERVISED))

    assert step_in(run, builders.staff("wu", "admin")).status_code == 403


@pytest.mark.usefixtures("parts")
def test_after_a_step_in_the_step_that_was_left_takes_no_more():
    there = [{"on": "supervisor", "scope": "s1", "to": "ask"}]
    run = builders.entered(asking("test.wait", boundaries=there))

    step_in(run, builders.staff("lin", "supervisor"))
    act(run, "ok")

    assert run.ending == "success"
    assert not Job.objects.filter(run=run, status="ready", kind="SetTimer").exists()
