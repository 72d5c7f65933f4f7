"""`python -m tests.cluster.inside` in a cluster's environment: what tests do to its database.

Each line of standard input is `[verb, argument]`, each line of output the answer, both in JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402 - after Django's setup
from django.db import close_old_connections  # noqa: E402 - after Django's setup

from runtime.models import Job, Run  # noqa: E402 - after Django's setup
from tests.runtime import builders  # noqa: E402 - after Django's setup
from tests.soak.customers import served_flow  # noqa: E402 - after Django's setup
from tests.soak.examination import Ack, examine  # noqa: E402 - after Django's setup
from tests.soak.result import Result  # noqa: E402 - after Django's setup


def invite(count: int) -> list[dict[str, str]]:
    """Customers who have come in by a link: their run and the cookie of their device."""
    came = [builders.joined(served_flow()) for _ in range(count)]
    return [
        {"run": str(run.pk), "cookie": f"{settings.JOIN_COOKIE_NAME}={cookie}"}
        for run, cookie in came
    ]


def watch(run_id: str) -> dict[str, str]:
    """A supervisor who sits in the run, by the cookie of their session."""
    run = Run.objects.get(pk=run_id)
    user = builders.staff(f"watcher-{run.number.lower()}", "supervisor", of=run.workspace)
    builders.seat(run, user, "supervisor")
    return {"cookie": f"{settings.SESSION_COOKIE_NAME}={builders.session_of(user)}"}


def left(runs: list[str]) -> int:
    """How many jobs of these runs are still to be done."""
    undone = Job.objects.exclude(status__in=("done", "dead"))
    return undone.filter(run__in=[UUID(one) for one in runs]).count()


def judge(told: dict[str, Any]) -> dict[str, Any]:
    """The verdict on what customers were told: `journal` of run, key, seq; `runs` are theirs."""
    result = Result(proof="cluster", store="postgresql", seed=0, trials=1)
    acks = [Ack(UUID(run), key, seq) for run, key, seq in told["journal"]]
    examine(result, acks, of=told["runs"])
    verdict = asdict(result)
    return {
        **{name: verdict[name] for name in ("lost", "duplicated", "broken")},
        "open_jobs": left(told["runs"]),
        "ended": Run.objects.filter(status="closed", pk__in=told["runs"]).count(),
    }


VERBS: Mapping[str, Callable[..., Any]] = {
    "invite": invite,
    "watch": watch,
    "left": left,
    "judge": judge,
}

if __name__ == "__main__":
    for line in sys.stdin:
        verb, argument = json.loads(line)
        close_old_connections()
        sys.stdout.write(json.dumps(VERBS[verb](argument)) + "\n")
        sys.stdout.flush()
