"""What a party shows and says, for whoever works on it: pictures so many a second, sound as PCM.

A tap takes only what a recording may hold: nothing of who is mute or on hold. What it takes is
delivered under its grant, piece by piece, each told of by an event; a piece that cannot be
delivered is gone, because the next is on its way.
"""

from __future__ import annotations

import asyncio
import io
import sys
import wave
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from struct import pack
from typing import Protocol

import structlog

from runtime.media.clock import wall_ms
from runtime.media.delivery import Grant
from runtime.media.errors import MediaError
from runtime.media.frames import PictureCache
from runtime.media.inbound import Inbound
from runtime.media.rtp import Packet

SAMPLES_PER_PACKET = 960  # 20 ms at 48 kHz
HOLE_PACKETS = 50  # of a hole, given as silence; who says nothing for longer sends nothing
BACKLOG_PACKETS = 500  # that wait for the listener; it has died, or the machine is too busy
MIN_HZ, MAX_HZ = 0.1, 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Where the pieces of a tap go: files under a grant, and an event for each."""

    tap: str
    party: str
    grant: Grant
    put: Callable[[str, bytes, Grant], Awaitable[dict[str, object]]]
    tell: Callable[[dict[str, object]], object]

    async def hand(self, number: int, ending: str, data: bytes, told: Mapping[str, object]) -> None:
        """Deliver one piece and tell of it."""
        file = f"{self.tap}-{number}.{ending}"
        try:
            where = await self.put(file, data, self.grant)
        except OSError as error:
            log.warning("tap_piece_lost", file=file, reason=str(error))
            return
        known = {"tap": self.tap, "party": self.party, "n": number, "file": file}
        measures = {"bytes": len(data), "sha256": sha256(data).hexdigest()}
        self.tell({**known, **measures, **told, **where, "grant": self.grant.text})


class Tap(Protocol):
    """What a room keeps of either kind."""

    outlet: Outlet

    def attach(self, tracks: Mapping[str, Inbound]) -> None:
        """The party's tracks that may be taken from now on, by label."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class VideoTap:
    """A picture of a party `hz` times a second, as long as it shows itself."""

    def __init__(self, outlet: Outlet, pictures: PictureCache, hz: float) -> None:
        self.outlet = outlet
        self._pictures = pictures
        self._every_s = 1 / hz
        self._task: asyncio.Task[None] | None = None

    def attach(self, tracks: Mapping[str, Inbound]) -> None:
        """The room's own cache of the party's pictures knows already."""

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="video tap")

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        loop, number = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            with suppress(MediaError):  # nothing to see just now
                picture = await self._pictures.grab()
                size = {"width": picture.width, "height": picture.height}
                told = {"at_ms": picture.at_ms, "sharpness": picture.sharpness, **size}
                await self.outlet.hand(number, "jpg", picture.jpeg, {"kind": "video", **told})
                number += 1
            await asyncio.sleep(max(0.0, began + self._every_s - loop.time()))


class AudioTap:
    """A party's sound as PCM, a second a piece; decoded by a process of its own."""

    def __init__(self, outlet: Outlet, rate: int) -> None:
        self.outlet = outlet
        self._rate = rate
        self._track: Inbound | None = None
        self._packets: asyncio.Queue[bytes] = asyncio.Queue(BACKLOG_PACKETS)
        self._timestamp = -1  # of the last packet
        self._task: asyncio.Task[None] | None = None

    def attach(self, tracks: Mapping[str, Inbound]) -> None:
        track = tracks.get("audio")
        if track is self._track:
            return
        if self._track is not None:
            self._track.remove_sink(self._take)
        self._track, self._timestamp = track, -1
        if track is not None:
            track.add_sink(self._take)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="audio tap")

    def stop(self) -> None:
        self.attach({})
        if self._task is not None:
            self._task.cancel()

    def _take(self, packet: Packet) -> None:
        """The sink: in order, holes as empty packets, what comes too late passed over."""
        step = (packet.timestamp - self._timestamp) & 0xFFFFFFFF
        is_first = self._timestamp < 0
        if not is_first and (step == 0 or step >= 1 << 31):
            return
        self._timestamp = packet.timestamp
        missing = 0 if is_first else step // SAMPLES_PER_PACKET - 1
        for data in [b""] * min(max(0, missing), HOLE_PACKETS) + [packet.payload]:
            with suppress(asyncio.QueueFull):
                self._packets.put_nowait(data)

    async def _run(self) -> None:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "runtime.media.listen", str(self._rate)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert child.stdin is not None  # noqa: S101 - asked for as pipes
        assert child.stdout is not None  # noqa: S101
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._feed(child.stdin))
                tasks.create_task(self._collect(child.stdout))
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()

    async def _feed(self, child: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while True:
                packet = await self._packets.get()
                child.write(pack("!H", len(packet)) + packet)
                await child.drain()

    async def _collect(self, child: asyncio.StreamReader) -> None:
        number, piece = 0, 2 * self._rate
        with suppress(asyncio.IncompleteReadError):
            while True:
                pcm = await child.readexactly(piece)
                told = {"kind": "audio", "rate": self._rate, "at_ms": int(wall_ms()) - 1000}
                await self.outlet.hand(number, "wav", _wav(pcm, self._rate), told)
                number += 1


def _wav(pcm: bytes, rate: int) -> bytes:
    """A file that any player opens."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return out.getvalue()
