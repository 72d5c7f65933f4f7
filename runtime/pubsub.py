"""Wake-ups over Redis, for processes on several hosts; with Redis away they are lost, no more.

A publisher waits a bounded time, then leaves Redis alone for a moment, so a commit is never held up
by it for long. A listener tries again until it is closed.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import structlog
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

ANSWER_LIMIT_S = 1.0
REST_S = 2.0
"""After a failure nobody waits for Redis for this long."""
_AGAIN_S = 1.0
_LOOK_S = 0.5
_PROBE_EVERY_S = 5
_FAULTS = (RedisError, OSError)

log = structlog.get_logger(__name__)


class Listener:
    """Calls `heard` in its own thread for every wake-up of `kind`, until `close`.

    After each (new) connection it is called with an empty one: some may have been lost before it.
    """

    def __init__(self, url: str, kind: str, heard: Callable[[Mapping[str, Any]], None]) -> None:
        self._client, self._channel = _client(url), channel_of(url, kind)
        self._heard = heard
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"pubsub {kind}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join(2 * ANSWER_LIMIT_S)
        self._client.close()

    def _keep(self) -> None:
        while not self._over.is_set():
            try:
                self._listen()
            except _FAULTS as error:
                log.warning("hints_unheard", reason=type(error).__name__)
                self._over.wait(_AGAIN_S)

    def _listen(self) -> None:
        with self._client.pubsub(ignore_subscribe_messages=True) as subscription:
            subscription.subscribe(self._channel)
            self._heard({})
            while not self._over.is_set():
                message = subscription.get_message(timeout=_LOOK_S)
                if message is not None:
                    self._pass_on(message["data"])

    def _pass_on(self, raw: bytes) -> None:
        try:
            wakeup = json.loads(raw)
        except ValueError:
            return
        if isinstance(wakeup, dict):
            self._heard(wakeup)


class _Publisher:
    """One per process and Redis; any thread may use it."""

    def __init__(self, url: str) -> None:
        self._client = _client(url)
        self._rests_until_s = 0.0

    def publish(self, channel: str, raw: bytes) -> None:
        if time.monotonic() < self._rests_until_s:
            return
        try:
            self._client.publish(channel, raw)
        except _FAULTS as error:
            self._rests_until_s = time.monotonic() + REST_S
            log.warning("hints_untold", reason=type(error).__name__)


def tell(url: str, kind: str, wakeup: Mapping[str, Any]) -> None:
    """Publish to every listener of `kind`."""
    raw = json.dumps(wakeup, separators=(",", ":")).encode()
    _publisher(url).publish(channel_of(url, kind), raw)


def channel_of(url: str, kind: str) -> str:
    """Redis has one space of channels for all its databases, so the database stands in the name."""
    database = urlsplit(url).path.strip("/") or "0"
    return f"counterflow:{database}:{kind}"


@cache
def _publisher(url: str) -> _Publisher:
    return _Publisher(url)


def _client(url: str) -> Redis:
    """Its pool is safe for threads and forks; one retry, for a connection that Redis has closed."""
    return Redis.from_url(
        url,
        socket_connect_timeout=ANSWER_LIMIT_S,
        socket_timeout=ANSWER_LIMIT_S,
        socket_keepalive=True,
        health_check_interval=_PROBE_EVERY_S,
        retry=Retry(NoBackoff(), 1),
    )
