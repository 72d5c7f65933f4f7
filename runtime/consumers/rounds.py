"""The rounds of a web process: one task that looks after all of its sockets.

A hint may be lost, so somebody must look now and then. That is one statement for all sockets of a
kind, not one for each socket: four thousand people who read and say nothing cost next to nothing.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol
from weakref import WeakSet

import structlog
from channels.db import database_sync_to_async

ROUND_S = (5.0, 10.0)
"""Time between two rounds, drawn anew each time: processes must not fall into step."""
TICK_S = 0.5
RESTARTING = 1012
FLUSH_S = 0.2
"""Time for the last frames to leave the process when the site is stopped."""

log = structlog.get_logger(__name__)


class LookedAfter(Protocol):
    """A socket, as the rounds see it."""

    is_known: bool

    def find_fault(self, now: float) -> int: ...

    async def end(self, code: int) -> None: ...

    def note_due(self) -> None: ...

    @classmethod
    def look_after(cls, sockets: Sequence[Any]) -> Sequence[Any]: ...


class Rounds:
    """Runs while there are sockets."""

    def __init__(self) -> None:
        self._sockets: WeakSet[LookedAfter] = WeakSet()
        self._walking: asyncio.Task[None] | None = None

    def enter(self, socket: LookedAfter) -> None:
        self._sockets.add(socket)
        if self._walking is None or self._walking.done():
            self._walking = asyncio.create_task(self._walk(), name="rounds")

    def leave(self, socket: LookedAfter) -> None:
        self._sockets.discard(socket)
        if not self._sockets and self._walking is not None:
            self._walking.cancel()
            self._walking = None

    async def drain(self) -> None:
        """The site stops: every open socket of this process is told to come back."""
        ending = (one.end(RESTARTING) for one in tuple(self._sockets))
        await asyncio.gather(*ending, return_exceptions=True)
        await asyncio.sleep(FLUSH_S)

    async def _walk(self) -> None:
        due_at = time.monotonic() + random.uniform(*ROUND_S)  # noqa: S311 - jitter
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            await self._end_silent(now)
            if now >= due_at:
                await self._look_round()
                due_at = time.monotonic() + random.uniform(*ROUND_S)  # noqa: S311 - jitter

    async def _end_silent(self, now: float) -> None:
        faults = [(one, code) for one in self._sockets if (code := one.find_fault(now))]
        ending = (one.end(code) for one, code in faults)
        await asyncio.gather(*ending, return_exceptions=True)

    async def _look_round(self) -> None:
        kinds: defaultdict[type[LookedAfter], list[LookedAfter]] = defaultdict(list)
        for one in self._sockets:
            if one.is_known:
                kinds[type(one)].append(one)
        for kind, sockets in kinds.items():
            try:
                due = await database_sync_to_async(kind.look_after)(sockets)
            except Exception:  # a database that is away: the next round asks again
                log.exception("round_failed", sockets=kind.__name__)
            else:
                for one in due:
                    one.note_due()


rounds = Rounds()
