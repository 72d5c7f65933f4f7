"""A media worker at the socket seam.

Answers requests as docs/protocol.md says, without any media.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import uuid
from collections.abc import Callable
from typing import Any

from runtime.clock import now_ms
from runtime.media.chain import Link, forge
from tests.runtime.builders import Client

PICTURE = b"\xff\xd8 a picture \xff\xd9"


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is awaited comes by a socket, not by an event
            await asyncio.sleep(0.01)


class FakeWorker:
    """Call `start`, then look at `requests`; `events_of` builds what a real one would tell."""

    def __init__(self, client: Client, *, name: str = "local-1") -> None:
        self.client, self.name = client, name
        self.requests: list[dict[str, Any]] = []
        self.acks: list[str] = []
        self.orders: list[str] = []
        """`drain`, `leave`."""
        self.is_draining = False
        self.deaf = False
        self._task: asyncio.Task[None] | None = None

    async def start(self, rooms: list[dict[str, Any]] | None = None) -> FakeWorker:
        accepted, _ = await self.client.connect(timeout=5)
        assert accepted
        await self.client.say(
            "enrol",
            protocol=1,
            worker=self.name,
            zone="default",
            region="default",
            host="here",
            udp_port=40000,
            capacity=10,
            rooms=rooms or [],
        )
        await self.client.expect("welcome")
        self._task = asyncio.create_task(self._work(), name="fake worker")
        return self

    async def stop(self) -> None:
        """The socket goes away as at a kill."""
        await self._close(1006)

    async def leave(self) -> None:
        """It says goodbye."""
        await self._close(1001)

    async def _close(self, code: int) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.client.disconnect(code=code)

    def asked(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.requests if one["kind"] == kind]

    async def until_asked(self, kind: str) -> dict[str, Any]:
        await until(lambda: bool(self.asked(kind)))
        return self.asked(kind)[-1]

    async def tell(self, kind: str, room: str, generation: int, data: dict[str, Any]) -> str:
        id_ = str(uuid.uuid4())
        await self.client.say(
            "event", id=id_, room=room, generation=generation, kind=kind, data=data
        )
        await until(lambda: id_ in self.acks)
        return id_

    async def _work(self) -> None:
        beat_at = 0.0
        loop = asyncio.get_running_loop()
        while True:
            if loop.time() - beat_at > 0.4:
                beat_at = loop.time()
                told = {"load": 0.1, "peers": 0, "draining": self.is_draining}
                await self.client.say("heartbeat", rooms=0, **told)
            if await self.client.receive_nothing(timeout=0.05, interval=0.01):
                continue
            await self._hear(await self.client.receive_json_from(timeout=1))

    async def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "ack":
            self.acks.append(message["id"])
        if message["type"] in ("drain", "leave"):
            self.orders.append(message["type"])
        if message["type"] != "request":
            return
        self.requests.append(message)
        if not self.deaf:
            result = _result_of(message["kind"], message["params"])
            await self.client.say("answer", id=message["id"], ok=True, result=result)


def _result_of(kind: str, params: dict[str, Any]) -> dict[str, Any]:
    match kind:
        case "peer.offer" | "peer.restart":
            return {"sdp": "v=0 the worker's answer"}
        case "record.start":
            return {"started_at_ms": now_ms()}
        case "record.stop":
            return {"files": [], "duration_ms": 0}
        case "frame.grab":
            return {
                "evidence": params["evidence"],
                "sha256": hashlib.sha256(PICTURE).hexdigest(),
                "width": 640,
                "height": 480,
                "sharpness": 120.5,
                "at_ms": now_ms(),
            }
        case _:
            return {}


def links_of(content: bytes, *, size: int = 100, t0_ms: int = 0) -> list[Link]:
    """The chain over `content` in segments of `size` bytes and one second each."""
    links: list[Link] = []
    for start in range(0, len(content), size):
        at = t0_ms + 1000 * len(links)
        last = links[-1] if links else None
        links.append(
            forge(last, content[start : start + size], times=(at, at + 1000), offset=start)
        )
    return links
