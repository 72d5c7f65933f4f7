"""What the three sockets share.

Frames to messages, bounds in both directions, refusals, one refresh at a time, an end with a code.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Sequence
from typing import Any

import structlog
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import InterfaceError, OperationalError
from typing_extensions import override

from runtime.consumers.arrivals import arrivals
from runtime.consumers.outstanding import Outstanding
from runtime.consumers.rounds import RESTARTING, rounds
from runtime.errors import MalformedMessageError, RunSealedError
from runtime.messages import Seen
from runtime.refusals import text_of

HEARTBEAT_S = 15
SILENCE_LIMIT_S = 45.0
HELLO_LIMIT_S = 10.0
RATE_PER_S = 20.0
BURST = 60.0
MALFORMED_LIMIT = 20
TOO_FAST_LIMIT = 60
NOT_READ = 4414
_ID = re.compile(r'"id" ?: ?"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"')
_ID_WITHIN = 256
"""Of what comes too fast only so many characters are looked at, and never as JSON."""

log = structlog.get_logger(__name__)


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


class Socket(AsyncWebsocketConsumer):
    """A subclass parses in `read`, answers in `handle`, looks again in `refresh`.

    Messages and refreshes take turns, so an answer leaves before the view it led to. However many
    hints come while a refresh is under way, they make one more.
    """

    kind: str
    """Sockets of a kind are counted, and looked after, together."""
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
        self._outstanding = Outstanding()
        self._turn = asyncio.Lock()
        self._is_due = False
        self._catching_up: asyncio.Task[None] | None = None

    @override
    async def dispatch(self, message: dict[str, Any]) -> None:
        """As channels has it, but for its visit to the database's thread before every message.

        It asks there for connections past their age, which each of our calls does by itself. A
        database that is away ends no socket that is known: the next round looks again.
        """
        try:
            await getattr(self, message["type"].replace(".", "_"))(message)
        except (InterfaceError, OperationalError):
            log.warning("database_away", socket=type(self).__name__, exc_info=True)
            if message["type"] == "websocket.disconnect":
                raise StopConsumer from None
            if not self.is_known:
                await self.end(RESTARTING)

    @override
    async def connect(self) -> None:
        await self.accept()
        self._heard_at = self._opened_at = time.monotonic()
        arrivals.come(self)
        rounds.enter(self)

    @override
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.is_over:
            return
        self._heard_at = time.monotonic()
        if not self._bucket.take():
            await self._slow_down(text_data or "")
            return
        self._too_fast = 0
        try:
            if text_data is None:
                raise MalformedMessageError("text frames only")
            message = self.read(text_data)
            if isinstance(message, Seen):
                self._outstanding.settle(message.frames)
                return
        except MalformedMessageError as error:
            await self._refuse_malformed(error)
            return
        async with self._turn:
            await self._handle(message)

    async def _handle(self, message: Any) -> None:
        try:
            await self.handle(message)
        except (InterfaceError, OperationalError):
            log.warning("database_away", socket=type(self).__name__, exc_info=True)
            await self.regret(message)
        except RunSealedError:
            log.exception("run_sealed", socket=type(self).__name__)
            await self.regret(message)

    async def regret(self, message: Any) -> None:
        """What came of it is open: the same id again gets the answer of the first time."""
        id_ = getattr(message, "id", None)
        if id_ is None:  # a greeting: without it nothing else makes sense
            await self.end(RESTARTING)
        else:
            await self.refuse("again", id_=id_)

    @override
    async def disconnect(self, code: int) -> None:
        self.is_over = True
        rounds.leave(self)
        arrivals.settle(self)
        if self._catching_up is not None:
            self._catching_up.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._catching_up
        if self.is_known:
            await self.gone()

    def read(self, text: str) -> Any:
        raise NotImplementedError

    async def handle(self, message: Any) -> None:
        raise NotImplementedError

    async def refresh(self) -> None:
        """Read what changed and tell; one at a time."""

    async def gone(self) -> None:
        """The socket is closed; called once, only if it had been accepted by hello."""

    @classmethod
    def look_after(cls, sockets: Sequence[Any]) -> Sequence[Any]:
        """A round, in the database's thread: which of `sockets` must look again.

        It stands in for every hint that was lost.
        """
        return sockets

    def welcome_in(self) -> None:
        """Hello was accepted."""
        self.is_known = True
        arrivals.settle(self)

    def note_due(self) -> None:
        """There may be something to show."""
        self._is_due = True
        if self._catching_up is None and not self.is_over:
            name = f"catch up {type(self).__name__}"
            self._catching_up = asyncio.create_task(self._catch_up(), name=name)

    async def tell(self, kind: str, /, **content: Any) -> None:
        await self.pass_message({"type": kind, **content})

    async def pass_message(self, message: dict[str, Any]) -> None:
        if self.is_over:
            return
        text = json.dumps(message, ensure_ascii=False)
        if self._outstanding.add(len(text)):
            await self.send(text_data=text)
        else:
            await self.end(NOT_READ)

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

    def find_fault(self, now: float) -> int:
        """The code that ends a socket which says nothing; 0 for one that lives."""
        if self.is_over:
            return 0
        is_with_us = self._turn.locked()  # it has spoken, and we take our time
        if not self.is_known and not is_with_us and now - self._opened_at >= HELLO_LIMIT_S:
            return 4400
        return 4408 if now - self._heard_at >= self.silence_limit_s else 0

    async def _catch_up(self) -> None:
        try:
            while self._is_due and not self.is_over:
                async with self._turn:
                    self._is_due = False
                    await self.refresh()
        except Exception:  # the next hint or round tries again
            log.exception("refresh_failed", socket=type(self).__name__)
        finally:
            self._catching_up = None

    async def _slow_down(self, text: str) -> None:
        self._too_fast += 1
        if self._too_fast > TOO_FAST_LIMIT:
            await self.end(4429)
        else:
            found = _ID.search(text, 0, _ID_WITHIN)
            await self.refuse("too_fast", id_=found[1] if found else None)

    async def _refuse_malformed(self, error: MalformedMessageError) -> None:
        self._malformed += 1
        await self.refuse(error.reason, id_=error.id, field=error.field)
        if error.reason == "too_large":
            await self.end(4413)
        elif self._malformed >= MALFORMED_LIMIT:
            await self.end(4400)


in_database = database_sync_to_async
