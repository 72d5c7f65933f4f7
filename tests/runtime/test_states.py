"""Where a run's state comes from, whoever asks."""

from __future__ import annotations

import uuid

import pytest
from django.db import transaction

from flow.events import ParticipantId, ParticipantJoined, RunSuspended
from runtime import driver, states
from runtime.clock import now_ms
from runtime.models import Run
from runtime.states import SNAPSHOT_EVERY, Memory
from tests.runtime import builders

pytestmark = pytest.mark.django_db


def join(run: Run, name: str) -> driver.Advanced:
    came = ParticipantJoined(
        at_ms=now_ms(), participant=ParticipantId(name), role="customer", name=name
    )
    return driver.advance_run(run.pk, came, key=name, actor="test")


def snapshot_seq(run: Run) -> int:
    seq: int = Run.objects.values_list("state_seq", flat=True).get(pk=run.pk)
    return seq


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process that has just started."""
    monkeypatch.setattr(states, "_KNOWN", Memory())


@pytest.mark.parametrize("steps", range(SNAPSHOT_EVERY + 3))
def test_who_remembers_nothing_folds_the_tail(steps, monkeypatch):
    run = builders.started()
    for n in range(steps):
        join(run, f"p{n}")
    remembered = driver.read_run(run.pk)

    forget(monkeypatch)
    read = driver.read_run(run.pk)

    assert read.state is not remembered.state
    assert read == remembered
    assert snapshot_seq(run) == (SNAPSHOT_EVERY if steps + 1 >= SNAPSHOT_EVERY else 0)
    assert driver.is_snapshot_true(run.pk)


def test_who_remembers_an_older_state_folds_what_others_have_added(monkeypatch):
    run = builders.started()
    here = Memory()
    monkeypatch.setattr(states, "_KNOWN", here)
    join(run, "p1")
    forget(monkeypatch)
    join(run, "p2")
    there = driver.read_run(run.pk)

    monkeypatch.setattr(states, "_KNOWN", here)

    assert driver.read_run(run.pk) == there


def test_what_was_never_committed_is_not_remembered():
    run = builders.started()
    with transaction.atomic():
        join(run, "p1")
        transaction.set_rollback(True)

    for n in (2, 3):
        join(run, f"p{n}")

    assert set(driver.read_run(run.pk).state.people) == {"p2", "p3"}
    assert driver.is_snapshot_true(run.pk)


def test_a_run_that_halts_is_kept_as_it_stands():
    run = builders.started()

    stopped = RunSuspended(at_ms=now_ms(), by="wang", reason="a call")
    driver.advance_run(run.pk, stopped, key="stop", actor="test")

    assert snapshot_seq(run) == 2


def test_memory_is_bounded_in_number_and_time(monkeypatch):
    known, clock = states.find_known(builders.started().pk), [100.0]
    assert known is not None
    monkeypatch.setattr(states, "KEPT", 3)
    monkeypatch.setattr("runtime.states.time.monotonic", lambda: clock[0])
    memory, runs = Memory(), [uuid.uuid4() for _ in range(4)]

    for run in runs:
        memory.put(run, known)

    assert [memory.find(run) for run in runs] == [None, known, known, known]
    clock[0] += states.KEPT_S
    memory.put(runs[0], known)
    assert [memory.find(run) for run in runs] == [known, None, None, None]
