"""Who holds which job: due ones claimed, begun by others, kept, given back.

What the dispatcher asks over and over is written as text here, with the states as literals: only
then does SQLite see that its indexes of what is ready and what is held will do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

from django.db import connection, transaction

from runtime.effects.table import OUTSIDE
from runtime.models import Job
from runtime.statements import Statements

LEASE_MS = 6_000
IN_NOBODYS_WAY = frozenset({"SetTimer", "MediaLost", "MoveRoom", *OUTSIDE})
"""Later jobs of the run do not wait for these: the new place is looked for while the run is told of
the loss, and a room that finds no better place stays."""


def _list(kinds: Sequence[str]) -> str:
    return ", ".join(f"'{kind}'" for kind in sorted(kinds))


def _places(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))


_SORTS = {
    None: "",
    True: f"AND job.kind IN ({_list([*OUTSIDE])})",
    False: f"AND job.kind NOT IN ({_list([*OUTSIDE])})",
}
_BLOCKS = f"kind NOT IN ({_list([*IN_NOBODYS_WAY])})"
_ANY = """
    SELECT 1 FROM runtime_job AS job
    WHERE job.status = 'ready' AND job.due_at_ms <= %s {sort} LIMIT 1
"""
_DUE = """
    SELECT job.id, job.run_id FROM runtime_job AS job
    WHERE job.status = 'ready' AND job.due_at_ms <= %s {sort}
      AND NOT EXISTS (
        SELECT 1 FROM runtime_job AS earlier
        WHERE earlier.run_id = job.run_id AND earlier.id < job.id AND earlier.{blocks}
          AND (earlier.status = 'leased'
               OR earlier.status = 'ready' AND earlier.attempt > 0 AND earlier.due_at_ms > %s))
    ORDER BY job.due_at_ms, job.id LIMIT %s {lock}
"""
_FIRST_OTHER = """
    SELECT run_id, MIN(id) FROM runtime_job
    WHERE run_id IN ({runs}) AND id NOT IN ({ids}) AND {blocks}
      AND (status = 'leased' OR status = 'ready' AND (due_at_ms <= %s OR attempt > 0))
    GROUP BY run_id
"""
_THESE = """
    SELECT job.id FROM runtime_job AS job
    WHERE job.id IN ({ids}) AND job.status = 'ready' AND job.due_at_ms <= %s {sort} {lock}
"""
_LEASE = """
    UPDATE runtime_job
    SET status = 'leased', fence = fence + 1, attempt = attempt + %s, lease_until_ms = %s
    WHERE id IN ({ids})
"""
_KEEP = """
    UPDATE runtime_job SET lease_until_ms = %s WHERE id = %s AND fence = %s AND status = 'leased'
"""
_GIVE_BACK = """
    UPDATE runtime_job SET status = 'ready', lease_until_ms = NULL, attempt = attempt - %s
    WHERE id = %s AND fence = %s AND status = 'leased'
"""
_NEXT = "SELECT MIN(due_at_ms) FROM runtime_job WHERE status = 'ready' AND due_at_ms > %s"


def claim(
    now_ms: int, *, limit: int, outside: bool | None = None, for_others: bool = False
) -> list[Job]:
    """Take up to `limit` due jobs, oldest first; of one sort only if `outside` says which.

    A run's commands are performed in the order they were made: whoever gets several of a run here
    keeps to that of their ids. But nothing waits for an answer from outside the house. What is
    claimed `for_others` is no attempt until one of them calls `begin`.
    """
    sort = _SORTS[outside]
    if Statements(connection).find(_ANY.format(sort=sort), (now_ms,)) is None:
        return []  # most looks find nothing, and need no lock to see it
    with transaction.atomic():
        ids = _due(Statements(connection), sort, now_ms, limit)
        return _lease(ids, now_ms, attempts=0 if for_others else 1)


def _due(statements: Statements, sort: str, now_ms: int, limit: int) -> list[int]:
    """Without those that come after one which is not among them; that one instead, if it is due."""
    skips = connection.features.has_select_for_update_skip_locked
    lock = "FOR UPDATE SKIP LOCKED" if skips else ""
    due = statements.find_all(
        _DUE.format(sort=sort, blocks=_BLOCKS, lock=lock), (now_ms, now_ms, limit)
    )
    runs = list({run for _, run in due if run is not None})
    first: dict[Any, int] = {}
    if runs:
        ids = [pk for pk, _ in due]
        others = _FIRST_OTHER.format(runs=_places(runs), ids=_places(ids), blocks=_BLOCKS)
        rows = statements.find_all(others, (*runs, *ids, now_ms))
        first = dict(cast("list[tuple[Any, int]]", rows))
    ids = [pk for pk, run in due if pk < first.get(run, math.inf)]
    before = [first[run] for run in {run for pk, run in due if pk > first.get(run, math.inf)}]
    if not before:
        return ids
    instead = _THESE.format(ids=_places(before), sort=sort, lock=lock)
    return [*ids, *(pk for (pk,) in statements.find_all(instead, (*before, now_ms)))]


def _lease(ids: Sequence[int], now_ms: int, *, attempts: int) -> list[Job]:
    """Nobody else has them: their rows are locked, or the whole database is. In the same order."""
    if not ids:
        return []
    lease = _LEASE.format(ids=_places(ids))
    Statements(connection).change(lease, (attempts, now_ms + LEASE_MS, *ids))
    jobs = Job.objects.in_bulk(ids)
    return [jobs[pk] for pk in ids]


def begin(told: Sequence[tuple[int, int]], now_ms: int) -> list[Job]:
    """Take jobs that were claimed for others, by id and fence.

    Without those that somebody has taken since, or whose lease has lapsed. The fence moves on, so
    of two messages that carry the same one only the first is performed.
    """
    fences = dict(told)
    with transaction.atomic():
        held = Job.objects.filter(pk__in=fences, status=Job.Status.LEASED).order_by("pk")
        if connection.features.has_select_for_update:
            held = held.select_for_update()
        ours = [pk for pk, fence in held.values_list("pk", "fence") if fence == fences[pk]]
        return _lease(ours, now_ms, attempts=1)


def heartbeat(jobs: Sequence[Job], now_ms: int) -> None:
    """Keep the leases of jobs still being performed."""
    ordered = sorted(jobs, key=lambda job: job.pk)
    _for_each(_KEEP, [(now_ms + LEASE_MS, job.pk, job.fence) for job in ordered])


def give_back(jobs: Sequence[Job], *, attempts: int = 0) -> None:
    """They are due again: nobody could be told of them, or they may not be performed yet.

    `attempts`: how many their lease has counted.
    """
    _for_each(_GIVE_BACK, [(attempts, job.pk, job.fence) for job in jobs])


def _for_each(statement: str, rows: Sequence[Sequence[int]]) -> None:
    if rows:
        with transaction.atomic():
            Statements(connection).change_each(statement, rows)


def parted(jobs: Sequence[Job], size: int) -> list[list[Job]]:
    """The jobs in parts of about `size`, a run's own always in the same one."""
    lines: dict[object, list[Job]] = {}
    for job in jobs:
        lines.setdefault(job.run_id or job.pk, []).append(job)
    parts: list[list[Job]] = [[]]
    for line in lines.values():
        if len(parts[-1]) >= size:
            parts.append([])
        parts[-1] += line
    return [part for part in parts if part]


def next_due_ms(now_ms: int) -> int | None:
    """When the next job comes due that is not due yet."""
    row = Statements(connection).find(_NEXT, (now_ms,))
    return None if row is None else row[0]
