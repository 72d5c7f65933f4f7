"""The ledger: what a step leaves behind is stored as it is, alone or with others, or not at all."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import DatabaseError, connection, transaction

from flow.events import ParticipantId, ParticipantJoined
from runtime import driver, states, steps
from runtime.clock import now_ms
from runtime.ledger import Ledger, Queued, Written
from runtime.models import Job, Run, RunEvent
from runtime.statements import Statements
from tests.runtime import builders

pytestmark = pytest.mark.usefixtures("committed")

TEXTS = ("", "NULL", '"', "\\", '\\"', "a,b", "{a}", "'", "%s $1 ?", "同意 🙂", "a\nb")


def planned(run: Run, key: str = "a") -> Written:
    came = ParticipantJoined(
        at_ms=now_ms(), participant=ParticipantId("p1"), role="customer", name="p1"
    )
    known = states.find_known(run.pk)
    assert known is not None
    return steps.plan(steps.Wish(run.pk, came, key, "test"), known).written


def asking(run: Run, text: str) -> Written:
    """A step whose key is that text, and whose one job has it wherever a text may stand."""
    job = Queued(f"{run.pk}/{text}", "SetTimer", text, text, '{"a": "\\""}', now_ms())
    return planned(run, f"key {text}")._replace(jobs=[job])


def ledger() -> Ledger:
    return Ledger(Statements(connection))


def is_whole(step: Written) -> bool:
    event = RunEvent.objects.get(run=step.run_id, seq=step.entry.seq)
    jobs = [Job.objects.get(key=job.key) for job in step.jobs]
    told = [(job.key, job.kind, job.activity, job.name, job.due_at_ms) for job in jobs]
    is_entry_whole = (event.key, event.actor, event.hash) == (
        step.entry.key,
        step.entry.actor,
        step.entry.hash,
    )
    return is_entry_whole and told == [(*job[:4], job.due_at_ms) for job in step.jobs]


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_is_stored_as_it_is(text):
    alone, one, other = (asking(builders.started(), text) for _ in range(3))

    assert ledger().write(alone)
    assert ledger().write_together([one, other]) == [True, True]

    assert all(is_whole(step) for step in (alone, one, other))
    assert Job.objects.get(key=alone.jobs[0].key).payload == {"a": '"'}


def test_a_text_is_never_cut_short():
    step = asking(builders.started(), "cut\0here")

    with suppress(DatabaseError), transaction.atomic():  # PostgreSQL has no such texts
        ledger().write(step)

    stored = RunEvent.objects.filter(run=step.run_id, seq=step.entry.seq)
    assert not stored.exists() or is_whole(step)


def test_every_timer_that_is_over_is_ended_and_no_other():
    run = builders.started()
    jobs = [Queued(f"{run.pk}/{n}", "SetTimer", "a", str(n), "{}", now_ms()) for n in range(4)]
    assert ledger().write(planned(run)._replace(jobs=jobs))
    states.forget(run.pk)
    driver.read_run(run.pk)

    over = [jobs[1].key, jobs[2].key]
    assert ledger().write(planned(run, "b")._replace(ended=over, jobs=[]))

    left = Job.objects.filter(run=run, activity="a", status=Job.Status.READY)
    assert set(left.values_list("name", flat=True)) == {"0", "3"}


def test_a_step_goes_with_the_transaction_that_it_begins():
    step = asking(builders.started(), "text")

    with transaction.atomic():
        assert ledger().write(step)
        transaction.set_rollback(True)
    assert not RunEvent.objects.filter(run=step.run_id, seq=step.entry.seq).exists()

    with transaction.atomic():
        assert ledger().write(step)
    assert is_whole(step)


def test_steps_are_stored_by_a_connection_that_has_forgotten_how():
    first, second = builders.started(), builders.started()
    assert ledger().write(asking(first, "before"))
    with suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing_of_the_kind")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")

    assert ledger().write(asking(second, "after"))
    assert RunEvent.objects.filter(run=second, key="key after").exists()


def test_a_step_that_the_database_refuses_leaves_nothing_and_harms_no_other():
    run, other = builders.started(), builders.started()
    twice = asking(run, "twice")
    twice = twice._replace(jobs=twice.jobs * 2)

    with pytest.raises(DatabaseError):
        ledger().write_together([twice])
    assert ledger().write_together([asking(other, "well")]) == [True]

    assert Run.objects.get(pk=run.pk).seq == 1
    assert not Job.objects.filter(key=twice.jobs[0].key).exists()
