"""What lasts too long: told to the list of runs and to the desk, and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Role
from runtime import board, driver
from runtime.clock import now_ms
from runtime.models import Run
from tests.accounts.people import signed_in
from tests.runtime import builders

pytestmark = pytest.mark.django_db
MINUTE_MS = 60_000


def timed_call() -> dict[str, Any]:
    """A call whose queue should take no longer than a minute."""
    document = builders.call_graph()
    queue = next(one for one in document["nodes"] if one["id"] == "queue")
    queue["sla_s"] = 60
    return document


def rows() -> list[dict[str, Any]]:
    supervisor = signed_in(builders.staff("lin", Role.SUPERVISOR))
    found: list[dict[str, Any]] = supervisor.get("/api/v1/runs").json()["results"]
    return found


def waiting() -> list[dict[str, Any]]:
    agent = builders.staff("wang")
    shown: list[dict[str, Any]] = board.desk_of(agent, builders.workspace().pk, now_ms())["waiting"]
    return shown


def test_a_run_that_waits_too_long_is_late_in_the_list_and_at_the_desk():
    run = builders.entered(timed_call())
    builders.perform_all()
    before = driver.is_late(run)

    builders.perform_all(now_ms() + MINUTE_MS)

    assert before is False
    assert [one["late"] for one in rows()] == [True]
    assert [one["late"] for one in waiting()] == [True]


def test_a_flow_without_limits_is_never_late():
    builders.entered(builders.call_graph())
    builders.perform_all(now_ms() + MINUTE_MS)

    assert [one["late"] for one in rows()] == [False]
    assert [one["late"] for one in waiting()] == [False]


def test_a_run_that_has_ended_is_not_late():
    document = {**builders.consent_graph(timeout_s=120), "settings": {"sla_s": 60}}
    run = builders.entered(document)
    builders.perform_all(now_ms() + MINUTE_MS)
    late = driver.is_late(Run.objects.get(pk=run.pk))

    builders.perform_all(now_ms() + 3 * MINUTE_MS)

    run.refresh_from_db()
    assert (late, run.status) == (True, "closed")
    assert [one["late"] for one in rows()] == [False]
    assert driver.is_snapshot_true(run.pk)
