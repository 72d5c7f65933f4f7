"""What the three sockets share.

Frames to messages, bounds, refusals, heartbeat, an end with a code.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any
from weakref import WeakSet

import structlog
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from typing_extensions import override

from runtime.errors import MalformedMessageError
from runtime.refusals import text_of

HEARTBEAT_S = 15
SILENCE_LIMIT_S = 45.0
HELLO_LIMIT_S = 10.0
POLL_S = 5.0
RESTARTING = 1012
FLUSH_S = 0.2
"""Time for the last frames to leave the process when the site is stopped."""
RATE_PER_S = 20.0
BURST = 60.0
MALFORMED_LIMIT = 20
TOO_FAST_LIMIT = 60

log = structlog.get_logger(__name__)
_open: WeakSet[Socket] = WeakSet()


class Bucket:
    """A token bucket: RATE_PER_S on average, BURST at once."""

    def __init__(self, rate_per_s: float, burst: float) -> None:
        self._rate, self._burst = rate_per_s, burst
        self._tokens, self._at = burst, time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


async def drain() -> None:
    """The site stops: every open socket of this process is told to come back."""
    await asyncio.gather(*(one.end(RESTARTING) for one in tuple(_open)), return_exceptions=True)
    await asyncio.sleep(FLUSH_S)


class Socket(AsyncWebsocketConsumer):
    """A subclass parses in `read`, answers in `handle`, looks again in `refresh`."""

    rate_per_s = RATE_PER_S
    burst = BURST
    silence_limit_s = SILENCE_LIMIT_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.locale = "en"
        self.is_known = False
        """Whether hello (or enrol) was accepted."""
        self.is_over = False
        self._bucket = Bucket(self.rate_per_s, self.burst)
        self._malformed = self._too_fast = 0
        self._heard_at = self._opened_at = time.monotonic()
        self._watching: asyncio.Task[None] | None = None

    @override
    async def connect(self) -> None:
        await self.accept()
        _open.add(self)
        self._heard_at = self._opened_at = time.monotonic()
        name = f"watch {type(self).__name__}"
        self._watching = asyncio.create_task(self._watch(), name=name)

    @override
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.is_over:
            return
        self._heard_at = time.monotonic()
        if not self._bucket.take():
            await self._slow_down()
            return
        self._too_fast = 0
        try:
            if text_data is None:
                raise MalformedMessageError("text frames only")
            message = self.read(text_data)
        except MalformedMessageError as error:
            await self._refuse_malformed(error)
            return
        await self.handle(message)

    @override
    async def disconnect(self, code: int) -> None:
        self.is_over = True
        _open.discard(self)
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        if self.is_known:
            await self.gone()

    def read(self, text: str) -> Any:
        raise NotImplementedError

    async def handle(self, message: Any) -> None:
        raise NotImplementedError

    async def refresh(self) -> None:
        """Read what changed and tell; called at hints and every POLL_S."""

    async def gone(self) -> None:
        """The socket is closed; called once, only if it had been accepted by hello."""

    async def tell(self, kind: str, /, **content: Any) -> None:
        await self.pass_message({"type": kind, **content})

    async def pass_message(self, message: dict[str, Any]) -> None:
        if not self.is_over:
            await self.send(text_data=json.dumps(message, ensure_ascii=False))

    async def refuse(
        self, reason: str, *, id_: str | None = None, field: str | None = None, message: str = ""
    ) -> None:
        shown = message or text_of(reason, self.locale)
        await self.tell("refused", id=id_, reason=reason, message=shown, field=field)

    async def end(self, code: int) -> None:
        """Close with a code of docs/protocol.md; nothing is said or heard afterwards."""
        if not self.is_over:
            self.is_over = True
            await self.close(code=code)

    async def _slow_down(self) -> None:
        self._too_fast += 1
        if self._too_fast > TOO_FAST_LIMIT:
            await self.end(4429)
        else:
            await self.refuse("too_fast")

    async def _refuse_malformed(self, error: MalformedMessageError) -> None:
        self._malformed += 1
        await self.refuse(error.reason, id_=error.id, field=error.field)
        if error.reason == "too_large":
            await self.end(4413)
        elif self._malformed >= MALFORMED_LIMIT:
            await self.end(4400)

    async def _watch(self) -> None:
        """Poll as if every hint were lost, and end a socket that says nothing."""
        polled_at = time.monotonic()
        while not self.is_over:
            await asyncio.sleep(self._pause_s())
            now = time.monotonic()
            if not self.is_known and now - self._opened_at >= HELLO_LIMIT_S:
                await self.end(4400)
            elif now - self._heard_at >= self.silence_limit_s:
                await self.end(4408)
            elif self.is_known and now - polled_at >= POLL_S:
                polled_at = now
                await self._poll()

    async def _poll(self) -> None:
        try:
            await self.refresh()
        except StopConsumer:
            raise
        except Exception:
            log.exception("poll_failed", socket=type(self).__name__)

    def _pause_s(self) -> float:
        return min(1.0, POLL_S, self.silence_limit_s / 2)
