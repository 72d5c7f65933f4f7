"""The desk: who is served by whom, rings, seats, wrap-up; and its socket."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext

from flow.events import RunCancelled
from runtime import attendance, board, claims, dispatch, driver
from runtime.clock import now_ms
from runtime.desk import positions, routing
from runtime.errors import EffectFailedError
from runtime.models import AgentPresence, Job, Participant, Queue, QueueEntry, Run
from runtime.standing import Seat
from tests.runtime import builders

T0 = 1_800_000_000_000
MINUTE = 60_000


def agent(name: str, *, free_since: int = T0) -> AgentPresence:
    user = builders.staff(name)
    presence = routing.find_agent(user, builders.workspace().pk)
    AgentPresence.objects.filter(pk=presence.pk).update(
        status="available", since_ms=free_since, seen_at_ms=free_since
    )
    presence.refresh_from_db()
    return presence


def wait_in_line(run, *, at: int = T0, priority: int = 0, activity: str = "queue.1"):
    return routing.enqueue(
        run.pk, activity=activity, queue="retail", skills=[], priority=priority, now_ms=at
    )


def signals(run) -> list[tuple[str, dict[str, Any]]]:
    jobs = Job.objects.filter(run=run, kind="Signal").order_by("id")
    told = [builders.payload_of(one) for one in jobs]
    return [(one["name"], one["data"]) for one in told]


@pytest.fixture
def runs(db):
    three = [builders.started() for _ in range(3)]
    for run in three:
        builders.be_present(run)
    return three


def test_the_longest_waiting_is_served_first(runs):
    positions = [wait_in_line(run, at=T0 + n) for n, run in enumerate(runs)]
    wang = agent("wang")

    routing.route(wang.workspace_id, T0 + MINUTE)

    wang.refresh_from_db()
    assert positions == [1, 2, 3]
    assert (wang.status, wang.run_id) == ("ringing", runs[0].pk)
    assert signals(runs[0])[-1][0] == "assigned"


def test_priority_goes_before_time(runs):
    wait_in_line(runs[0], at=T0)
    wait_in_line(runs[1], at=T0 + 1, priority=5)
    wang = agent("wang")

    routing.route(wang.workspace_id, T0 + MINUTE)

    wang.refresh_from_db()
    assert wang.run_id == runs[1].pk


def test_the_agent_free_for_longest_is_asked(runs):
    agent("wang", free_since=T0)
    lin = agent("lin", free_since=T0 - MINUTE)

    wait_in_line(runs[0])

    lin.refresh_from_db()
    assert lin.run_id == runs[0].pk


def tell_positions() -> None:
    """Perform what is planned about positions, as if its moment had come."""
    for job in Job.objects.filter(kind="TellPositions", status="ready"):
        positions.tell_changes(job.payload["queue"], job.due_at_ms)
        Job.objects.filter(pk=job.pk).update(status="done")


def test_positions_are_told_only_when_they_change(runs):
    for n, run in enumerate(runs):
        wait_in_line(run, at=T0 + n)
    tell_positions()
    before = [len(signals(run)) for run in runs]

    routing.route(builders.workspace().pk, T0 + 2_000)
    tell_positions()
    quiet = [len(signals(run)) for run in runs]
    routing.dequeue(runs[0].pk, T0 + 4_000)
    tell_positions()

    assert quiet == before
    assert signals(runs[1])[-1] == ("position", {"position": 1, "eta_s": None})
    assert signals(runs[2])[-1] == ("position", {"position": 2, "eta_s": None})


def test_who_leaves_together_moves_the_others_once(runs):
    for n, run in enumerate(runs):
        wait_in_line(run, at=T0 + n)
    tell_positions()
    before = len(signals(runs[2]))

    routing.dequeue(runs[0].pk, T0 + 4_000)
    routing.dequeue(runs[1].pk, T0 + 4_100)
    tell_positions()

    assert len(signals(runs[2])) == before + 1
    assert signals(runs[2])[-1] == ("position", {"position": 1, "eta_s": None})


def test_who_leaves_a_long_queue_costs_no_more_than_from_a_short_one(runs):
    for run in runs:
        wait_in_line(run)
    read: list[QueueEntry] = []
    post_init.connect(_note := lambda instance, **_: read.append(instance), sender=QueueEntry)

    routing.dequeue(runs[0].pk, T0 + 1)
    routing.free(runs[0].pk, T0 + 1)
    post_init.disconnect(_note, sender=QueueEntry)

    assert not read
    assert Job.objects.filter(kind="TellPositions").count() == 1


def test_a_second_that_moves_all_who_wait_costs_as_many_statements_as_one_that_moves_one(runs):
    for run in runs:
        wait_in_line(run)
    routing.dequeue(runs[0].pk, T0)
    with CaptureQueriesContext(connection) as for_two:
        positions.tell_changes(Queue.objects.get().pk, T0 + MINUTE)
    routing.dequeue(runs[1].pk, T0 + MINUTE)
    Job.objects.filter(kind="Signal").update(status="done")
    with CaptureQueriesContext(connection) as for_one:
        positions.tell_changes(Queue.objects.get().pk, T0 + 2 * MINUTE)

    assert len(for_two) == len(for_one)
    assert [data["position"] for _, data in signals(runs[2])] == [2, 1]


def test_a_ring_goes_to_the_reserved_agent_and_is_idempotent(runs):
    wang = agent("wang")
    wait_in_line(runs[0])

    rings = [
        routing.ring(
            runs[0].pk, activity="connect.1", queue="retail", exclude=frozenset(), now_ms=T0 + n
        )
        for n in (1, 2)
    ]

    assert {one.pk for one in rings} == {wang.pk}
    assert board.rings_for(wang.user, runs[0].pk, "connect.1")
    desk = board.desk_of(wang.user, wang.workspace_id, T0 + 3)
    assert desk["ring"]["run"] == str(runs[0].pk)


@pytest.mark.django_db
def test_a_ring_says_which_flow_which_queue_and_what_the_run_knows():
    run = builders.entered(builders.call_graph())
    Run.objects.filter(pk=run.pk).update(locale="zh-Hans")
    wait_in_line(run)
    wang = agent("wang")
    routing.ring(
        run.pk, activity="connect.1", queue="retail", exclude=frozenset(), now_ms=T0 + MINUTE
    )

    ring = board.desk_of(wang.user, wang.workspace_id, T0 + MINUTE)["ring"]

    assert ring["flow"] == run.version.flow.name
    assert ring["locale"] == "zh-Hans"
    assert ring["waited_ms"] == MINUTE
    assert ring["reason"] == {"en": "Skill queue", "zh-Hans": "技能队列"}
    assert [one["value"] for one in ring["facts"]] == [run.number]


def test_who_is_away_keeps_the_place_and_is_passed_over_until_back(runs):
    builders.be_present(runs[0], here=False)
    for n, run in enumerate(runs[:2]):
        wait_in_line(run, at=T0 + n)
    wang = agent("wang")
    routing.route(wang.workspace_id, T0 + 10)
    lin = agent("lin")
    routing.route(wang.workspace_id, T0 + 11)
    lin.refresh_from_db()
    passed_over = lin.run_id

    customer = builders.be_present(runs[0], here=False)
    attendance.arrive(customer.pk, "tab", T0 + 12)

    wang.refresh_from_db()
    lin.refresh_from_db()
    assert wang.run_id == runs[1].pk
    assert (passed_over, lin.run_id) == (None, runs[0].pk)


@pytest.mark.django_db
def test_a_ring_is_withdrawn_while_the_customer_is_away():
    builders.live_worker()
    run, _ = builders.joined(builders.call_graph())
    wang = agent("wang")
    customer = builders.customer_of(run)
    at = now_ms()
    seat = attendance.arrive(customer.pk, "tab", at)
    builders.perform_all(at)
    wang.refresh_from_db()
    rang = wang.status

    attendance.depart(seat, at)
    gone = at + attendance.GRACE_MS
    builders.perform_all(gone)
    builders.perform_all(gone + 1_000)  # what that led to is due when it was done
    wang.refresh_from_db()
    away = (wang.status, board.desk_of(wang.user, wang.workspace_id, at)["ring"])
    attendance.arrive(customer.pk, "tab", gone + 2_000)
    builders.perform_all(gone + 2_000)
    builders.perform_all(gone + 3_000)

    wang.refresh_from_db()
    assert rang == "ringing"
    assert away == ("available", None)
    assert (wang.status, wang.run_id) == ("ringing", run.pk)
    assert board.desk_of(wang.user, wang.workspace_id, at)["ring"]["run"] == str(run.pk)
    assert driver.is_snapshot_true(run.pk)


def test_who_has_not_heard_the_last_position_is_told_no_further_one_until_then(runs):
    for n, run in enumerate(runs):
        wait_in_line(run, at=T0 + n)
    heard = Job.objects.filter(run=runs[2], kind="Signal")
    for n, gone in enumerate(runs[:2], start=2):
        routing.dequeue(gone.pk, T0 + n * 1_000)
        tell_positions()
    behind = [data["position"] for _, data in signals(runs[2])]

    heard.update(status="done")
    tell_positions()

    assert behind == [2]
    assert [data["position"] for _, data in signals(runs[2])] == [2, 1]


@pytest.mark.django_db
def test_an_agent_reserved_for_who_drops_before_the_ring_is_free_at_once():
    run = builders.started()
    customer = builders.be_present(run)
    wang = agent("wang")
    wait_in_line(run)

    Participant.objects.filter(pk=customer.pk).update(epoch=1)
    seat = Seat(participant=customer.pk, run=run.pk, role="customer", name="", epoch=1)
    attendance.depart(seat, T0)
    Job.objects.exclude(kind="NoteLeft").update(status="done", lease_until_ms=None)
    builders.perform_all(T0 + attendance.GRACE_MS)

    wang.refresh_from_db()
    assert (wang.status, wang.run_id) == ("available", None)


@pytest.mark.django_db
def test_a_ring_nobody_waits_for_any_more_is_taken_back():
    builders.live_worker()
    run = builders.entered(builders.call_graph())
    wang = agent("wang")
    job = _until_claimed("RingAgent")

    cancelled = RunCancelled(at_ms=now_ms(), by="user:1", reason="test")
    driver.advance_run(run.pk, cancelled, key="cancel", actor="user:1")
    dispatch.perform(job, now_ms())

    wang.refresh_from_db()
    assert (wang.status, wang.run_id) == ("available", None)


def _until_claimed(kind: str) -> Job:
    """Perform jobs up to the one of this kind, which stays claimed."""
    for _ in range(20):
        for job in claims.claim(now_ms(), limit=1):
            if job.kind == kind:
                return job
            dispatch.perform(job, now_ms())
    raise AssertionError(f"no {kind} was asked for")


def test_an_excluded_agent_is_not_rung_again(runs):
    wang, lin = agent("wang"), agent("lin", free_since=T0 + 1)
    wait_in_line(runs[0])

    rung = routing.ring(
        runs[0].pk,
        activity="connect.1",
        queue="retail",
        exclude=frozenset({str(wang.user_id)}),
        now_ms=T0,
    )

    wang.refresh_from_db()
    assert rung.pk == lin.pk
    assert (wang.status, wang.run_id) == ("available", None)


def test_with_nobody_free_a_ring_is_busy(runs):
    with pytest.raises(EffectFailedError) as failure:
        routing.ring(
            runs[0].pk, activity="connect.1", queue="retail", exclude=frozenset(), now_ms=T0
        )

    assert (failure.value.code, failure.value.final) == ("busy", True)


def test_a_seated_agent_wraps_up_after_the_run_and_is_free_again(runs):
    wang = agent("wang")
    wait_in_line(runs[0])

    seat = routing.seat(runs[0].pk, str(wang.user_id), T0 + 1)
    again = routing.seat(runs[0].pk, str(wang.user_id), T0 + 2)
    with pytest.raises(EffectFailedError):
        routing.set_presence(wang.user, wang.workspace_id, "away", T0 + 3)
    routing.free(runs[0].pk, T0 + 4)
    wang.refresh_from_db()
    wrapping = wang.status
    builders.perform_all(T0 + 4 + routing.WRAP_UP_MS)

    wang.refresh_from_db()
    assert seat.pk == again.pk
    assert Participant.objects.filter(run=runs[0], role="agent").count() == 1
    assert (wrapping, wang.status) == ("wrap_up", "available")
    assert not QueueEntry.objects.exclude(status="left").exists()


def test_an_agent_busy_elsewhere_cannot_be_seated(runs):
    wang = agent("wang")
    routing.seat(runs[0].pk, str(wang.user_id), T0)

    with pytest.raises(EffectFailedError) as failure:
        routing.seat(runs[1].pk, str(wang.user_id), T0)

    assert failure.value.code == "busy"


def test_a_reservation_that_never_rings_is_released(runs):
    wang = agent("wang")
    wait_in_line(runs[0])
    Job.objects.exclude(kind="Release").update(status="done", lease_until_ms=None)

    builders.perform_all(T0 + routing.RESERVED_FOR_MS + 1)

    wang.refresh_from_db()
    assert wang.status == "available"


def test_who_closes_the_desk_is_away_after_the_grace(runs):
    wang = agent("wang")

    routing.leave_desk(wang, T0 + 1)
    builders.perform_all(T0 + 1 + routing.DESK_GRACE_MS)

    wang.refresh_from_db()
    assert wang.status == "away"


def test_desks_that_hear_of_a_change_at_once_read_the_floor_once(runs, django_assert_num_queries):
    first, second = (builders.staff(one) for one in ("wang", "lea"))
    line = (builders.workspace().pk, T0)
    for one in (first, second):
        routing.find_agent(one, builders.workspace().pk)
    wait_in_line(runs[0])
    heard_s = time.monotonic()
    desk = board.desk_of(first, *line, since_s=heard_s)

    with django_assert_num_queries(1):  # what the second has handled today
        other = board.desk_of(second, *line, since_s=heard_s)

    assert other["waiting"] == desk["waiting"] != []


def test_a_desk_that_hears_later_is_shown_what_came_later(runs):
    user, line = builders.staff("wang"), (builders.workspace().pk, T0)
    wait_in_line(runs[0])
    before = board.desk_of(user, *line, since_s=time.monotonic())
    wait_in_line(runs[1])
    after = board.desk_of(user, *line, since_s=time.monotonic())

    assert [len(one["waiting"]) for one in (before, after)] == [1, 2]
