"""What carries and performs: Redis, the broker, Celery's workers, the dispatcher."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings

from config.diagnosis.verdict import Verdict, fail, ok, warn
from runtime import tasks
from runtime.clock import now_ms
from runtime.models import Job

ANSWER_LIMIT_S = 3.0
LATE_WARN_MS = 3_000
LATE_FAIL_MS = 15_000
_QUEUES = {tasks.QUEUE, tasks.OUTSIDE_QUEUE}


def redis() -> Verdict:
    """Whether a hint that one process tells is heard by another."""
    if not settings.REDIS_URL:
        return ok("redis", "not used: the processes of this site share a host")
    from redis import Redis, RedisError  # noqa: PLC0415 - an extra

    client = Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=ANSWER_LIMIT_S,
        socket_timeout=ANSWER_LIMIT_S,
    )
    try:
        heard = _is_heard(client)
    except (RedisError, OSError) as error:
        mend = "Start Redis or correct COUNTERFLOW_REDIS_URL; until then screens follow in 5 s."
        return fail("redis", type(error).__name__, mend)
    if not heard:
        return fail("redis", "publishes, but nobody hears", "Allow publish and subscribe (ACL).")
    return ok("redis", "a hint went round")


def _is_heard(client: Any) -> bool:
    channel = f"counterflow:doctor:{secrets.token_hex(4)}"
    with client.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(channel)
        subscription.get_message(timeout=ANSWER_LIMIT_S)  # that it is subscribed
        client.publish(channel, "hint")
        return subscription.get_message(timeout=ANSWER_LIMIT_S) is not None


def broker() -> Verdict:
    """Whether jobs reach somebody who performs them."""
    if not settings.CELERY_BROKER_URL:
        return ok("broker", "not used: dispatchers perform jobs themselves")
    from celery import current_app  # noqa: PLC0415 - loaded only where it is used
    from kombu.exceptions import OperationalError  # noqa: PLC0415 - the same

    with current_app.connection_for_write(connect_timeout=ANSWER_LIMIT_S) as connection:
        try:
            connection.ensure_connection(max_retries=1, timeout=ANSWER_LIMIT_S)
            served = current_app.control.inspect(timeout=ANSWER_LIMIT_S).active_queues()
        except (OperationalError, *connection.connection_errors, OSError) as error:
            mend = "Start the broker or correct COUNTERFLOW_BROKER_URL; jobs wait as rows."
            return fail("broker", type(error).__name__, mend)
    return judge_consumers(served or {})


def judge_consumers(served: Mapping[str, Collection[Mapping[str, str]]]) -> Verdict:
    """`served`: the queues of each of Celery's workers that answered."""
    names = {queue["name"] for queues in served.values() for queue in queues}
    unserved = sorted(_QUEUES - names)
    if unserved:
        mend = f"Start one: celery -A config.celery worker -Q {unserved[0]}"
        return fail("broker", f"no worker of Celery for {', '.join(unserved)}", mend)
    return ok("broker", f"{len(served)} workers of Celery answer")


def dispatcher() -> Verdict:
    """Whether jobs that are due are taken."""
    now = now_ms()
    due = Job.objects.filter(status=Job.Status.READY, due_at_ms__lte=now).order_by("due_at_ms")
    oldest = due.values_list("due_at_ms", flat=True).first()
    late_ms = 0 if oldest is None else now - oldest
    detail = f"the oldest due job waits for {late_ms} ms"
    mend = "Start manage.py dispatch (or more performers) and look at its log."
    if late_ms >= LATE_FAIL_MS:
        return fail("dispatcher", detail, mend)
    if late_ms >= LATE_WARN_MS:
        return warn("dispatcher", detail, mend)
    return ok("dispatcher", detail if oldest else "no job is due")


def dead_jobs() -> Verdict:
    """Whether jobs were given up in the last day."""
    since = now_ms() - 24 * 3_600_000
    dead = Job.objects.filter(status=Job.Status.DEAD, due_at_ms__gte=since)
    kinds = sorted(set(dead.values_list("kind", flat=True)))
    if kinds:
        mend = "The column `problem` of table runtime_job says why."
        return warn("dead_jobs", f"{dead.count()} given up since a day: {', '.join(kinds)}", mend)
    return ok("dead_jobs", "none since a day")
