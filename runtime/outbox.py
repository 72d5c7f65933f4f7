"""Putting a job of the house's own into the jobs table.

The same row, lease and fence as a run's commands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction

from flow.graph import JsonValue
from runtime import hints
from runtime.models import Job


def put(
    kind: str,
    *,
    key: str,
    due_at_ms: int,
    run_id: UUID | None = None,
    payload: Mapping[str, JsonValue] | None = None,
) -> None:
    """Add a job unless one of this key was ever added.

    Its payload is not sealed, so that the house goes on where a key is missing: it holds ids,
    places in queues, names of staff and hashes, never what a customer said. The dispatcher is woken
    when it is committed.
    """
    put_all(
        [Job(kind=kind, key=key, due_at_ms=due_at_ms, run_id=run_id, payload=dict(payload or {}))]
    )


def put_all(jobs: Sequence[Job]) -> None:
    """The same for several at once."""
    Job.objects.bulk_create(jobs, ignore_conflicts=True)
    transaction.on_commit(hints.wake_dispatcher)


def signal(
    run_id: UUID,
    activity: str,
    name: str,
    data: Mapping[str, JsonValue],
    *,
    key: str,
    at_ms: int,
) -> None:
    """Tell an activity something; it arrives in the run as `Signalled`."""
    put_all([signal_job(run_id, activity, name, data, key=key, at_ms=at_ms)])


def signal_job(
    run_id: UUID,
    activity: str,
    name: str,
    data: Mapping[str, JsonValue],
    *,
    key: str,
    at_ms: int,
) -> Job:
    """The job that does so, still to be put."""
    return Job(
        kind="Signal",
        key=f"{run_id}/signal:{key}",
        due_at_ms=at_ms,
        run_id=run_id,
        payload={"activity": activity, "name": name, "data": dict(data)},
    )
