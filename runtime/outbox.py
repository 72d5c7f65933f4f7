"""Putting a job of the house's own into the jobs table.

The same row, lease and fence as a run's commands.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from flow.graph import JsonValue
from runtime import hints, sealing
from runtime.models import Job


def put(
    kind: str,
    *,
    key: str,
    due_at_ms: int,
    run_id: UUID | None = None,
    payload: Mapping[str, JsonValue] | None = None,
) -> None:
    """Add a job unless one of this key was ever added; its payload is sealed with its run's key.

    The dispatcher is woken when it is committed. Raises RunErasedError.
    """
    told: JsonValue = dict(payload or {})
    if run_id is not None and told:
        told = sealing.close_job(run_id, key, told)
    job = Job(kind=kind, key=key, due_at_ms=due_at_ms, run_id=run_id, payload=told)
    Job.objects.bulk_create([job], ignore_conflicts=True)
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
    put(
        "Signal",
        key=f"{run_id}/signal:{key}",
        due_at_ms=at_ms,
        run_id=run_id,
        payload={"activity": activity, "name": name, "data": dict(data)},
    )
