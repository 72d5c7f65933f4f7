"""Rows that have served: finished jobs, answered requests and old offers are deleted in time.

The run's log keeps what happened. What stays here for longer than anyone could ask for it again
would only grow, and the requests and offers hold addresses of people's machines.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from runtime.models import Job, PeerOffer, WorkerRequest

REQUESTS_KEPT_MS = 3_600_000
"""Longer than any worker or browser asks or answers again."""
JOBS_KEPT_MS = 24 * 3_600_000
"""A done job's key also keeps a second one like it out; nothing is planned twice that late."""
BATCH = 500


def clear(now_ms: int) -> int:
    """Delete up to BATCH rows of each kind that are past their time; how many went.

    Dead jobs stay: a person may want to see what failed.
    """
    requests_before, jobs_before = now_ms - REQUESTS_KEPT_MS, now_ms - JOBS_KEPT_MS
    over = Q(job=None) | Q(job__status__in=(Job.Status.DONE, Job.Status.DEAD))
    old: tuple[QuerySet[Any], ...] = (
        WorkerRequest.objects.filter(over, deadline_ms__lt=requests_before),
        PeerOffer.objects.filter(at_ms__lt=requests_before),
        Job.objects.filter(status=Job.Status.DONE, due_at_ms__lt=jobs_before, requests=None),
    )
    return sum(_delete(rows) for rows in old)


def _delete(rows: QuerySet[Any]) -> int:
    with transaction.atomic():
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        gone: int = rows.model.objects.filter(pk__in=keys).delete()[0]
    return gone
