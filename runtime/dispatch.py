"""One job at work: performed, its result brought to the run, tried again, swept.

It is claimed under a lease and a fence (`claims`), and often performed together with others
(`batches`).

A job's effect may happen more than once (a process dies after it); its application to the run
happens once, because completing checks the fence in the transaction that appends the event, and
the event's key is the job's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q

from flow.errors import EventRefusedError
from flow.events import CommandCompleted, CommandFailed, Event
from runtime import attendance, claims, driver, family, pool, rooms, sealing
from runtime.desk import routing
from runtime.effects import media
from runtime.effects.outcome import Done, Effect, Happened, Outcome, Waiting
from runtime.effects.table import EFFECTS, HOUSE, OUTSIDE, PATIENT, TAKE_BACK
from runtime.errors import EffectFailedError, RunSealedError, StaleFenceError
from runtime.models import Job

_CLOCKS_DIFFER_MS = 60_000
"""As much as the clocks of two hosts may be apart before they mistake each other's leases."""
BACKOFF_MS = 250
BACKOFF_LIMIT_MS = 8_000
ATTEMPTS = 6
DEATHS = 12
"""How often a process may die that holds the job. Mostly it dies of something else, and nothing
is to be given up for that; a job that does kill is stopped by this."""
_PLACING = frozenset({"OpenRoom", *PATIENT})
"""Jobs that try another place when nobody answers."""
_HELD = (Job.Status.LEASED, Job.Status.WAITING)
NO_LONGER_TRUE = "no longer true"

log = structlog.get_logger(__name__)


class _NoLongerTrueError(Exception):
    """What a job was to tell has changed since it was planned."""


def perform(job: Job, now_ms: int) -> None:
    """Perform one claimed job and bring what came of it to its run, in one transaction.

    Effects write rows only (what a worker must do is a row as well), so nobody sees half of one: a
    desk shows no ring that the run does not know of yet. Those that ask outside the house have the
    answer before the transaction begins: nobody waits for a lock while a stranger thinks.
    """
    began_s = time.monotonic()
    try:
        if job.kind in OUTSIDE:
            sealing.open_job(job)
            outcome = EFFECTS[job.kind](job, now_ms)
            with transaction.atomic():
                conclude(job, outcome, later(now_ms, began_s))
            return
        with transaction.atomic():
            sealing.open_job(job)
            conclude(job, effect_of(job.kind)(job, now_ms), now_ms)
    except StaleFenceError:
        log.warning("job_taken_over", job=job.key, fence=job.fence)
    except RunSealedError as error:
        _wait_for_key(job, error, now_ms)
    except EffectFailedError as error:
        fail(job, error, later(now_ms, began_s))
    except Exception as error:
        log.exception("effect_broke", job=job.key, kind=job.kind, attempt=job.attempt)
        fail(job, EffectFailedError("internal", type(error).__name__), later(now_ms, began_s))


def effect_of(kind: str) -> Effect:
    """What performs a job of this kind."""
    return family.EFFECTS.get(kind) or EFFECTS[kind]


def later(now_ms: int, began_s: float) -> int:
    """`now_ms` and what has passed since then."""
    return now_ms + int((time.monotonic() - began_s) * 1000)


def event_of(job: Job, outcome: Outcome, now_ms: int) -> Event | None:
    """What the run is to be told of the outcome, if anything."""
    match outcome:
        case Done() if job.kind not in HOUSE and job.run_id is not None:
            return CommandCompleted(
                at_ms=now_ms, key=_command_key(job), result=dict(outcome.result)
            )
        case Happened():
            return outcome.event
    return None


def conclude(job: Job, outcome: Outcome, now_ms: int) -> None:
    """Finish the job with its outcome. Raises StaleFenceError when it is held by someone else."""
    match outcome:
        case Waiting():
            _await(job, outcome)
        case Happened():
            _bring(job, outcome)
        case _ if (event := event_of(job, outcome, now_ms)) is not None:
            is_taken = _apply(job, event, Job.Status.DONE)
            if not is_taken and isinstance(outcome, Done) and job.kind in TAKE_BACK:
                TAKE_BACK[job.kind](job, outcome.result, now_ms)
        case _:
            with transaction.atomic():
                _finish(job, Job.Status.DONE)


def fail(job: Job, error: EffectFailedError, now_ms: int) -> None:
    """Plan another attempt, or give up and tell the run."""
    try:
        if not error.final and job.attempt < PATIENT.get(job.kind, ATTEMPTS):
            _plan_again(job, error, now_ms)
        elif job.kind in HOUSE or job.run_id is None:
            _finish(job, Job.Status.DEAD, problem=str(error))
        else:
            failed = CommandFailed(
                at_ms=now_ms, key=_command_key(job), code=error.code, message=error.message
            )
            _apply(job, failed, Job.Status.DEAD, problem=str(error))
    except StaleFenceError:
        log.warning("job_taken_over", job=job.key, fence=job.fence)
    except RunSealedError as sealed:
        _wait_for_key(job, sealed, now_ms)


def _wait_for_key(job: Job, error: RunSealedError, now_ms: int) -> None:
    """Nothing is given up while somebody mends the keyring."""
    log.error("run_sealed", job=job.key, kind=job.kind)
    _plan_again(job, EffectFailedError(error.code), now_ms)


def settle(
    request_id: UUID, *, worker_id: UUID, ok: bool, answer: Mapping[str, Any], now_ms: int
) -> None:
    """Record a worker's answer and bring it to the job that waits.

    Late or second answers change nothing.
    """
    with transaction.atomic():
        request = rooms.record_answer(request_id, worker_id, ok=ok, answer=answer)
        if request is None or request.job_id is None:
            return
        job = Job.objects.filter(pk=request.job_id, status__in=_HELD).first()
        if job is None:
            return
        try:
            sealing.open_job(job)
            conclude(job, media.outcome_of(job, request, now_ms), now_ms)
        except EffectFailedError as error:
            fail(job, error, now_ms)
        except RunSealedError as sealed:
            _wait_for_key(job, sealed, now_ms)


def sweep(now_ms: int) -> None:
    """Free what dead processes held, and give up what nobody answered in time."""
    lapsed = Q(lease_until_ms__lt=now_ms)
    # Nobody leases for so long: the clock has gone back since, maybe by hours.
    Job.objects.filter(
        status=Job.Status.LEASED, lease_until_ms__gt=now_ms + claims.LEASE_MS + _CLOCKS_DIFFER_MS
    ).update(status=Job.Status.READY, lease_until_ms=None)
    again = Q(attempt__lt=DEATHS) | Q(kind__in=PATIENT)
    Job.objects.filter(lapsed, again, status=Job.Status.LEASED).update(
        status=Job.Status.READY, lease_until_ms=None
    )
    for job in Job.objects.filter(lapsed, status=Job.Status.LEASED):
        fail(
            job, EffectFailedError("internal", "the process performing it died", final=True), now_ms
        )
    for job in Job.objects.filter(lapsed, status=Job.Status.WAITING):
        fail(job, EffectFailedError("timeout", final=job.kind not in _PLACING), now_ms)
    pool.lose_silent(now_ms)
    routing.sweep_unseen(now_ms)
    attendance.sweep_unseen(now_ms)


def _apply(
    job: Job,
    event: Event,
    status: str,
    *,
    problem: str = "",
    still_true: Callable[[], bool] | None = None,
) -> bool:
    """Finish the job and tell its run; whether the run took any notice."""
    assert job.run_id is not None  # noqa: S101 - `conclude` and `fail` looked

    def finish() -> None:
        _finish(job, status, problem=problem)
        if still_true is not None and not still_true():
            raise _NoLongerTrueError

    try:
        return driver.advance_run(
            job.run_id, event, key=f"job:{job.key}", actor="system", within=finish
        ).changed
    except EventRefusedError as refusal:  # the run has ended or gone elsewhere: nobody waits for it
        log.info("result_not_taken", job=job.key, reason=refusal.reason)
        with transaction.atomic():
            _finish(job, Job.Status.DONE, problem=f"refused: {refusal.reason}")
        return False


def _bring(job: Job, outcome: Happened) -> None:
    try:
        _apply(job, outcome.event, Job.Status.DONE, still_true=outcome.still_true)
    except _NoLongerTrueError:
        with transaction.atomic():
            _finish(job, Job.Status.DONE, problem=NO_LONGER_TRUE)


def _finish(job: Job, status: str, *, problem: str = "") -> None:
    done = Job.objects.filter(pk=job.pk, fence=job.fence, status__in=_HELD).update(
        status=status, lease_until_ms=None, problem=problem[:200]
    )
    if not done:
        raise StaleFenceError(job_key=job.key, fence=job.fence)


def _await(job: Job, outcome: Waiting) -> None:
    """The answer may have come before this line.

    Then the job is no longer leased, and stays done.
    """
    Job.objects.filter(pk=job.pk, fence=job.fence, status=Job.Status.LEASED).update(
        status=Job.Status.WAITING, lease_until_ms=outcome.until_ms
    )


def _plan_again(job: Job, error: EffectFailedError, now_ms: int) -> None:
    pause_ms = min(BACKOFF_MS * 2 ** min(job.attempt - 1, 10), BACKOFF_LIMIT_MS)
    Job.objects.filter(pk=job.pk, fence=job.fence, status__in=_HELD).update(
        status=Job.Status.READY,
        lease_until_ms=None,
        due_at_ms=now_ms + pause_ms,
        problem=str(error)[:200],
    )


def _command_key(job: Job) -> str:
    return job.key.partition("/")[2]
