"""Celery's application: it carries ids of jobs between relay and workers, nothing else.

Leases, fences, attempts and due times are in the jobs table (`runtime.dispatch`). So results,
retries, ETA and beat of Celery stay unused, and what a broker loses or repeats changes nothing.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals
from kombu.entity import Queue

from components.registry import entries

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
PERFORM_SOFT_S = 45
PERFORM_LIMIT_S = 60
"""Then its process is killed, and the job claimed again."""
ALWAYS = 10**9

app = Celery("counterflow", set_as_current=True)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_queues=[Queue("counterflow.jobs"), Queue("counterflow.outside")],  # as in runtime.tasks
    task_default_queue="counterflow.jobs",
    task_soft_time_limit=PERFORM_SOFT_S,
    task_time_limit=PERFORM_LIMIT_S,
    worker_prefetch_multiplier=1,
    worker_proc_alive_timeout=30,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker waits for its broker as long as it takes
    CELERY_DB_REUSE_MAX=ALWAYS,  # else the connection is closed after every job
)
app.autodiscover_tasks(["runtime"])


@signals.setup_logging.connect  # type: ignore[untyped-decorator]  # celery has no types
def keep_our_logging(**_: Any) -> None:
    """Django's setup has done it (`config.logs`)."""


@signals.worker_init.connect  # type: ignore[untyped-decorator]  # celery has no types
def read_catalogue(**_: Any) -> None:
    """Once, before the processes of the pool are forked."""
    entries()
