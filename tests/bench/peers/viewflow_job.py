"""viewflow: a process of ten steps that are each done by a call; starting it is not counted."""

from __future__ import annotations

import sys

import django
from asked import STEPS, answer, seconds
from django.conf import settings

settings.configure(
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "viewflow",
        "viewflow.workflow",
        "linear",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": sys.argv[1],
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                "PRAGMA wal_autocheckpoint=4000;",
            },
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402 - needs the settings above
from linear.flows import Linear  # noqa: E402
from viewflow.workflow.models import Task  # noqa: E402

call_command("migrate", verbosity=0)


def job() -> float:
    process = Linear.start.run()

    def steps() -> None:
        for number in range(STEPS):
            node = getattr(Linear, f"step_{number}")
            node.run(Task.objects.get(process=process, flow_task=node, status="NEW"))

    return seconds(steps)


answer(job)
