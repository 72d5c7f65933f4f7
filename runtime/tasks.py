"""EDGE: what Celery's workers do. A message carries a job's id and fence, the row is the truth."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from celery import shared_task
from django.db import DatabaseError, close_old_connections, connections

from runtime import dispatch, hints
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
def perform(job_id: int, fence: int) -> None:
    """Perform a job that a relay has claimed, unless somebody has taken it since."""
    close_old_connections()
    job = dispatch.begin(job_id, fence, now_ms())
    if job is None:
        log.info("job_not_ours", job=job_id)
        return
    with _kept(job):
        dispatch.perform(job, now_ms())
    hints.wake_dispatcher()  # the run's next job may have waited for this one


@contextmanager
def _kept(job: Job) -> Iterator[None]:
    """Keep the job's lease meanwhile, from a thread: the one that performs is busy."""
    over = threading.Event()
    threading.Thread(target=_keep, args=(job, over), name="keep lease", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _keep(job: Job, over: threading.Event) -> None:
    until_s = time.monotonic() + KEPT_LIMIT_S
    try:
        while not over.wait(BEAT_S) and time.monotonic() < until_s:
            dispatch.heartbeat([job], now_ms())
    except DatabaseError:  # whoever sweeps when it is back decides
        log.exception("lease_not_kept", job=job.key)
    finally:
        connections.close_all()
