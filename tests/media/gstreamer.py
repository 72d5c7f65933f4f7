"""A `webrtcbin` of GStreamer in a room: a child process, its descriptions passed on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import uuid
from pathlib import Path
from typing import Any

from tests.media.site import Message, Site

PYTHON = "/usr/bin/python3"
"""Debian's own, which has the bindings."""
CHILD = Path(__file__).with_name("gstreamer_child.py")


class GStreamer:
    """One party. `got` counts decoded frames by stream: `video src_1`."""

    def __init__(self, site: Site, party: str, *, codec: str = "vp8") -> None:
        self.site = site
        self.party = party
        self.peer = str(uuid.uuid4())
        self.got: dict[str, int] = {}
        self.agreed = ""  # the worker's last description
        self.answered = 0
        self._codec = codec
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def call(self) -> None:
        """Offer, be answered, and answer the worker's offers from then on."""
        self._child = await asyncio.create_subprocess_exec(
            PYTHON,
            str(CHILD),
            self._codec,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._tasks.append(asyncio.create_task(self._listen(), name="gstreamer"))
        self._tell({"do": "offer"})
        offered = await self._hear("offer")
        answer = await self._ask("peer.offer", sdp=offered)
        self.agreed = answer["sdp"]
        self._tell({"do": "take", "type": "answer", "sdp": self.agreed})
        self._tasks.append(asyncio.create_task(self._answer_offers(), name="gstreamer answers"))

    async def hang_up(self) -> None:
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._child.kill()
        await self._child.wait()

    async def until_decodes(self, *, videos: int, audios: int) -> None:
        """Wait for new frames of so many pictures and sounds."""
        before = dict(self.got)

        def moving(kind: str) -> int:
            named = [name for name in self.got if name.startswith(kind)]
            return sum(self.got[name] > before.get(name, 0) + 5 for name in named)

        await self.site.until(lambda: moving("video") >= videos and moving("audio") >= audios)

    async def _answer_offers(self) -> None:
        while True:
            offers = self.site.find("offer", peer=self.peer)
            for event in offers[self.answered :]:
                self.agreed = event["data"]["sdp"]
                self._tell({"do": "take", "type": "offer", "sdp": self.agreed})
                answer = await self._hear("answer")
                await self._ask("peer.answer", sdp=answer)
            self.answered = max(self.answered, len(offers))
            await asyncio.sleep(0.02)

    async def _ask(self, kind: str, **params: Any) -> Message:
        return await self.site.ask(kind, party=self.party, peer=self.peer, **params)

    def _tell(self, message: Message) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(message).encode() + b"\n")

    async def _hear(self, key: str) -> str:
        message = await self._said.get()
        while key not in message:
            message = await self._said.get()
        return str(message[key])

    async def _listen(self) -> None:
        assert self._child.stdout is not None
        async for line in self._child.stdout:
            message = json.loads(line)
            if "got" in message:
                self.got = message["got"]
            else:
                self._said.put_nowait(message)


def setups(sdp: str) -> set[str]:
    """The DTLS roles that a description names."""
    return set(re.findall(r"^a=setup:(\w+)", sdp, re.MULTILINE))
