"""EDGE: what Celery's workers do. A message carries ids and fences, the rows are the truth."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from celery import shared_task
from django.db import DatabaseError, close_old_connections, connections

from runtime import batches, claims, hints
from runtime.clock import now_ms
from runtime.models import Job

QUEUE = "counterflow.jobs"
OUTSIDE_QUEUE = "counterflow.outside"
"""Jobs that wait for strangers, with workers of their own: the house's own are not held up."""
BEAT_S = 1.5
KEPT_LIMIT_S = 60.0
"""A job performed for longer is given up to whoever claims it next; no effect may take so long."""

log = structlog.get_logger(__name__)


@shared_task(name="runtime.perform", ignore_result=True, acks_late=True)  # type: ignore[untyped-decorator]  # celery has no types
def perform(told: list[tuple[int, int]]) -> None:
    """Perform jobs that a relay has claimed, but for those somebody has taken since.

    `told`: id and fence of each.
    """
    close_old_connections()
    jobs = claims.begin(told, now_ms())
    if len(jobs) < len(told):
        log.info("jobs_not_ours", count=len(told) - len(jobs))
    if not jobs:
        return
    with _kept(jobs):
        batches.perform(jobs, now_ms())
    hints.wake_dispatcher()  # the runs' next jobs may have waited for these


@contextmanager
def _kept(jobs: list[Job]) -> Iterator[None]:
    """Keep the jobs' leases meanwhile, from a thread: the one that performs is busy."""
    over = threading.Event()
    threading.Thread(target=_keep, args=(jobs, over), name="keep lease", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _keep(jobs: list[Job], over: threading.Event) -> None:
    until_s = time.monotonic() + KEPT_LIMIT_S
    try:
        while not over.wait(BEAT_S) and time.monotonic() < until_s:
            claims.heartbeat(jobs, now_ms())
    except DatabaseError:  # whoever sweeps when it is back decides
        log.exception("leases_not_kept", count=len(jobs))
    finally:
        connections.close_all()
