"""A core that answers late, twice, or never: one booking, or none, and the run knows which."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from runtime import claims, dispatch, driver
from runtime.clock import now_ms
from runtime.models import Connection, Job
from tests.runtime.bookings import begun, cancel, next_ms, outcome, reach, variables, work_off
from tests.runtime.core_peer import FAULTS, CorePeer, Ledger, core_peer

pytestmark = pytest.mark.django_db


@pytest.fixture
def core(settings) -> Iterator[CorePeer]:
    with core_peer() as peer:
        reach(peer, settings)
        yield peer


def test_a_good_core_books_once(core):
    run = begun()

    work_off(run)

    assert outcome(run) == "ok"
    assert variables(run)["core.ref"] == "B-1"
    assert core.ledger.booked == [f"{run.pk}/book.1"]
    assert core.ledger.heard == ["POST /place_order"]


@pytest.mark.parametrize("fault", [*FAULTS, "late"])
def test_after_each_fault_there_is_one_booking_and_the_run_knows_it(core, fault):
    core.faults.append(fault)
    run = begun()

    work_off(run)
    core.ledger.deliver_parked()

    assert outcome(run) == "ok"
    assert core.ledger.booked == [f"{run.pk}/book.1"]
    assert core.ledger.undone == []
    assert driver.is_snapshot_true(run.pk)


def test_after_a_lost_answer_the_core_is_asked_first_and_nothing_is_told_again(core):
    core.faults.append("lost_after")
    run = begun()

    work_off(run)

    assert core.ledger.heard == ["POST /place_order", f"GET /operations/{run.pk}%2Fbook.1"]


def test_a_core_that_is_down_for_a_while_books_once_it_is_back(settings):
    with core_peer() as peer:
        port = peer.port
        reach(peer, settings)
    run = begun()
    at = now_ms()
    for _ in range(3):
        for job in claims.claim(at, limit=10):
            dispatch.perform(job, at)
        at = next_ms(run, at)

    with core_peer(port) as peer:
        work_off(run)

        assert outcome(run) == "ok"
        assert peer.ledger.booked == [f"{run.pk}/book.1"]


def test_a_core_that_never_answers_leaves_nothing_behind_once_it_does(core):
    """Booked, but every answer is lost for longer than the step waits."""
    core.faults.extend(["lost_after"] * 40)
    run = begun(timeout_s=20)

    work_off(run)

    run.refresh_from_db()
    assert outcome(run) == "timeout"
    assert run.ending == "defer"
    assert core.ledger.booked == core.ledger.undone == [f"{run.pk}/book.1"]
    assert not Job.objects.filter(run=run, status__in=("ready", "leased")).exists()


def test_a_request_that_arrives_after_it_was_given_up_is_not_booked(core):
    core.faults.extend(["parked"] * 8 + ["error_before"] * 8)
    run = begun(timeout_s=5)

    work_off(run)
    core.ledger.deliver_parked()

    assert outcome(run) == "timeout"
    assert core.ledger.standing == []


def test_a_refusal_is_an_outcome_with_its_reason(core):
    core.ledger.declines = "limit"
    run = begun()

    work_off(run)

    assert outcome(run) == "declined"
    assert variables(run)["core.code"] == "limit"
    assert core.ledger.booked == []


@pytest.mark.parametrize(
    ("change", "code"),
    [({"allowed": False}, "no_connection"), ({"private": False}, "blocked")],
)
def test_what_was_never_sent_is_an_error_and_needs_no_undoing(core, change, code):
    Connection.objects.update(**change)
    run = begun()

    work_off(run)

    assert outcome(run) == "error"
    assert variables(run)["core.code"] == code
    assert core.ledger.heard == []


def test_an_answer_that_lacks_what_was_asked_for_is_undone(core):
    run = begun(answer=[{"name": "core.fee", "pointer": "/nothing", "type": "number"}])

    work_off(run)

    assert outcome(run) == "error"
    assert core.ledger.booked == core.ledger.undone


def test_what_is_kept_of_an_answer_is_only_what_was_asked_for(core):
    answer = [{"name": "core.fee", "pointer": "/fee", "type": "number", "privacy": "none"}]
    run = begun(answer=answer)

    work_off(run)

    known = variables(run)
    assert known["core.fee"] == 1.5
    assert {one for one in known if one.startswith("core.")} == {"core.ref", "core.fee"}


def test_a_process_that_dies_between_call_and_record_books_once(core):
    run = begun()

    work_off(run, kills=3)

    assert outcome(run) == "ok"
    assert core.ledger.booked == [f"{run.pk}/book.1"]


def test_two_processes_at_one_job_book_once(core):
    """A lease lapsed under a process that was only slow: both call, one concludes."""
    run = begun()
    at = now_ms()
    (slow,) = [one for one in claims.claim(at, limit=10) if one.kind == "AskCore"]
    dispatch.sweep(at + claims.LEASE_MS + 1)
    work_off(run)

    dispatch.perform(slow, at)

    assert outcome(run) == "ok"
    assert core.ledger.booked == [f"{run.pk}/book.1"]
    assert core.ledger.undone == []


@pytest.mark.parametrize("fault", ["", *FAULTS])
def test_an_aborted_run_undoes_its_booking_exactly_once(core, fault):
    run = begun()
    work_off(run)
    core.faults.append(fault)
    cancel(run)

    work_off(run, kills=1)

    run.refresh_from_db()
    assert (run.status, run.ending) == ("closed", "abort")
    assert core.ledger.booked == core.ledger.undone == [f"{run.pk}/book.1"]


@pytest.mark.parametrize("effect", ["reserve", "query"])
def test_only_what_was_done_is_undone(core, effect):
    run = begun(effect=effect)
    work_off(run)
    cancel(run)

    work_off(run)

    run.refresh_from_db()
    assert run.status == "closed"
    assert core.ledger.standing == []
    assert len(core.ledger.undone) == (1 if effect == "reserve" else 0)
    assert ("POST /operations" in " ".join(core.ledger.heard)) is (effect == "reserve")


@pytest.mark.parametrize("fault", ["", "lost_after", "parked", "error_before"])
def test_a_booking_nobody_waits_for_any_more_is_undone(core, fault):
    """The run is cancelled while the core is being asked."""
    core.faults.append(fault)
    run = begun()
    at = now_ms()
    (asking,) = [one for one in claims.claim(at, limit=10) if one.kind == "AskCore"]
    cancel(run)

    dispatch.perform(asking, at)
    work_off(run)
    core.ledger.deliver_parked()

    run.refresh_from_db()
    assert run.status == "closed"
    assert core.ledger.standing == []
    assert len(core.ledger.undone) <= 1


def test_the_agent_sees_that_it_is_tried_again(core):
    core.faults.extend(["lost_before"] * 3)
    run = begun()
    at = now_ms()
    shown = []
    while not outcome(run):
        jobs = claims.claim(at, limit=10)
        for job in jobs:
            dispatch.perform(job, at)
        data = driver.read_run(run.pk).state.activities.get("book.1")  # type: ignore[call-overload]
        shown += [(data.data["state"], data.data["attempts"])] if data else []
        at = at if jobs else next_ms(run, at)

    assert shown[0] == ("working", 1)
    assert shown[-1] == ("unknown", 3)


def test_nothing_of_the_payload_stands_in_a_problem_or_a_log(core, caplog):
    core.faults.extend(["error_before", "garbage", "lost_before"])
    run = begun(payload=[{"name": "iban", "expression": "'DE00 1234'"}])

    work_off(run)

    told = " ".join(Job.objects.values_list("problem", flat=True)) + caplog.text
    assert "DE00" not in told
    assert "iban" not in told


WALK = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.timeout(120)  # some thirty runs with their faults, on a machine that may be busy
@WALK
@given(
    faults=st.lists(st.sampled_from(["", *FAULTS]), max_size=14),
    kills=st.integers(0, 3),
    aborts=st.booleans(),
)
@example(faults=["parked", "lost_after", "half"], kills=2, aborts=True)
@example(faults=["lost_after"] * 14, kills=3, aborts=False)
def test_whatever_happens_on_the_way_there_is_one_booking_or_none(core, faults, kills, aborts):
    core.ledger = Ledger()
    core.faults.clear()
    core.faults.extend(faults)
    run = begun(timeout_s=12)

    work_off(run, kills=kills)
    core.ledger.deliver_parked()
    ledger = core.ledger

    assert len(ledger.booked) <= 1
    assert outcome(run) in {"ok", "timeout"}
    assert len(ledger.standing) == (1 if outcome(run) == "ok" else 0)
    if aborts and outcome(run) == "ok":
        cancel(run)
        work_off(run)
        ledger.deliver_parked()
        assert ledger.booked == ledger.undone
    assert driver.is_snapshot_true(run.pk)
