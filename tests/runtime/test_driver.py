"""The driver: one event, one transaction; duplicates, conflicts, the chain, and replay."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    connection,
    connections,
    transaction,
)

from flow import codec
from flow.errors import EventRefusedError
from flow.events import Acted, ActivityId, ParticipantId, ParticipantJoined
from flow.graph import JsonObject
from runtime import driver, states, steps
from runtime.chain import GENESIS, event_hash
from runtime.clock import now_ms
from runtime.errors import UnknownRunError
from runtime.evidence.verify import verify_events
from runtime.ledger import Ledger, Written
from runtime.models import Job, Run, RunEvent
from tests.runtime import builders


def joined(name: str = "p1") -> ParticipantJoined:
    return ParticipantJoined(
        at_ms=now_ms(), participant=ParticipantId(name), role="customer", name=name
    )


def agreed(activity: str = "consent.1") -> Acted:
    return Acted(
        at_ms=now_ms(),
        activity=ActivityId(activity),
        action="agree",
        participant=ParticipantId("p1"),
        role="customer",
    )


@pytest.mark.django_db
def test_a_run_starts_with_one_event_and_its_timers():
    run = builders.started()

    assert run.seq == 1
    assert run.status == Run.Status.OPEN
    assert "SetTimer" in builders.pending_kinds(run)


@pytest.mark.django_db
def test_the_same_key_answers_the_first_seq_and_changes_nothing():
    run = builders.started()

    first = driver.advance_run(run.pk, joined(), key="k", actor="test")
    again = driver.advance_run(run.pk, joined("someone else"), key="k", actor="test")

    assert (first.seq, first.duplicate) == (2, False)
    assert (again.seq, again.duplicate) == (2, True)
    assert RunEvent.objects.filter(run=run).count() == 2


@pytest.mark.django_db
def test_a_refused_event_leaves_no_trace():
    run = builders.started()

    with pytest.raises(EventRefusedError) as refusal:
        driver.advance_run(run.pk, agreed("nothing.1"), key="k", actor="test")

    assert refusal.value.reason == "unknown_activity"
    run.refresh_from_db()
    assert run.seq == 1


@pytest.mark.django_db
def test_an_unknown_run_is_said_to_be_unknown():
    with pytest.raises(UnknownRunError):
        driver.advance_run(uuid.uuid4(), joined(), key="k", actor="test")


@pytest.mark.django_db
def test_what_runs_within_is_undone_with_the_event():
    run = builders.started()

    def mark() -> None:
        Run.objects.filter(pk=run.pk).update(locale="xx")

    with pytest.raises(EventRefusedError):
        driver.advance_run(run.pk, agreed("nothing.1"), key="k", actor="test", within=mark)

    run.refresh_from_db()
    assert run.locale == "en"


@pytest.mark.django_db
def test_events_are_chained_by_hash():
    run = builders.started()
    driver.advance_run(run.pk, joined(), key="a", actor="test")
    driver.advance_run(run.pk, agreed(), key="b", actor="test")

    events = list(RunEvent.objects.filter(run=run).order_by("seq"))

    assert [one.seq for one in events] == [1, 2, 3]
    assert [one.prev_hash for one in events] == [GENESIS, events[0].hash, events[1].hash]
    assert all(one.hash == event_hash(one) for one in events)
    run.refresh_from_db()
    assert run.head == events[-1].hash


@pytest.mark.django_db
def test_replay_gives_the_snapshot():
    run = builders.started()
    driver.advance_run(run.pk, joined(), key="a", actor="test")
    driver.advance_run(run.pk, agreed(), key="b", actor="test")

    assert driver.is_snapshot_true(run.pk)
    Run.objects.filter(pk=run.pk).update(state={**_state(run), "locale": "zh"})
    assert not driver.is_snapshot_true(run.pk)


def _state(run: Run) -> JsonObject:
    return codec.state_to_json(driver.read_run(run.pk).state)


@pytest.mark.django_db
def test_the_end_closes_the_run_and_its_timers():
    run = builders.entered()

    driver.advance_run(run.pk, agreed(), key="b", actor="test")

    run.refresh_from_db()
    assert (run.status, run.ending) == ("closed", "success")
    assert run.ended_at_ms is not None
    assert not Job.objects.filter(run=run, kind="SetTimer", status="ready").exists()
    assert "FreeRun" in builders.pending_kinds(run)


@pytest.mark.django_db
def test_the_timers_that_run_are_those_the_state_holds():
    run = builders.started(builders.call_graph())
    seen = []

    for key, event in (("a", joined()), ("b", joined("p2"))):
        driver.advance_run(run.pk, event, key=key, actor="test")
        activities = driver.read_run(run.pk).state.activities.values()
        held = {f"{run.pk}/{key}" for one in activities for key in one.timers.values()}
        timers = Job.objects.filter(run=run, kind="SetTimer")
        running = set(timers.filter(status="ready").values_list("key", flat=True))
        seen.append(len(running))
        assert running == held

    assert seen[0] > 0
    assert timers.filter(status="done").exists()  # the link's own, left behind by its step


@pytest.mark.django_db
def test_a_state_read_from_the_snapshot_is_the_one_from_memory(monkeypatch):
    run = builders.entered(builders.call_graph())

    remembered = driver.read_run(run.pk)
    monkeypatch.setattr(states, "_KNOWN", states.Memory())
    read = driver.read_run(run.pk)

    assert read.state is not remembered.state
    assert read == remembered


@pytest.mark.usefixtures("committed")
def test_threads_that_race_get_a_seq_each():
    run = builders.started()
    seqs: list[int] = []
    failures: list[Exception] = []

    def work(name: str) -> None:
        try:
            for number in range(5):
                key = f"{name}:{number}"
                seqs.append(driver.advance_run(run.pk, joined(name), key=key, actor="test").seq)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(f"p{n}",)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert failures == []
    assert sorted(seqs) == list(range(2, 22))
    assert driver.is_snapshot_true(run.pk)


@pytest.mark.usefixtures("committed")
def test_the_same_click_from_two_threads_counts_once():
    run = builders.entered()
    answers: list[driver.Advanced] = []

    def work() -> None:
        try:
            answers.append(driver.advance_run(run.pk, agreed(), key="click", actor="test"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert {one.seq for one in answers} == {3}
    assert sum(not one.duplicate for one in answers) == 1


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(
    "statement",
    ["UPDATE runtime_runevent SET kind = 'Other'", "DELETE FROM runtime_runevent"],
)
def test_the_database_refuses_to_change_events(statement):
    builders.started()

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def planned(run: Run, key: str = "a") -> Written:
    known = states.find_known(run.pk)
    assert known is not None
    return steps.plan(steps.Wish(run.pk, joined(), key, "test"), known).written


@pytest.mark.usefixtures("committed")
def test_steps_of_several_threads_go_in_one_transaction_and_who_comes_late_harms_none():
    runs = [builders.started() for _ in range(5)]
    written = [planned(one) for one in runs]
    driver.advance_run(runs[2].pk, joined("someone else"), key="first", actor="test")
    written.append(planned(runs[0], "second of its run"))

    assert list(driver._store(written)) == [True, True, False, True, True, False]
    keys = [set(one.events.values_list("key", flat=True)) - {"start"} for one in runs]
    assert keys == [{"a"}, {"a"}, {"first"}, {"a"}, {"a"}]
    assert all(driver.is_snapshot_true(one.pk) and verify_events(one)["ok"] for one in runs)


@pytest.mark.usefixtures("committed")
def test_one_step_that_breaks_leaves_none_of_its_transaction_and_each_is_done_alone(monkeypatch):
    runs = [builders.started() for _ in range(3)]
    written = [planned(one) for one in runs]
    written[1] = written[1]._replace(jobs=[*written[1].jobs, written[1].jobs[0]])

    outcomes = driver._store(written)

    assert [type(one) for one in outcomes] == [IntegrityError] * 3
    assert [RunEvent.objects.filter(run=one).count() for one in runs] == [1, 1, 1]
    monkeypatch.setattr(driver._TOGETHER, "do", raising(outcomes[0]))
    assert driver.advance_run(runs[0].pk, joined(), key="a", actor="test").seq == 2


def raising(error: object) -> Callable[[object], bool]:
    def do(_wanted: object) -> bool:
        assert isinstance(error, Exception)
        raise error

    return do


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(
    "change", [{"data_key": "k:other"}, {"erased_at_ms": 1}, {"head": "1" * 64}]
)
def test_what_is_remembered_counts_only_while_the_database_says_the_same(change):
    run = builders.started()
    written = planned(run)
    Run.objects.filter(pk=run.pk).update(**change)

    assert list(driver._store([written])) == [False]
    assert RunEvent.objects.filter(run=run).count() == 1
    assert not Job.objects.filter(run=run, key__in=[job.key for job in written.jobs]).exists()


@pytest.mark.usefixtures("committed")
def test_a_key_that_the_log_has_is_never_written_again():
    run = builders.started()
    driver.advance_run(run.pk, joined(), key="a", actor="test")

    assert list(driver._store([planned(run, "a"), planned(builders.started())])) == [False, True]


@pytest.mark.usefixtures("committed")
def test_a_step_waits_for_a_database_that_was_away_for_a_moment(monkeypatch):
    run = builders.started()
    write, times = Ledger.write, []

    def cut(self: Ledger, step: Written) -> bool:
        times.append(step.entry.seq)
        if len(times) < 3:
            raise OperationalError("server closed the connection unexpectedly")
        return write(self, step)

    monkeypatch.setattr(Ledger, "write", cut)

    assert driver.advance_run(run.pk, joined(), key="a", actor="test").seq == 2
    assert times == [2, 2, 2]
    assert driver.is_snapshot_true(run.pk)
