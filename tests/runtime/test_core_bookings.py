"""A core that answers late, twice, or never: one booking, or none, and the run knows which."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import Workspace
from flow.events import RunCancelled
from runtime import dispatch, driver
from runtime.clock import now_ms
from runtime.effects.table import OUTSIDE
from runtime.models import Connection, Job, QueueEntry, Run
from tests.runtime import builders
from tests.runtime.core_peer import FAULTS, CorePeer, Ledger, core_peer

pytestmark = pytest.mark.django_db
HOUR_MS = 3_600_000


WORKER = """
import signal
import django
django.setup()
from runtime.dispatcher import Dispatcher
dispatcher = Dispatcher()
signal.signal(signal.SIGTERM, dispatcher.stop)
dispatcher.run()
"""


class KilledError(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.fixture
def core(settings) -> Iterator[CorePeer]:
    with core_peer() as peer:
        reach(peer, settings)
        yield peer


def reach(peer: CorePeer, settings, *, of: Workspace | None = None) -> None:
    """Let runs of the workspace reach the peer as `core`."""
    settings.EGRESS_PRIVATE = (ip_network("127.0.0.0/8"),)
    settings.EGRESS_PORTS = frozenset({peer.port})
    Connection.objects.update_or_create(
        workspace=of or builders.workspace(),
        name="core",
        defaults={
            "kind": "core",
            "base_url": f"http://127.0.0.1:{peer.port}",
            "private": True,
            "timeout_ms": 500,
        },
    )


def booking_graph(**config: Any) -> dict[str, Any]:
    """link → book → consent (as a step to stand in) → done; each other way out has an end."""
    asked = {
        "connection": "core",
        "operation": "place_order",
        "effect": "commit",
        "payload": [{"name": "amount", "expression": "5"}],
        "timeout_s": 30,
        **config,
    }
    outcomes = ("declined", "error", "timeout")
    nodes = [
        builders.node("link", "entry.link"),
        builders.node("book", "int.core", **asked),
        builders.consent(),
        builders.end(),
        *(builders.end(one, "defer") for one in outcomes),
    ]
    edges = [
        builders.edge("link", "ok", "book"),
        builders.edge("link", "expired", "error"),
        builders.edge("book", "ok", "consent"),
        *(builders.edge("book", one, one) for one in outcomes),
        *(builders.edge("consent", one, "done") for one in ("ok", "declined", "timeout")),
    ]
    return builders.graph(nodes, edges)


def begun(**config) -> Run:
    return builders.entered(booking_graph(**config))


def work_off(run: Run, *, kills: int = 0, until_ms: int = HOUR_MS) -> int:
    """Perform everything of the run that comes due within the time; when it is then.

    The first `kills` times that something outside has answered, the process dies before the answer
    is stored, and another one takes over when the lease has lapsed.
    """
    at, end = now_ms(), now_ms() + until_ms
    left = [kills]
    while at <= end:
        dispatch.sweep(at)
        jobs = [one for one in dispatch.claim(at, limit=10) if one.kind != "SetTimer"]
        for job in jobs:
            perform(job, at, left)
        at = at if jobs else _next_ms(run, at)
    return at


def perform(job: Job, at_ms: int, kills: list[int]) -> None:
    if job.kind not in OUTSIDE or not kills[0]:
        dispatch.perform(job, at_ms)
        return
    kills[0] -= 1
    with mock.patch.object(dispatch, "conclude", side_effect=KilledError), suppress(KilledError):
        dispatch.perform(job, at_ms)


def _next_ms(run: Run, at_ms: int) -> int:
    """When the next thing of the run comes due; its timers do not."""
    open_jobs = Job.objects.filter(run=run, status__in=("ready", "leased")).exclude(kind="SetTimer")
    due = [one.lease_until_ms or one.due_at_ms for one in open_jobs]
    return max(min(due, default=at_ms + 2 * HOUR_MS), at_ms) + 1


def outcome(run: Run) -> str:
    passed = driver.read_run(run.pk).state.passed
    return passed["book"].outcome if "book" in passed else ""  # type: ignore[index]


def variables(run: Run):
    return driver.read_run(run.pk).state.variables


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
        for job in dispatch.claim(at, limit=10):
            dispatch.perform(job, at)
        at = _next_ms(run, at)

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
    (slow,) = [one for one in dispatch.claim(at, limit=10) if one.kind == "AskCore"]
    dispatch.sweep(at + dispatch.LEASE_MS + 1)
    work_off(run)

    dispatch.perform(slow, at)

    assert outcome(run) == "ok"
    assert core.ledger.booked == [f"{run.pk}/book.1"]
    assert core.ledger.undone == []


def cancel(run: Run) -> None:
    cancelled = RunCancelled(at_ms=now_ms(), by="user:1", reason="wrong person")
    driver.advance_run(run.pk, cancelled, key=str(uuid.uuid4()), actor="test")


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
    (asking,) = [one for one in dispatch.claim(at, limit=10) if one.kind == "AskCore"]
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
        jobs = dispatch.claim(at, limit=10)
        for job in jobs:
            dispatch.perform(job, at)
        data = driver.read_run(run.pk).state.activities.get("book.1")  # type: ignore[call-overload]
        shown += [(data.data["state"], data.data["attempts"])] if data else []
        at = at if jobs else _next_ms(run, at)

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


def run_dispatcher(core: CorePeer) -> subprocess.Popen[bytes]:
    egress = {
        "COUNTERFLOW_EGRESS_PRIVATE": "127.0.0.0/8",
        "COUNTERFLOW_EGRESS_PORTS": str(core.port),
    }
    return subprocess.Popen(
        [sys.executable, "-c", WORKER],
        env={**os.environ, **builders.own_site(), **egress},
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.timeout(120)  # two processes that load Django, on a machine that may be busy
@pytest.mark.usefixtures("committed")
def test_kill_9_while_the_core_holds_its_answer_books_once(core):
    Connection.objects.update(timeout_ms=30_000)
    core.faults.append("late")
    run = begun(timeout_s=120)
    first = run_dispatcher(core)
    assert core.arrived.wait(60)
    first.kill()
    first.wait(10)

    second = run_dispatcher(core)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not outcome(run):
        time.sleep(0.05)
    second.terminate()

    assert second.wait(30) == 0
    assert outcome(run) == "ok"
    assert core.ledger.booked == [f"{run.pk}/book.1"]
    assert core.ledger.heard == ["POST /place_order", f"GET /operations/{run.pk}%2Fbook.1"]
    assert driver.is_snapshot_true(run.pk)


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("committed")
def test_while_a_core_thinks_the_house_goes_on(core):
    """More slow calls than the house has threads for itself, and nobody holds the database."""
    Connection.objects.update(timeout_ms=30_000)
    core.faults.extend(["late"] * 6)
    slow = [begun(timeout_s=120) for _ in range(6)]
    process = run_dispatcher(core)
    assert core.arrived.wait(60)

    queued = builders.entered(builders.call_graph())
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not QueueEntry.objects.filter(run=queued).exists():
        time.sleep(0.05)
    waiting = [outcome(one) for one in slow]
    core.release.set()
    process.terminate()

    assert process.wait(30) == 0
    assert QueueEntry.objects.filter(run=queued).exists()
    assert waiting == [""] * 6
