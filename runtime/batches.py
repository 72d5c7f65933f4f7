"""Several claimed jobs performed in one transaction: what each costs most is a commit of its own.

Whatever one of them raises undoes all of them; then the others are done again without it, and it is
performed alone (`dispatch.perform`), where its failure is its own. A run's jobs keep their order:
none is performed before the one that it was made after is over.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import structlog
from django.db import connection, transaction

from flow.errors import EventRefusedError
from runtime import claims, dispatch, driver, hints, sealing
from runtime.effects.outcome import Done, Happened, Waiting
from runtime.effects.table import OUTSIDE, TAKE_BACK
from runtime.errors import StaleFenceError
from runtime.models import Job
from runtime.statements import Statements

SLICE = 16
"""Jobs of one transaction at most, for others want to write as well."""
SLICE_S = 0.05
"""After this it takes no further one."""
PAUSE_S = 0.003
"""After each, where others could not write meanwhile."""
PARTINGS = 3
"""So many jobs that fail are set aside; then each of what is left is performed alone."""
PLAIN = frozenset({"SetTimer", "Signal", "NoteRecording"})
"""Kinds that touch nothing but their run's own rows."""
_HELD = """
    SELECT job.id, job.fence, run.data_key, run.erased_at_ms
    FROM runtime_job AS job LEFT JOIN runtime_run AS run ON run.id = job.run_id
    WHERE job.status = 'leased' AND job.id IN ({ids})
"""
_END = """
    UPDATE runtime_job SET status = %s, lease_until_ms = %s, problem = %s
    WHERE id = %s AND fence = %s AND status IN ('leased', 'done')
"""

log = structlog.get_logger(__name__)


class _End(NamedTuple):
    """What performing a job came to, as its row is to say."""

    job: Job
    status: str = Job.Status.DONE
    until_ms: int | None = None
    problem: str = ""


class _SetAsideError(Exception):
    """This one cannot be performed together with others."""

    def __init__(self, job: Job) -> None:
        self.job = job
        super().__init__(job.key)


def perform(jobs: Sequence[Job], now_ms: int) -> None:
    """Perform claimed jobs, together as far as they can be."""
    began_s = time.monotonic()
    together, alone = _parted(jobs)
    if len(together) > 1:
        together = _perform_together(together, now_ms, began_s)
    _perform_alone([*together, *alone], now_ms, began_s)


def _parted(jobs: Sequence[Job]) -> tuple[list[Job], list[Job]]:
    """Those that may go together, in an order in which they do, and the others; runs stay whole.

    Where transactions lock row by row, who takes several runs takes them in order, and nothing else
    with them: so no two wait for each other (`driver` does the same).
    """
    if not connection.features.has_select_for_update:
        ours = [job for job in jobs if job.kind not in OUTSIDE]
        first: dict[object, int] = {}
        for place, job in enumerate(ours):
            first.setdefault(_line(job), place)
        ours.sort(key=lambda job: (first[_line(job)], job.pk))
        return ours, [job for job in jobs if job.kind in OUTSIDE]
    mixed = {_line(job) for job in jobs if job.kind not in PLAIN or job.run_id is None}
    plain = [job for job in jobs if _line(job) not in mixed]
    others = [job for job in jobs if _line(job) in mixed]
    return sorted(plain, key=lambda job: (job.run_id, job.pk)), sorted(others, key=_place)


def _line(job: Job) -> object:
    """Jobs with the same keep their order: those of a run; the house's own stand for themselves."""
    return job.run_id or job.pk


def _place(job: Job) -> int:
    place: int = job.pk
    return place


def _perform_together(jobs: list[Job], now_ms: int, began_s: float) -> list[Job]:
    """Perform them a slice at a time; those that are left to be performed alone."""
    left, aside = jobs, list[Job]()
    for _ in range(PARTINGS):
        try:
            while left:
                left = left[_perform_slice(left[:SLICE], dispatch.later(now_ms, began_s)) :]
                _let_others_write()
        except _SetAsideError as error:
            fits = error.job
            aside += [job for job in left if _line(job) == _line(fits) and job.pk >= fits.pk]
            left = [job for job in left if job not in aside]
            log.info("jobs_parted", job=fits.key, kind=fits.kind, reason=_reason(error))
        except StaleFenceError as error:
            log.warning("jobs_parted", reason=str(error))
            break
    return [*left, *aside]


def _let_others_write() -> None:
    """Where one writes at a time, who waits looks for its turn every other millisecond."""
    if not connection.features.has_select_for_update:
        time.sleep(PAUSE_S)


def _reason(error: BaseException) -> str:
    return type(error.__cause__).__name__


def _perform_alone(jobs: Sequence[Job], now_ms: int, began_s: float) -> None:
    """One after the other; what comes after a job that is to be tried again waits for it."""
    stuck = set[object]()
    for place, job in enumerate(jobs):
        if _line(job) in stuck:
            claims.give_back([job], attempts=1)
            continue
        dispatch.perform(job, dispatch.later(now_ms, began_s))
        is_awaited = job.kind not in claims.IN_NOBODYS_WAY and any(
            _line(job) == _line(other) for other in jobs[place + 1 :]
        )
        if is_awaited and not _is_over(job):
            stuck.add(_line(job))


def _is_over(job: Job) -> bool:
    held = (Job.Status.READY, Job.Status.LEASED)
    return not Job.objects.filter(pk=job.pk, status__in=held).exists()


def _perform_slice(jobs: Sequence[Job], now_ms: int) -> int:
    """How many of them, from the first on, one transaction has taken."""
    until_s = time.monotonic() + SLICE_S
    ends: list[_End] = []
    with hints.gathered(), transaction.atomic():
        ours = _still_ours(jobs)
        taken = 0
        while taken < len(jobs) and time.monotonic() < until_s:
            job = jobs[taken]
            if job.pk in ours:
                ends.append(_attempt(job, ours[job.pk], now_ms))
            taken += 1
        _end_all(ends)
    return taken


def _still_ours(jobs: Sequence[Job]) -> Mapping[int, sealing.Wrapped]:
    """The key of each one's run, without those that were cancelled since, or taken over."""
    fences = {job.pk: job.fence for job in jobs}
    held = _HELD.format(ids=", ".join(["%s"] * len(fences)))
    rows = Statements(connection).find_all(held, (*fences,))
    return {
        pk: (data_key or "", erased_at_ms is not None)
        for pk, fence, data_key, erased_at_ms in rows
        if fences[pk] == fence
    }


def _attempt(job: Job, key: sealing.Wrapped, now_ms: int) -> _End:
    try:
        sealing.open_job(job, key)
        return _performed(job, now_ms)
    except Exception as error:
        raise _SetAsideError(job) from error


def _performed(job: Job, now_ms: int) -> _End:
    outcome = dispatch.effect_of(job.kind)(job, now_ms)
    if isinstance(outcome, Waiting):
        return _End(job, Job.Status.WAITING, outcome.until_ms)
    event = dispatch.event_of(job, outcome, now_ms)
    if event is None:
        return _End(job)
    still_true = outcome.still_true if isinstance(outcome, Happened) else None
    if still_true is not None and not still_true():
        return _End(job, problem=dispatch.NO_LONGER_TRUE)
    try:
        assert job.run_id is not None  # noqa: S101 - an event is of a run
        is_taken = driver.advance_here(job.run_id, event, key=f"job:{job.key}").changed
        problem = ""
    except EventRefusedError as refusal:
        if still_true is not None:  # it has written what must not stay
            raise
        is_taken, problem = False, f"refused: {refusal.reason}"
    if not is_taken and isinstance(outcome, Done) and job.kind in TAKE_BACK:
        TAKE_BACK[job.kind](job, outcome.result, now_ms)
    return _End(job, problem=problem)


def _end_all(ends: Sequence[_End]) -> None:
    """The last statement of the transaction, so that nobody waits for a job while it holds a run.

    A timer that has fired is done by the step it made, hence `done` under our own fence.
    """
    rows = [
        (end.status, end.until_ms, end.problem[:200], end.job.pk, end.job.fence)
        for end in sorted(ends, key=lambda end: _place(end.job))
    ]
    if rows and Statements(connection).change_each(_END, rows) != len(rows):
        raise StaleFenceError(job_key=ends[0].job.key, fence=ends[0].job.fence)
