"""Jobs: lease and fence, order, retries, timers, and a dispatcher killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flow.events import Acted, ActivityId, ParticipantId
from runtime import claims, dispatch, driver, outbox
from runtime.clock import now_ms
from runtime.effects import table
from runtime.effects.outcome import Silent
from runtime.errors import EffectFailedError, StaleFenceError
from runtime.models import Job, QueueEntry, Run, RunEvent
from tests.runtime import builders

HOUR_MS = 3_600_000


def add_job(key: str = "j", kind: str = "CheckDesk", due_at_ms: int = 1_000) -> Job:
    outbox.put(kind, key=key, due_at_ms=due_at_ms, payload={"agent": 0, "gone_at_ms": 0})
    return Job.objects.get(key=key)


def add_command(run: Run, number: int, *, due_at_ms: int = 1_000, kind: str = "CheckDesk") -> Job:
    """One of several that a run has asked for: `x<number>`."""
    name = f"x{number}"
    return Job.objects.create(
        run=run, key=f"{run.pk}/{name}", name=name, kind=kind, due_at_ms=due_at_ms
    )


@pytest.fixture
def effect(monkeypatch):
    """Lets a test say what performing a `CheckDesk` job does."""

    def use(performed):
        monkeypatch.setitem(table.EFFECTS, "CheckDesk", performed)

    return use


@pytest.mark.django_db
def test_a_job_is_claimed_once():
    add_job()

    first = claims.claim(2_000, limit=5)
    second = claims.claim(2_000, limit=5)

    assert [one.key for one in first] == ["j"]
    assert second == []
    assert first[0].fence == 1


@pytest.mark.django_db
def test_a_job_is_not_claimed_before_it_is_due():
    add_job(due_at_ms=5_000)

    assert claims.claim(4_999, limit=5) == []
    assert claims.next_due_ms(4_999) == 5_000
    assert len(claims.claim(5_000, limit=5)) == 1


@pytest.mark.django_db
def test_a_lapsed_lease_is_claimed_again_and_the_old_holder_is_fenced_off():
    add_job()
    (old,) = claims.claim(2_000, limit=1)
    late = 2_000 + claims.LEASE_MS + 1

    dispatch.sweep(late)
    (new,) = claims.claim(late, limit=1)

    assert new.fence == 2
    with pytest.raises(StaleFenceError):
        dispatch.conclude(old, Silent(), late)
    dispatch.conclude(new, Silent(), late)
    assert Job.objects.get(key="j").status == Job.Status.DONE


@pytest.mark.django_db
def test_a_job_that_kills_is_given_up_but_not_one_that_had_bad_company():
    add_job()
    at, deaths = 2_000, 0
    while claims.claim(at, limit=1) and deaths < 20:
        deaths += 1
        at += claims.LEASE_MS + 1
        dispatch.sweep(at)

    job = Job.objects.get(key="j")
    assert deaths == dispatch.DEATHS > dispatch.ATTEMPTS
    assert (job.status, job.problem) == (
        Job.Status.DEAD,
        "internal: the process performing it died",
    )


@pytest.mark.django_db
def test_a_heartbeat_keeps_the_lease():
    add_job()
    (job,) = claims.claim(2_000, limit=1)

    claims.heartbeat([job], 2_000 + claims.LEASE_MS)
    dispatch.sweep(2_000 + claims.LEASE_MS + 1)

    assert Job.objects.get(key="j").status == Job.Status.LEASED


@pytest.mark.django_db
def test_a_failing_effect_is_tried_again_later_and_then_given_up(effect):
    def fail(_job, _now):
        raise EffectFailedError("no_luck")

    effect(fail)
    add_job()
    at, tries = 2_000, 0
    while (jobs := claims.claim(at, limit=1)) and tries < 20:
        tries += 1
        dispatch.perform(jobs[0], at)
        at = Job.objects.get(key="j").due_at_ms

    job = Job.objects.get(key="j")
    assert tries == dispatch.ATTEMPTS
    assert job.status == Job.Status.DEAD
    assert job.problem == "no_luck"


@pytest.mark.django_db
def test_what_a_broken_effect_wrote_is_undone(effect):
    def half(_job, now):
        outbox.put("CheckDesk", key="half", due_at_ms=now)
        raise RuntimeError("broken")

    effect(half)
    add_job()

    dispatch.perform(claims.claim(2_000, limit=1)[0], 2_000)

    assert not Job.objects.filter(key="half").exists()
    assert Job.objects.get(key="j").status == Job.Status.READY


@pytest.mark.django_db
def test_a_timer_fires_once_even_after_an_outage():
    run = builders.started(builders.consent_graph(timeout_s=60))
    later = now_ms() + HOUR_MS

    kinds = builders.perform_all(later)
    builders.perform_all(later + HOUR_MS)

    run.refresh_from_db()
    assert "SetTimer" in kinds
    assert (run.status, run.ending) == ("closed", "reject")
    assert RunEvent.objects.filter(run=run, kind="TimerFired").count() == 1


@pytest.mark.django_db
def test_an_effect_that_fails_for_good_is_told_to_the_run():
    run = builders.entered(builders.call_graph())
    Job.objects.filter(run=run, kind="Enqueue").update(kind="RingAgent")
    Job.objects.filter(run=run, kind="RingAgent").update(payload={"queue": "q", "exclude": []})

    builders.perform_all()

    failed = RunEvent.objects.get(run=run, kind="CommandFailed")
    assert builders.said_by(failed)["code"] == "busy"


@pytest.mark.django_db
def test_commands_of_a_run_are_performed_in_order():
    run = builders.started()
    for number in range(3):
        add_command(run, number, due_at_ms=1_000 - number)

    (first,) = claims.claim(2_000, limit=1)
    meanwhile = claims.claim(2_000, limit=10)
    claims.give_back([first])
    at_once = claims.claim(2_000, limit=10)

    assert (first.name, meanwhile) == ("x0", [])
    assert sorted(one.name for one in at_once) == ["x0", "x1", "x2"]


WORKER = """
import os, sys, time
import django
django.setup()
from runtime import claims, dispatch
from runtime.clock import now_ms
from runtime.effects import desk, table
performed = table.EFFECTS["Enqueue"]
def slow(job, now):
    outcome = performed(job, now)
    print("in the middle", flush=True)
    time.sleep(60)
    return outcome
if sys.argv[1] == "slow":
    table.EFFECTS["Enqueue"] = slow
from runtime.dispatcher import Dispatcher
import signal
dispatcher = Dispatcher()
signal.signal(signal.SIGTERM, dispatcher.stop)
print("started", flush=True)
dispatcher.run()
"""


def run_dispatcher(how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, how],
        env={**os.environ, **builders.own_site()},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.timeout(120)  # two processes that load Django, on a machine that may be busy
@pytest.mark.usefixtures("committed")
def test_kill_9_in_the_middle_of_a_job_leaves_one_effect(monkeypatch):
    run = builders.entered(builders.call_graph())
    first = run_dispatcher("slow")
    assert first.stdout is not None
    while first.stdout.readline().strip() != "in the middle":
        assert first.poll() is None
    first.send_signal(signal.SIGKILL)
    first.wait(10)

    second = run_dispatcher("plain")
    deadline = time.monotonic() + 45
    while time.monotonic() < deadline and not _is_queued(run):
        time.sleep(0.05)
    second.send_signal(signal.SIGTERM)

    assert second.wait(30) == 0
    assert _is_queued(run)
    assert QueueEntry.objects.filter(run=run).count() == 1
    done = RunEvent.objects.filter(run=run, kind="CommandCompleted")
    assert [builders.said_by(one)["key"] for one in done] == ["queue.1:0"]
    assert driver.is_snapshot_true(run.pk)
    assert Job.objects.get(run=run, kind="Enqueue").fence == 2


def _is_queued(run: Run) -> bool:
    return RunEvent.objects.filter(run=run, kind="CommandCompleted").exists()


@pytest.mark.django_db
def test_an_answer_after_the_end_is_taken_in_silence():
    run = builders.entered()
    Job.objects.create(run=run, key=f"{run.pk}/late:0", kind="Dequeue", due_at_ms=1_000)
    acted = Acted(
        at_ms=now_ms(),
        activity=ActivityId("consent.1"),
        action="agree",
        participant=ParticipantId("p"),
        role="customer",
    )
    driver.advance_run(run.pk, acted, key="end", actor="test")

    builders.perform_all()

    assert Job.objects.get(key=f"{run.pk}/late:0").status == Job.Status.DONE
    assert driver.replay(run.pk).ending is not None
