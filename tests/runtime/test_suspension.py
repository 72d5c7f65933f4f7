"""A suspended run in the jobs table: its timers wait with it, each fires once, none is lost."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flow.events import Event, ParticipantId, ParticipantLeft, RunResumed, RunSuspended
from runtime import driver, rooms
from runtime.clock import now_ms
from runtime.models import Job, Room, Run, RunEvent
from tests.runtime import builders

pytestmark = pytest.mark.django_db
MINUTE_MS = 60_000


def told(run: Run, event: Event) -> None:
    driver.advance_run(run.pk, event, key=str(uuid.uuid4()), actor="test")
    run.refresh_from_db()


def suspend(run: Run, at_ms: int) -> None:
    told(run, RunSuspended(at_ms=at_ms, by="user:1", reason="alarm"))


def resume(run: Run, at_ms: int) -> None:
    told(run, RunResumed(at_ms=at_ms, by="user:1"))


def waiting(limit_s: int = 600) -> tuple[Run, int]:
    """A run whose consent times out after ten minutes, and since when it has waited."""
    run = builders.entered(builders.consent_graph(timeout_s=limit_s))
    (activity,) = driver.read_run(run.pk).state.activities.values()
    return run, activity.started_at_ms


def due(run: Run) -> list[int]:
    timers = Job.objects.filter(run=run, kind="SetTimer", status="ready")
    return sorted(timers.values_list("due_at_ms", flat=True))


def fired(run: Run) -> int:
    return RunEvent.objects.filter(run=run, kind="TimerFired").count()


def test_a_timer_that_comes_due_meanwhile_is_set_again_for_what_was_left_of_it():
    run, began = waiting()
    suspend(run, began + 4 * MINUTE_MS)

    builders.perform_all(began + 60 * MINUTE_MS)
    stood = (run.status, due(run), fired(run))
    resume(run, began + 104 * MINUTE_MS)

    assert stood == ("suspended", [], 1)
    assert due(run) == [began + 110 * MINUTE_MS]
    builders.perform_all(began + 110 * MINUTE_MS - 1)
    run.refresh_from_db()
    assert run.status == "open"
    builders.perform_all(began + 110 * MINUTE_MS)
    run.refresh_from_db()
    assert (run.status, run.ending) == ("closed", "reject")
    assert fired(run) == 2
    assert driver.replay(run.pk) == driver.read_run(run.pk).state


def test_a_timer_that_comes_due_afterwards_waits_as_much_longer():
    run, began = waiting()
    suspend(run, began + 1 * MINUTE_MS)
    resume(run, began + 6 * MINUTE_MS)

    builders.perform_all(began + 10 * MINUTE_MS)

    run.refresh_from_db()
    assert (run.status, due(run)) == ("open", [began + 15 * MINUTE_MS])
    builders.perform_all(began + 15 * MINUTE_MS)
    run.refresh_from_db()
    assert run.ending == "reject"


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    pauses=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 900)), min_size=1, max_size=3),
    looks=st.integers(1, 5),
)
def test_whatever_the_pauses_the_customer_has_the_whole_time(
    pauses: list[tuple[int, int]], looks: int
):
    run, now = waiting()
    left_ms = 600_000
    for going_s, still_s in pauses:
        going_ms = min(going_s * 1_000, left_ms - 1)
        now, left_ms = now + going_ms, left_ms - going_ms
        builders.perform_all(now)
        suspend(run, now)
        for number in range(looks):
            builders.perform_all(now + still_s * 1_000 * (number + 1) // looks)
        now += still_s * 1_000
        resume(run, now)

    builders.perform_all(now + left_ms - 1)
    run.refresh_from_db()
    assert run.status == "open"
    builders.perform_all(now + left_ms)
    run.refresh_from_db()
    assert (run.status, run.ending) == ("closed", "reject")


def test_a_customer_who_leaves_meanwhile_has_the_usual_time_to_come_back_afterwards():
    run, began = waiting()
    suspend(run, began + 1_000)
    left = ParticipantLeft(at_ms=began + 2_000, participant=ParticipantId("p1"), role="customer")
    told(run, left)
    builders.perform_all(began + 60 * MINUTE_MS)
    resume(run, began + 60 * MINUTE_MS)

    builders.perform_all(began + 60 * MINUTE_MS + 89_000)
    run.refresh_from_db()
    assert run.status == "open"
    builders.perform_all(began + 60 * MINUTE_MS + 90_000)
    run.refresh_from_db()
    assert (run.status, run.ending) == ("closed", "abort")


def test_a_room_lost_meanwhile_gets_a_new_place():
    worker = builders.live_worker()
    run, began = waiting()
    suspend(run, began + 1_000)
    room = Room.objects.create(run=run, worker=worker, generation=1, status=Room.Status.OPEN)

    rooms.lose(room, now_ms())

    assert set(builders.pending_kinds(run)) >= {"MediaLost", "PlaceRoom"}
