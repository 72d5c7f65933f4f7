"""Coming in by a link: once, by POST, and back on the same device."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client as Browser
from django.utils import timezone

from accounts.links import LinkUnusableError
from accounts.models import AuditEvent, JoinLink, Redemption
from flow.events import Acted, ActivityId, ParticipantId, RunCancelled
from runtime import attendance, claims, dispatch, doors, driver, joining
from runtime.clock import now_ms
from runtime.models import Job, Participant, Run
from runtime.standing import Seat
from tests.runtime import builders


def post(browser: Browser, token: str):
    return browser.post("/api/v1/join", {"token": token}, content_type="application/json")


@pytest.mark.django_db
def test_a_link_starts_a_run_and_the_same_device_comes_back():
    token = builders.link_to(builders.published(builders.consent_graph()))
    browser = Browser()

    first = post(browser, token)
    again = post(browser, token)
    back = browser.get("/api/v1/join")

    assert first.status_code == 200
    assert first.json()["socket"] == f"/ws/run/{first.json()['run']}/"
    assert again.json()["run"] == back.json()["run"] == first.json()["run"]
    assert Run.objects.count() == Participant.objects.count() == 1
    assert browser.cookies[settings.JOIN_COOKIE_NAME]["httponly"]


@pytest.mark.django_db
def test_used_and_forged_links_get_the_same_answer():
    token = builders.link_to(builders.published(builders.consent_graph()))
    post(Browser(), token)

    answers = [post(Browser(), one) for one in (token, "forged", "")]

    assert {one.status_code for one in answers} == {404}
    assert len({one.content for one in answers}) == 1
    assert Browser().get("/api/v1/join").status_code == 404
    assert Run.objects.count() == 1


@pytest.mark.usefixtures("committed")
def test_many_devices_at_once_start_one_run():
    token = builders.link_to(builders.published(builders.consent_graph()))
    outcomes: list[str] = []

    def work() -> None:
        try:
            joining.join(token, ip="10.0.0.1", cookie=None, locale="en", now=timezone.now())
            outcomes.append("in")
        except LinkUnusableError:
            outcomes.append("out")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(outcomes) == ["in"] + ["out"] * 7
    assert Run.objects.count() == 1


def anew_graph() -> dict[str, Any]:
    return {**builders.consent_graph(), "settings": {"drop_policy": "fresh_session"}}


def come(run: Run) -> Seat:
    """The customer's page has its socket."""
    return attendance.arrive(builders.customer_of(run).pk, "tab", now_ms())


def drop(run: Run) -> None:
    """The customer's last socket goes away and does not come back in time."""
    attendance.depart(come(run), now_ms())
    builders.perform_all(now_ms() + attendance.GRACE_MS + 1)


def session_of(browser: Browser, token: str) -> Run:
    return Run.objects.get(pk=post(browser, token).json()["run"])


@pytest.mark.django_db
def test_who_dropped_begins_anew_by_the_same_link_where_the_flow_says_so():
    token = builders.link_to(builders.published(anew_graph()))
    browser = Browser()
    old = session_of(browser, token)
    drop(old)

    told = browser.get("/api/v1/join").json()
    new = session_of(browser, token)

    old.refresh_from_db()
    ending = driver.read_run(old.pk).state.ending
    assert told["anew"] is True
    assert new.pk != old.pk
    assert (old.status, old.ending, ending and ending.code) == ("closed", "abort", "customer_left")
    assert browser.get("/api/v1/join").json()["run"] == str(new.pk)
    assert browser.get("/api/v1/join").json()["anew"] is False
    begun = AuditEvent.objects.get(action="run.begin_anew")
    assert (begun.target, begun.data) == (f"run:{new.pk}", {"after": str(old.pk)})


@pytest.mark.django_db
@pytest.mark.parametrize("ends_first", [True, False])
def test_a_boundary_says_how_the_old_run_ends_and_the_link_leads_into_a_new_one(ends_first):
    graph = anew_graph()
    graph["nodes"].append(builders.end("gone", "defer"))
    graph["boundaries"] = [
        {"on": "customer_drop", "scope": None, "after_s": 60, "to": "gone"},
    ]
    token = builders.link_to(builders.published(graph))
    browser = Browser()
    old = session_of(browser, token)
    drop(old)
    if ends_first:
        builders.perform_all(now_ms() + 70_000)

    new = session_of(browser, token)

    old.refresh_from_db()
    assert (new.pk != old.pk, old.status, old.ending) == (True, "closed", "defer")


@pytest.mark.django_db
def test_a_run_that_staff_has_ended_is_not_begun_anew():
    token = builders.link_to(builders.published(anew_graph()))
    browser = Browser()
    run = session_of(browser, token)
    attendance.depart(come(run), now_ms())
    cancelled = RunCancelled(at_ms=now_ms(), by="user:1", reason="wrong person")
    driver.advance_run(run.pk, cancelled, key="cancel", actor="test")
    builders.perform_all(now_ms() + attendance.GRACE_MS + 1)

    assert session_of(browser, token).pk == run.pk


@pytest.mark.django_db
def test_a_run_nobody_has_ended_yet_is_left_for_good_by_beginning_anew():
    token = builders.link_to(builders.published(anew_graph()))
    browser = Browser()
    old = session_of(browser, token)
    attendance.depart(come(old), now_ms())
    (job,) = Job.objects.filter(run=old, kind="NoteLeft")
    noted = [one for one in claims.claim(job.due_at_ms, limit=10) if one.kind == "NoteLeft"]
    dispatch.perform(noted[0], job.due_at_ms)

    new = session_of(browser, token)

    old.refresh_from_db()
    assert (new.pk != old.pk, old.status, old.ending) == (True, "closed", "abort")


@pytest.mark.django_db
def test_who_is_still_there_comes_back_into_the_same_run():
    token = builders.link_to(builders.published(anew_graph()))
    browser = Browser()
    run = session_of(browser, token)
    come(run)

    assert session_of(browser, token).pk == run.pk


@pytest.mark.django_db
def test_without_the_policy_who_dropped_comes_back_into_the_same_run():
    token = builders.link_to(builders.published(builders.consent_graph()))
    browser = Browser()
    run = session_of(browser, token)
    drop(run)

    assert browser.get("/api/v1/join").json()["anew"] is False
    assert session_of(browser, token).pk == run.pk
    assert driver.read_run(run.pk).state.ending is None


@pytest.mark.django_db
def test_a_link_that_has_closed_leads_to_the_end_of_the_old_run_only():
    token = builders.link_to(builders.published(anew_graph()))
    browser = Browser()
    run = session_of(browser, token)
    drop(run)
    JoinLink.objects.update(revoked_at=timezone.now())

    assert session_of(browser, token).pk == run.pk
    assert Run.objects.count() == 1


@pytest.mark.django_db
def test_a_device_begins_anew_only_so_often(monkeypatch):
    monkeypatch.setattr(joining, "SESSIONS", 2)
    token = builders.link_to(builders.published(anew_graph()))
    browser = Browser()

    runs = []
    for _ in range(4):
        runs.append(session_of(browser, token))
        if runs[-1].status == "open":
            drop(runs[-1])

    assert len({one.pk for one in runs}) == 2


@pytest.mark.django_db
def test_the_way_to_begin_anew_stays_open_longer_than_a_closing_page():
    token = builders.link_to(builders.published(anew_graph()))
    run = session_of(Browser(), token)
    drop(run)

    until = Redemption.objects.get(run=run.pk).resume_until

    assert until - timezone.now() > doors.AFTERWARDS


@pytest.mark.django_db
def test_a_success_cannot_be_begun_anew():
    token = builders.link_to(builders.published(anew_graph()))
    browser = Browser()
    run = session_of(browser, token)
    come(run)
    agreed = Acted(
        at_ms=now_ms(),
        activity=ActivityId("consent.1"),
        action="agree",
        participant=ParticipantId("p"),
        role="customer",
    )
    driver.advance_run(run.pk, agreed, key="agree", actor="test")

    assert session_of(browser, token).pk == run.pk


@pytest.mark.usefixtures("committed")
def test_many_tabs_at_once_begin_one_run_anew():
    token = builders.link_to(builders.published(anew_graph()))
    browser = Browser()
    old = session_of(browser, token)
    drop(old)
    cookie = browser.cookies[settings.JOIN_COOKIE_NAME].value
    led: list[UUID] = []

    def work() -> None:
        try:
            came = joining.join(
                token, ip="10.0.0.1", cookie=cookie, locale="en", now=timezone.now()
            )
            led.append(came.run.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(led) == 6
    assert len(set(led)) == 1
    assert Run.objects.count() == 2
