"""What has served is deleted after its time, in batches; what may still be asked for stays."""

from __future__ import annotations

import uuid

import pytest

from runtime import housekeeping
from runtime.dispatcher import Dispatcher
from runtime.models import Job, PeerOffer, Room, WorkerRequest
from tests.runtime import builders

NOW = 1_800_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR

pytestmark = pytest.mark.django_db


def job(key: str, *, status: str = "done", due: int = NOW - DAY - 1) -> Job:
    held = NOW + HOUR if status in ("leased", "waiting") else None
    return Job.objects.create(
        key=key, kind="Signal", status=status, due_at_ms=due, lease_until_ms=held
    )


def room() -> Room:
    run = builders.started()
    return Room.objects.create(run=run, worker=builders.worker(), generation=1, status="open")


def request(of: Room, *, waits: Job | None = None, deadline: int = NOW - HOUR - 1) -> WorkerRequest:
    return WorkerRequest.objects.create(
        worker=of.worker, room=of, job=waits, kind="peer.offer", deadline_ms=deadline
    )


def test_only_done_jobs_past_their_time_go():
    job("old")
    job("recent", due=NOW - DAY + 1)
    for status in ("dead", "ready", "leased", "waiting"):
        job(status, status=status)

    housekeeping.clear(NOW)

    left = set(Job.objects.filter(run=None).values_list("key", flat=True))
    assert left == {"recent", "dead", "ready", "leased", "waiting"}


def test_session_descriptions_go_after_an_hour_unless_a_job_still_waits():
    here = room()
    waiting, done = job("waiting", status="waiting"), job("done", due=NOW)
    request(here)
    request(here, waits=done)
    kept = {request(here, waits=waiting).pk, request(here, deadline=NOW - HOUR + 1).pk}
    for at in (NOW - HOUR - 1, NOW - HOUR + 1):
        PeerOffer.objects.create(
            pk=uuid.uuid4(), room=here, participant="p", peer="t", sdp="v=0", at_ms=at
        )

    housekeeping.clear(NOW)

    assert set(WorkerRequest.objects.values_list("pk", flat=True)) == kept
    assert list(PeerOffer.objects.values_list("at_ms", flat=True)) == [NOW - HOUR + 1]


def test_a_job_outlives_the_request_it_was_about():
    here, done = room(), job("done")
    request(here, waits=done, deadline=NOW)

    housekeeping.clear(NOW)
    first = Job.objects.filter(pk=done.pk).exists()
    housekeeping.clear(NOW + HOUR + 1)
    housekeeping.clear(NOW + HOUR + 1)

    assert first
    assert not Job.objects.filter(pk=done.pk).exists()


def test_it_takes_a_batch_at_a_time(monkeypatch):
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    for number in range(5):
        job(f"old-{number}")

    gone = [housekeeping.clear(NOW) for _ in range(4)]

    assert gone == [2, 2, 1, 0]


def test_the_dispatcher_clears_now_and_then():
    job("old")
    dispatcher = Dispatcher(clock=lambda: NOW)

    dispatcher._keep_house(NOW)

    assert not Job.objects.filter(key="old").exists()
