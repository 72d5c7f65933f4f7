"""Erasing a run takes two admins where there are two: one asks, the other agrees."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import AuditEvent, User
from runtime.models import Run, RunEvent
from tests.runtime import builders
from tests.runtime.test_erasure import closed_room, signed_in_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    """One that has ended, with a recording and a picture."""
    return closed_room().run


@pytest.fixture
def admin() -> User:
    return builders.staff("adam", "admin")


@pytest.fixture
def browser(admin: User) -> Browser:
    return signed_in_as(admin)


def wish(browser: Browser, run: Run, **more: Any) -> Any:
    body = {"id": str(uuid.uuid4()), "reason": "asked for by the customer", **more}
    return browser.post(f"/api/v1/runs/{run.pk}/erase", body, content_type="application/json")


def agree(browser: Browser, run: Run, id_: str) -> Any:
    path = f"/api/v1/runs/{run.pk}/erase/agree"
    return browser.post(path, {"id": id_}, content_type="application/json")


def test_where_there_are_two_admins_one_asks_and_the_other_agrees(run, admin, browser):
    second = builders.staff("berta", "admin")

    asked = wish(browser, run)
    id_ = asked.json()["asked"]["id"]
    alone = agree(browser, run, id_)
    run.refresh_from_db()
    erased_early = run.erased_at_ms
    done = agree(signed_in_as(second), run, id_)

    run.refresh_from_db()
    assert (asked.status_code, asked.json()["needs_second"]) == (200, True)
    assert asked.json()["asked"]["by_you"]
    assert (alone.status_code, alone.json()["code"]) == (409, "own_wish")
    assert erased_early is None
    assert run.erased_at_ms is not None
    told = done.json()["done"]
    names = (second.shown_name, admin.shown_name)
    assert (done.status_code, told["by"], told["asked_by"]) == (200, *names)
    assert told["reason"] == "asked for by the customer"
    assert done.json()["asked"] is None
    trail = AuditEvent.objects.filter(target=f"run:{run.pk}", action__startswith="run.erase")
    assert list(trail.order_by("seq").values_list("action", flat=True)) == [
        "run.erase_asked",
        "run.erase",
    ]


def test_a_wish_is_one_and_can_be_dropped(run, browser):
    second = signed_in_as(builders.staff("berta", "admin"))
    id_ = str(uuid.uuid4())

    first, again = wish(browser, run, id=id_), wish(browser, run, id=id_)
    other = wish(second, run)
    listed = browser.get("/api/v1/runs").json()["results"]
    dropped = second.delete(f"/api/v1/runs/{run.pk}/erase")
    late = agree(second, run, id_)

    assert first.json()["asked"] == again.json()["asked"]
    assert (other.status_code, other.json()["code"]) == (409, "asked_already")
    assert [one["to_be_erased"] for one in listed] == [True]
    assert dropped.json()["asked"] is None
    assert (late.status_code, late.json()["code"]) == (409, "not_asked")
    run.refresh_from_db()
    assert run.erased_at_ms is None
    assert AuditEvent.objects.filter(action="run.erase_asked").count() == 1
    assert AuditEvent.objects.filter(action="run.erase_dropped").count() == 1


def test_an_admin_who_has_left_is_no_second_person(run, browser):
    gone = builders.staff("berta", "admin")
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)

    answer = wish(browser, run)

    assert answer.json()["erased_at"] is not None
    assert answer.json()["done"]["asked_by"] == ""


def test_an_admin_sees_what_would_go_without_seeing_what_it_says(run):
    alone = builders.staff("carl", "admin")

    facts = signed_in_as(alone).get(f"/api/v1/runs/{run.pk}/erase").json()
    record = signed_in_as(alone).get(f"/api/v1/runs/{run.pk}")

    assert facts["holds"]["recordings"] == 1
    assert facts["holds"]["pictures"] == 1
    assert facts["holds"]["events"] == RunEvent.objects.filter(run=run).count()
    assert (facts["obstacle"], facts["asked"], facts["done"]) == (None, None, None)
    assert "Hanna Vogel" not in json.dumps(facts)
    assert record.status_code in {403, 404}


def test_an_admin_is_told_why_a_run_cannot_be_erased_yet(browser):
    run = builders.entered()

    facts = browser.get(f"/api/v1/runs/{run.pk}/erase").json()

    assert facts["obstacle"] == "going_on"
