"""A run that is aborted after something was done for good: undone last first, or left to staff."""

from __future__ import annotations

import uuid

import pytest

from components.registry import catalogue
from flow.events import Event, IncidentRetried, IncidentSkipped, RunCancelled
from runtime import driver, screens
from runtime.clock import now_ms
from runtime.effects import undo
from runtime.effects.outcome import Done, Outcome
from runtime.errors import EffectFailedError
from runtime.models import AgentPresence, Job, Run
from runtime.standing import Seat
from tests.runtime import builders
from tests.runtime.lives import act, asking, parts  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parts")]


def told(run: Run, event: Event) -> None:
    driver.advance_run(run.pk, event, key=str(uuid.uuid4()), actor="test")
    run.refresh_from_db()


def cancelled(*before: str) -> Run:
    """A run that did each of `before` and was then cancelled; nothing is performed yet."""
    run = builders.entered(asking(*before))
    told(run, RunCancelled(at_ms=now_ms(), by="user:1", reason="wrong person"))
    return run


@pytest.fixture
def undone(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the bookings that were undone, in order."""
    done: list[int] = []

    def note(job: Job, _now: int) -> Outcome:
        done.append(job.payload["data"]["booking"])
        return Done()

    monkeypatch.setitem(undo.OPERATIONS, "core.cancel", note)
    return done


def test_what_was_done_is_undone_last_first_and_then_the_run_is_closed(undone: list[int]):
    run = cancelled("test.book1", "test.book2")
    stood = (run.status, run.ending, run.ended_at_ms)

    builders.perform_all()

    run.refresh_from_db()
    assert stood == ("compensating", "abort", None)
    assert undone == [2, 1]
    assert (run.status, run.ending) == ("closed", "abort")
    assert run.ended_at_ms is not None
    assert driver.is_snapshot_true(run.pk)


def test_a_run_that_reached_an_end_of_its_own_undoes_nothing(undone: list[int]):
    run = builders.entered(asking("test.book1"))

    act(run, "ok")
    builders.perform_all()

    assert (run.status, run.ending) == ("closed", "success")
    assert undone == []


def test_people_are_free_at_the_ending_and_do_not_wait_for_what_is_undone():
    run = builders.entered(asking("test.book1"))
    agent = builders.staff("wang", "agent")
    builders.seat(run, agent)
    AgentPresence.objects.create(
        user=agent, workspace_id=run.workspace_id, status="in_call", run=run, since_ms=now_ms()
    )

    told(run, RunCancelled(at_ms=now_ms(), by="user:1", reason="wrong person"))
    builders.perform_all()

    run.refresh_from_db()
    assert run.status == Run.Status.COMPENSATING
    assert AgentPresence.objects.get(user=agent).status == "wrap_up"
    assert Job.objects.filter(run=run, kind="FreeRun").count() == 1
    customer = builders.customer_of(run)
    seat = Seat(participant=customer.pk, run=run.pk, role="customer", name="")
    assert screens.look(seat, 0, None, now_ms()).is_over


def test_a_run_is_freed_once_though_it_closes_later(undone: list[int]):
    cancelled("test.book1")

    kinds = builders.perform_all()

    assert kinds.count("FreeRun") == 1
    assert undone == [1]


def test_an_operation_nobody_knows_is_left_to_staff():
    run = cancelled("test.book1")

    builders.perform_all()

    state = driver.read_run(run.pk).state
    assert state.incident is not None
    assert (state.incident.code, state.status) == ("not_undone", "compensating")
    assert Job.objects.get(run=run, kind="Compensate").status == Job.Status.DEAD


def test_what_could_not_be_undone_is_tried_again_when_staff_says_so(
    monkeypatch: pytest.MonkeyPatch,
):
    run = cancelled("test.book1", "test.book2")
    builders.perform_all()
    undone: list[int] = []

    def note(job: Job, _now: int) -> Outcome:
        undone.append(job.payload["data"]["booking"])
        return Done()

    monkeypatch.setitem(undo.OPERATIONS, "core.cancel", note)
    told(run, IncidentRetried(at_ms=now_ms(), by="user:1"))
    builders.perform_all()

    run.refresh_from_db()
    assert undone == [2, 1]
    assert run.status == Run.Status.CLOSED


def test_what_staff_has_seen_to_is_skipped_and_the_rest_undone(monkeypatch: pytest.MonkeyPatch):
    undone: list[int] = []

    def only_the_first(job: Job, _now: int) -> Outcome:
        if job.payload["data"]["booking"] == 2:
            raise EffectFailedError("refused", final=True)
        undone.append(1)
        return Done()

    monkeypatch.setitem(undo.OPERATIONS, "core.cancel", only_the_first)
    run = cancelled("test.book1", "test.book2")
    builders.perform_all()

    told(run, IncidentSkipped(at_ms=now_ms(), by="user:1", outcome="", reason="by telephone"))
    builders.perform_all()

    run.refresh_from_db()
    assert undone == [1]
    assert run.status == Run.Status.CLOSED


def test_a_failure_that_may_pass_is_tried_again_by_itself(monkeypatch: pytest.MonkeyPatch):
    tries: list[int] = []

    def second_time(_job: Job, now: int) -> Outcome:
        tries.append(now)
        if len(tries) == 1:
            raise EffectFailedError("core_down")
        return Done()

    monkeypatch.setitem(undo.OPERATIONS, "core.cancel", second_time)
    run = cancelled("test.book1")

    builders.perform_all()
    builders.perform_all(now_ms() + 60_000)

    run.refresh_from_db()
    assert len(tries) == 2
    assert run.status == Run.Status.CLOSED


def test_every_operation_of_a_shipped_component_can_be_undone():
    named = {one.manifest.compensation for one in catalogue().values()} - {None}

    assert named <= set(undo.OPERATIONS)
