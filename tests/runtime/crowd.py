"""Many people at once: runs with a customer and an agent each, and the tabs they sit at.

A tab behaves as static/src/api does: it greets, pings, says what it has read, and comes back with
full jitter when its line is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from accounts import links
from runtime import joining
from runtime.models import Participant
from tests.runtime import builders
from tests.runtime.builders import edge, end, graph, node

TEXT = {"en": "One moment", "zh-Hans": "请稍候"}
READING = "read.1"
BACKOFF_S = (0.25, 8.0)
RESTART_S = 2.0
ACT_LIMIT_S = 300
FINAL = {1000, 4400, 4401, 4403, 4404, 4409, 4413}
SEEN_FRAMES = 32
SEEN_BYTES = 65_536


def reading_graph(phrases: int = 8, chars: int = 20) -> dict[str, Any]:
    """A link, then a script whose phrases the agent ticks while the customer reads along."""
    said = [
        {"id": f"p{n}", "text": {"en": f"Phrase {n} ".ljust(chars, ".")}} for n in range(phrases)
    ]
    script = node("read", "script.read", script_id="s", heading=TEXT, phrases=said, threshold=0.0)
    edges = [edge("link", "ok", "read"), edge("link", "expired", "done")]
    edges += [edge("read", one, "done") for one in ("ok", "deviation", "skipped")]
    return graph([node("link", "entry.link"), script, end()], edges)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A run and what its two browsers hold."""

    run: UUID
    cookie: str
    session: str
    colleague: str
    """Session of a second agent, who is seated in every run."""

    @property
    def colleague_cookie(self) -> str:
        return f"{settings.SESSION_COOKIE_NAME}={self.colleague}"

    def customer(self, port: int) -> Tab:
        return Tab(port, self.run, f"{settings.JOIN_COOKIE_NAME}={self.cookie}")

    def agent(self, port: int) -> Tab:
        return Tab(port, self.run, f"{settings.SESSION_COOKIE_NAME}={self.session}")


def pairs(runs: int, *, agents: int = 20, document: Any = None) -> list[Pair]:
    """So many runs of one flow, each with its customer and one of the agents seated in it."""
    version = builders.published(document or reading_graph())
    people = [builders.staff(f"{uuid.uuid4().hex[:8]}-{n}") for n in range(min(agents, runs) + 1)]
    sessions = [builders.session_of(one) for one in people]
    found = []
    for n in range(runs):
        came = joining.join(
            builders.link_to(version), ip="10.0.0.1", cookie=None, locale="en", now=timezone.now()
        )
        agent = n % (len(people) - 1)
        for one in (people[agent], people[-1]):
            Participant.objects.create(run=came.run, role="agent", user=one, name=one.display_name)
        found.append(
            Pair(
                run=came.run.pk,
                cookie=links.cookie_of(came.entry),
                session=sessions[agent],
                colleague=sessions[-1],
            )
        )
    return found


@dataclass(eq=False)
class Tab:
    """One browser tab in a run; `seated` keeps it there."""

    port: int
    run: UUID
    cookie: str
    seq: int = 0
    seqs: list[int] = field(default_factory=list)
    """Of the views it was shown, in order."""
    shown_at: dict[int, float] = field(default_factory=dict)
    codes: list[int] = field(default_factory=list)
    """How its lines ended; an HTTP status when one was refused."""
    is_welcome: asyncio.Event = field(default_factory=asyncio.Event)
    welcomed_at: float = 0.0
    _was_welcome: bool = False
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _line: ClientConnection | None = None
    _tab: str = field(default_factory=lambda: str(uuid.uuid4()))
    _asked: dict[str, tuple[dict[str, Any], asyncio.Future[dict[str, Any]]]] = field(
        default_factory=dict
    )
    """What has no answer yet: it is asked again after every welcome."""

    async def stay(self, pause_s: float = 0.0) -> None:
        """Sit there until cancelled or told to go; come back as often as it takes."""
        await asyncio.sleep(pause_s)
        attempt = 0
        while not self.codes or self.codes[-1] not in FINAL:
            try:
                async with self._dial() as self._line:
                    await self._greet()
                    await self._read()
            except InvalidStatus as refused:
                self.codes.append(refused.response.status_code)
            except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
                self.codes.append(1006)
            attempt = 0 if self._was_welcome else attempt + 1
            self._was_welcome = False
            self.is_welcome.clear()
            self._line = None
            await asyncio.sleep(_pause_s(self.codes[-1], attempt))

    def _dial(self) -> connect:
        return connect(
            f"ws://127.0.0.1:{self.port}/ws/run/{self.run}/",
            additional_headers={"Cookie": self.cookie, "Origin": f"http://127.0.0.1:{self.port}"},
            compression=None,
            ping_interval=None,
            open_timeout=20,
            close_timeout=1,
        )

    async def _greet(self) -> None:
        hello = {"protocol": 1, "seq": self.seq, "locale": "en", "tab": self._tab}
        await self.say("hello", **hello)

    async def _read(self) -> None:
        assert self._line is not None
        beat = asyncio.create_task(self._beat())
        frames = unsaid = 0
        try:
            async for text in self._line:
                frames, unsaid = frames + 1, unsaid + len(text)
                if frames % SEEN_FRAMES == 0 or unsaid >= SEEN_BYTES:
                    unsaid = 0
                    await self.say("seen", frames=frames)
                await self._hear(json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            beat.cancel()
        self.codes.append(self._line.close_code or 1006)

    async def _beat(self) -> None:
        await asyncio.sleep(random.uniform(0, 15))
        while True:
            await self.say("ping", at=1)
            await asyncio.sleep(15)

    async def _hear(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "welcome":
                self.welcomed_at = time.monotonic()
                self._was_welcome = True
                self.is_welcome.set()
                for asked, _ in tuple(self._asked.values()):
                    await self.say("act", **asked)
            case "view":
                self.seq = message["seq"]
                self.seqs.append(self.seq)
                self.shown_at[self.seq] = time.monotonic()
                self._moved.set()
            case "ack" | "refused":
                _, waiting = self._asked.pop(str(message["id"]), ({}, None))
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)

    async def say(self, kind: str, **content: Any) -> None:
        if self._line is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._line.send(json.dumps({"type": kind, **content}))

    def drop(self) -> None:
        """Its network is gone: no close frame, no goodbye."""
        if self._line is not None:
            self.is_welcome.clear()
            self._line.transport.abort()

    async def until(self, seq: int, limit_s: float = 120.0) -> float:
        """When it was first shown `seq` or a later one. Raises TimeoutError."""
        async with asyncio.timeout(limit_s):
            while self.seq < seq:
                self._moved.clear()
                await self._moved.wait()
        return min(at for shown, at in self.shown_at.items() if shown >= seq)

    async def act(self, action: str, **data: Any) -> dict[str, Any]:
        """The site's answer, however often the line is lost meanwhile. Raises TimeoutError."""
        id_ = str(uuid.uuid4())
        asked = {"id": id_, "activity": READING, "action": action, "data": data}
        answer = asyncio.get_running_loop().create_future()
        self._asked[id_] = asked, answer
        if self.is_welcome.is_set():
            await self.say("act", **asked)
        async with asyncio.timeout(ACT_LIMIT_S):
            return dict(await answer)


def _pause_s(code: int, attempt: int) -> float:
    """As `afterClose` of static/src/api/socket_backoff.ts."""
    if code == 1012 and attempt == 0:
        return random.uniform(BACKOFF_S[0], RESTART_S)
    cap = min(BACKOFF_S[1], BACKOFF_S[0] * 2 ** min(attempt + 1, 16))
    return random.uniform(BACKOFF_S[0], cap)


@contextlib.asynccontextmanager
async def seated(
    tabs: list[Tab], *, at_once: int = 50, limit_s: float = 600.0
) -> AsyncIterator[list[Tab]]:
    """All of them welcome, coming in not too many at a time; their tasks are ended afterwards."""
    tasks: list[asyncio.Task[None]] = []
    try:
        async with asyncio.timeout(limit_s):
            for some in _batches(tabs, at_once):
                tasks += [asyncio.create_task(one.stay()) for one in some]
                await asyncio.gather(*(one.is_welcome.wait() for one in some))
        yield tabs
    finally:
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _batches(tabs: list[Tab], size: int) -> Iterator[list[Tab]]:
    for start in range(0, len(tabs), size):
        yield tabs[start : start + size]
