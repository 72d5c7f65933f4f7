"""Rules that the database itself holds, whichever it is, also those for some rows only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from runtime.models import Job, Run
from tests.runtime import builders

pytestmark = pytest.mark.django_db


def timer(run: Run, key: str, status: str = "ready") -> Job:
    return Job.objects.create(
        run=run, key=key, kind="SetTimer", activity="a.1", name="late", status=status, due_at_ms=1
    )


def refused(make: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            make()
    except IntegrityError:
        return True
    return False


def test_a_name_has_one_running_timer_and_any_number_that_are_done():
    run = builders.started()
    first = timer(run, "1")

    assert refused(lambda: timer(run, "2"))
    Job.objects.filter(pk=first.pk).update(status="done")
    timer(run, "3")
    assert not refused(lambda: timer(run, "4", "done"))
    assert refused(lambda: Job.objects.filter(key="4").update(status="ready"))


def test_a_run_has_one_live_room_and_any_number_that_are_closed():
    rooms, worker = builders.started().rooms, builders.worker()
    for generation in (1, 2):
        rooms.create(worker=worker, generation=generation, status="closed")
    rooms.create(worker=worker, generation=3, status="open")

    assert refused(lambda: rooms.create(worker=worker, generation=4, status="opening"))


def test_a_device_has_one_seat_and_those_without_one_are_no_device():
    run = builders.started()
    run.participants.create(role="customer", device="d")
    for _ in range(2):
        run.participants.create(role="agent")

    assert refused(lambda: run.participants.create(role="customer", device="d"))
