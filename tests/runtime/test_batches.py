"""Jobs performed together: one that fails costs the others nothing, a run's keep their order."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, transaction

from runtime import batches, claims, outbox
from runtime.clock import now_ms
from runtime.effects import table
from runtime.effects.outcome import Silent
from runtime.errors import EffectFailedError
from runtime.models import Job, Run, RunEvent
from tests.runtime import builders

KIND = "CheckDesk"
AT_MS = 2_000


@pytest.fixture
def performed(monkeypatch):
    """Names of the jobs in the order of their effects; those named in `broken` fail after them."""
    names: list[str] = []
    broken: dict[str, Exception] = {}

    def perform(job, _now):
        names.append(job.name)
        outbox.put(KIND, key=f"left by {job.name}", due_at_ms=2 * AT_MS)
        if job.name in broken:
            raise broken[job.name]
        return Silent()

    monkeypatch.setitem(table.EFFECTS, KIND, perform)
    return names, broken


def add(*names: str, run: Run | None = None) -> None:
    for name in names:
        Job.objects.create(run=run, key=name, name=name, kind=KIND, due_at_ms=1_000)


def status_of(*names: str) -> list[str]:
    return [Job.objects.get(key=name).status for name in names]


def perform_due() -> None:
    batches.perform(claims.claim(AT_MS, limit=100), AT_MS)


@pytest.mark.django_db
@pytest.mark.parametrize("error", [EffectFailedError("no_luck"), RuntimeError("broken")])
def test_a_job_that_fails_does_not_hold_up_the_others(performed, error):
    _, broken = performed
    broken["bad"] = error
    add("first", "bad", "last")

    perform_due()

    assert status_of("first", "bad", "last") == ["done", "ready", "done"]
    assert Job.objects.get(key="bad").attempt == 1
    left = Job.objects.filter(key__startswith="left by").values_list("key", flat=True)
    assert sorted(left) == ["left by first", "left by last"]


@pytest.mark.django_db
def test_a_batch_of_failures_comes_to_an_end(performed):
    _, broken = performed
    bad = [f"bad{number}" for number in range(2 * batches.PARTINGS)]
    broken.update({name: RuntimeError("broken") for name in bad})
    add("good", *bad)

    perform_due()

    assert status_of("good", *bad) == ["done", *["ready"] * len(bad)]
    assert {Job.objects.get(key=name).attempt for name in bad} == {1}


@pytest.mark.django_db
def test_what_a_run_asked_for_later_waits_for_the_job_that_failed(performed):
    names, broken = performed
    broken["bad"] = EffectFailedError("no_luck")
    run = builders.started()
    add("first", "bad", "later", run=run)
    add("other", run=builders.started())

    perform_due()

    assert "later" not in names
    assert status_of("first", "bad", "later", "other") == ["done", "ready", "ready", "done"]
    assert Job.objects.get(key="later").attempt == 0
    again = claims.claim(AT_MS, limit=100)
    assert [job.name for job in again] == []  # `later` waits for `bad`, which rests


@pytest.mark.django_db
@pytest.mark.usefixtures("performed")
def test_a_job_that_somebody_took_over_is_left_to_them():
    add("ours", "theirs", run=builders.started())
    jobs = claims.claim(AT_MS, limit=100)
    Job.objects.filter(key="theirs").update(fence=7)

    batches.perform(jobs, AT_MS)

    assert status_of("ours", "theirs") == ["done", "leased"]
    assert Job.objects.get(key="theirs").fence == 7


@pytest.mark.django_db
def test_timers_of_many_runs_fire_together_and_once():
    runs = [builders.started(builders.consent_graph(timeout_s=60)) for _ in range(3)]
    later = now_ms() + 3_600_000

    jobs = claims.claim(later, limit=100)
    batches.perform(jobs, later)
    batches.perform(jobs, later)

    fired = RunEvent.objects.filter(kind="TimerFired")
    assert sorted(one.run_id for one in fired) == sorted(run.pk for run in runs)
    assert set(Job.objects.filter(kind="SetTimer").values_list("status", flat=True)) == {"done"}


@pytest.mark.django_db
def test_an_answer_that_nobody_waits_for_is_taken_in_silence():
    runs = [builders.started() for _ in range(2)]
    for run in runs:
        Job.objects.create(run=run, key=f"{run.pk}/late:0", kind="Dequeue", due_at_ms=1_000)

    perform_due()

    assert status_of(*(f"{run.pk}/late:0" for run in runs)) == ["done", "done"]
    assert not RunEvent.objects.filter(kind="CommandFailed").exists()


@pytest.mark.usefixtures("committed")
def test_others_get_to_write_while_many_jobs_are_worked_off(performed, monkeypatch):
    effect = table.EFFECTS[KIND]
    is_over, turns = threading.Event(), list[int]()

    def perform(job, now):
        time.sleep(0.002)  # the lock is held nearly all the time
        return effect(job, now)

    def write() -> None:
        while not is_over.is_set():
            with transaction.atomic():
                outbox.put(KIND, key=f"turn {len(turns)}", due_at_ms=2 * AT_MS)
            turns.append(1)
            time.sleep(0.01)
        connection.close()

    monkeypatch.setitem(table.EFFECTS, KIND, perform)
    slices = 20
    add(*(f"job {number}" for number in range(slices * batches.SLICE)))
    jobs = claims.claim(AT_MS, limit=1_000)
    other = threading.Thread(target=write)
    other.start()
    batches.perform(jobs, AT_MS)
    is_over.set()
    other.join()

    assert len(turns) > slices / 2
