"""Passes claimed jobs on to Celery: the performer of a dispatcher whose site has a broker.

The broker holds a few messages at a time, everything else stays rows: a broker that is away, slow
or wiped, or workers that are not there, leave nothing behind but rows that are due.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from typing import Any, TypeVar

import structlog
from celery import current_app
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from runtime import claims, tasks
from runtime.models import Job

WINDOW = 32
"""Messages of one sort that wait in the broker at most."""
TOGETHER = 32
"""Jobs of the house's own that one message tells of at most."""
WORKERS = 4
"""So many are given something to do before one of them gets a second job."""
ANSWER_LIMIT_S = 2.0
REST_S = 1.0
"""After a failure the broker is left alone for this long."""

_OF_AMQP = {"read_timeout": ANSWER_LIMIT_S, "write_timeout": ANSWER_LIMIT_S}
_OF_REDIS = {"socket_timeout": ANSWER_LIMIT_S, "socket_connect_timeout": ANSWER_LIMIT_S}

Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)


class Relay:
    """Sends the jobs' ids and fences. Its own work ends there: it keeps no leases.

    One thread speaks with the broker and is waited for within ANSWER_LIMIT_S: libraries try again
    for longer, and the house must be kept meanwhile. What it sends too late finds no lease.
    """

    is_relay = True

    def __init__(self, _ended: Callable[[], None]) -> None:
        self._voice = ThreadPoolExecutor(1, thread_name_prefix="broker")
        self._asked: Future[Any] | None = None
        self._connection: Connection | None = None
        self._is_lost = False
        self._rests_until_s = 0.0

    def free(self, *, outside: bool) -> int:
        if time.monotonic() < self._rests_until_s or self._is_speaking():
            return 0
        try:
            free = WINDOW - self._ask(partial(self._waiting, _queue(outside)))
            return free if outside else free * TOGETHER
        except self._faults as error:
            self._lose(error)
            return 0

    def take(self, jobs: list[Job], *, outside: bool) -> None:
        unsent = _messages(jobs, outside=outside)
        try:
            while unsent:
                self._ask(partial(self._send, unsent[0], _queue(outside)))
                unsent.pop(0)
        except self._faults as error:
            self._lose(error)
            claims.give_back([job for message in unsent for job in message])

    def held(self) -> list[Job]:
        return []

    def close(self) -> None:
        self._voice.shutdown(wait=False, cancel_futures=True)

    def _ask(self, what: Callable[[], Answer]) -> Answer:
        """The answer. Raises TimeoutError when it takes longer than ANSWER_LIMIT_S."""
        asked = self._voice.submit(what)
        self._asked = asked
        return asked.result(ANSWER_LIMIT_S)

    def _is_speaking(self) -> bool:
        return self._asked is not None and not self._asked.done()

    def _send(self, jobs: list[Job], queue: str) -> None:
        told = [(job.pk, job.fence) for job in jobs]
        tasks.perform.apply_async((told,), queue=queue, connection=self._opened(), retry=False)

    def _waiting(self, queue: str) -> int:
        """Messages nobody has fetched. Declaring makes a queue that is not there (any more)."""
        bound = current_app.amqp.queues[queue].bind(self._opened().default_channel)
        count: int = bound.queue_declare().message_count
        return count

    def _opened(self) -> Connection:
        if self._connection is not None and self._is_lost:
            self._connection.collect()  # without a word to a broker that may not listen
            self._connection = None
        if self._connection is None:
            self._is_lost = False
            is_redis = current_app.conf.broker_url.startswith("redis")
            self._connection = current_app.connection_for_write(
                connect_timeout=ANSWER_LIMIT_S,
                transport_options=_OF_REDIS if is_redis else _OF_AMQP,
            )
        return self._connection

    @cached_property
    def _faults(self) -> tuple[type[BaseException], ...]:
        connection = current_app.connection_for_write()
        return (
            OperationalError,
            OSError,
            *connection.connection_errors,
            *connection.channel_errors,
        )

    def _lose(self, error: BaseException) -> None:
        log.warning("broker_unreachable", reason=type(error).__name__)
        self._rests_until_s = time.monotonic() + REST_S
        self._is_lost = True


def _messages(jobs: list[Job], *, outside: bool) -> list[list[Job]]:
    """Who asks outside the house waits, so each such job goes alone; a run's own go together."""
    if outside:
        return [[job] for job in jobs]
    size = min(TOGETHER, math.ceil(len(jobs) / WORKERS))
    return claims.parted(jobs, size)


def _queue(outside: bool) -> str:
    return tasks.OUTSIDE_QUEUE if outside else tasks.QUEUE
