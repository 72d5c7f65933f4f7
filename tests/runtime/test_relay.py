"""Jobs on their way through a broker: what relay, message and Celery's worker do to the row."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from config.celery import app
from runtime import claims, dispatch, outbox, relay, tasks
from runtime.clock import now_ms
from runtime.effects import table
from runtime.effects.outcome import Silent
from runtime.models import Job
from runtime.relay import Relay

KIND = "CheckDesk"


def add_jobs(count: int = 1, *, kind: str = KIND) -> None:
    for number in range(count):
        payload = {"agent": 0, "gone_at_ms": 0}
        outbox.put(kind, key=f"{kind}{number}", due_at_ms=1_000, payload=payload)


def told(at_ms: int = 2_000) -> Job:
    (job,) = claims.claim(at_ms, limit=1, for_others=True)
    return job


@pytest.fixture
def broker(monkeypatch):
    """Celery's own in memory: queues as any broker has them."""
    monkeypatch.setattr(app.conf, "broker_url", "memory://")
    app.set_current()
    with app.connection_for_write() as connection:
        for queue in (tasks.QUEUE, tasks.OUTSIDE_QUEUE):
            app.amqp.queues[queue].bind(connection.default_channel).purge()
        yield connection


@pytest.fixture
def performed(monkeypatch):
    """Keys of the jobs whose effect happened."""
    keys: list[str] = []

    def note(job, _now):
        keys.append(job.key)
        return Silent()

    monkeypatch.setitem(table.EFFECTS, KIND, note)
    return keys


@pytest.mark.django_db
def test_telling_others_of_a_job_is_no_attempt():
    add_jobs()

    job = told()
    (begun,) = claims.begin([(job.pk, job.fence)], 2_500)

    assert (job.attempt, job.fence) == (0, 1)
    assert (begun.attempt, begun.fence) == (1, 2)
    assert begun.lease_until_ms == 2_500 + claims.LEASE_MS


@pytest.mark.django_db
def test_of_two_equal_messages_one_is_performed():
    add_jobs()
    job = told()

    first = claims.begin([(job.pk, job.fence)], 2_500)
    second = claims.begin([(job.pk, job.fence)], 2_500)

    assert len(first) == 1
    assert second == []


@pytest.mark.django_db
def test_a_message_older_than_its_lease_is_void():
    add_jobs()
    old = told()
    late = 2_000 + claims.LEASE_MS + 1
    dispatch.sweep(late)
    new = told(late)

    assert claims.begin([(old.pk, old.fence)], late) == []
    assert len(claims.begin([(new.pk, new.fence)], late)) == 1


@pytest.mark.django_db
def test_an_hour_without_workers_costs_no_attempt():
    add_jobs()
    for minute in range(60):
        at = 2_000 + minute * 60_000
        told(at)
        dispatch.sweep(at + claims.LEASE_MS + 1)

    job = Job.objects.get()

    assert (job.status, job.attempt) == (Job.Status.READY, 0)


@pytest.mark.usefixtures("committed")
def test_two_relays_at_once_tell_each_job_once():
    add_jobs(30)
    told: list[int] = []

    def claim_some() -> None:
        while jobs := claims.claim(2_000, limit=3, for_others=True):
            told.extend(job.pk for job in jobs)
        connections.close_all()

    relays = [threading.Thread(target=claim_some) for _ in range(2)]
    for one in relays:
        one.start()
    for one in relays:
        one.join()

    assert len(told) == len(set(told)) == 30


@pytest.mark.django_db
def test_the_broker_holds_a_window_and_the_rest_stays_rows(broker):
    add_jobs(relay.WINDOW * relay.TOGETHER + 10)
    performer = Relay(lambda: None)
    while free := performer.free(outside=False):
        performer.take(claims.claim(2_000, limit=free, for_others=True), outside=False)

    assert performer.free(outside=True) == relay.WINDOW
    assert Job.objects.filter(status=Job.Status.READY).count() == 10


@pytest.mark.django_db
def test_a_message_carries_ids_and_fences_only(broker):
    add_jobs()
    job = told()

    Relay(lambda: None).take([job], outside=False)

    message = app.amqp.queues[tasks.QUEUE].bind(broker.default_channel).get()
    assert message is not None
    assert message.decode()[0] == [[[job.pk, job.fence]]]
    assert message.headers["eta"] is None


@pytest.mark.django_db
def test_a_broker_that_is_away_takes_nothing_and_leaves_jobs_due(monkeypatch):
    monkeypatch.setattr(app.conf, "broker_url", "amqp://127.0.0.1:1//")
    app.set_current()
    add_jobs(2)
    jobs = claims.claim(2_000, limit=2, for_others=True)
    performer = Relay(lambda: None)

    performer.take(jobs, outside=False)

    assert performer.free(outside=False) == 0
    assert set(Job.objects.values_list("status", "attempt")) == {(Job.Status.READY, 0)}


@pytest.mark.usefixtures("committed")
def test_a_task_performs_the_job_of_its_message_once(performed):
    add_jobs()
    job = told(now_ms())

    tasks.perform([(job.pk, job.fence)])
    tasks.perform([(job.pk, job.fence)])

    assert performed == [f"{KIND}0"]
    assert Job.objects.get().status == Job.Status.DONE


@pytest.mark.usefixtures("committed")
def test_a_lease_is_kept_as_long_as_the_job_is_performed(monkeypatch):
    kind = min(table.OUTSIDE)
    kept = threading.Event()
    heartbeat = claims.heartbeat

    def noted(jobs, at_ms):
        heartbeat(jobs, at_ms)
        kept.set()

    def slow(_job, _now):
        assert kept.wait(10)
        return Silent()

    monkeypatch.setattr(tasks, "BEAT_S", 0.01)
    monkeypatch.setattr(claims, "heartbeat", noted)
    monkeypatch.setitem(table.EFFECTS, kind, slow)
    add_jobs(kind=kind)
    job = told(now_ms())

    tasks.perform([(job.pk, job.fence)])
    connections.close_all()

    assert kept.is_set()
    assert Job.objects.get(kind=kind).status == Job.Status.DONE
