"""A stock aiortc peer in a room: moving picture and tone out, counted frames in."""

from __future__ import annotations

import array
import asyncio
import contextlib
import fractions
import math
import time
import uuid
from collections.abc import Callable
from typing import Any

import av
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError
from typing_extensions import override

from tests.media.site import PATIENCE_S, Site


class MovingPicture(VideoStreamTrack):
    """320x240 at 15 pictures a second, a bar that moves."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._start = time.monotonic()

    @override
    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(max(0.0, self._start + self._count / 15 - time.monotonic()))
        frame = av.VideoFrame(320, 240, "yuv420p")
        at = self._count * 4 % 280
        row = bytes([90]) * at + bytes([200]) * 40 + bytes([90]) * (280 - at)
        frame.planes[0].update(row * 240)
        frame.planes[1].update(bytes([128]) * 160 * 120)
        frame.planes[2].update(bytes([160]) * 160 * 120)
        frame.pts = self._count * 6000
        frame.time_base = fractions.Fraction(1, 90000)
        self._count += 1
        return frame


class Tone(MediaStreamTrack):
    """440 Hz, 48 kHz, 20 ms a frame."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._start = time.monotonic()

    @override
    async def recv(self) -> av.AudioFrame:
        await asyncio.sleep(max(0.0, self._start + self._count * 0.02 - time.monotonic()))
        first = self._count * 960
        wave = (
            int(8000 * math.sin(at * 2 * math.pi * 440 / 48000)) for at in range(first, first + 960)
        )
        frame = av.AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(array.array("h", wave).tobytes())
        frame.sample_rate = 48000
        frame.pts = self._count * 960
        frame.time_base = fractions.Fraction(1, 48000)
        self._count += 1
        return frame


class Caller:
    """One party's aiortc connection."""

    def __init__(self, site: Site, party: str, *, room: str = "r1", generation: int = 1) -> None:
        self.site = site
        self.party = party
        self.room = room
        self.generation = generation
        self.peer = str(uuid.uuid4())
        self.frames = {"audio": 0, "video": 0}
        self.through: Callable[[str], str] = str  # what stands between: rewrites the answers
        self.streams: dict[str, str] = {}
        self.offers: list[str] = []
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.on("track", self._take_track)
        self._tasks: list[asyncio.Task[None]] = []

    async def call(self, *tracks: MediaStreamTrack) -> None:
        for track in tracks or (Tone(), MovingPicture()):
            self.connection.addTrack(track)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        answer = await self.ask("peer.offer", sdp=self.connection.localDescription.sdp)
        await self._apply(answer["sdp"], "answer")
        self._tasks.append(asyncio.create_task(self._answer_offers()))

    async def ask(self, kind: str, **params: Any) -> dict[str, Any]:
        known = {"party": self.party, "peer": self.peer}
        return await self.site.ask(kind, self.room, self.generation, **(known | params))

    async def until_frames(self, count: int = 5, limit_s: float = PATIENCE_S) -> None:
        start = dict(self.frames)
        await self.site.until(
            lambda: all(self.frames[kind] - start[kind] >= count for kind in start), limit_s
        )

    async def hang_up(self) -> None:
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, MediaStreamError):
                await task
        await self.connection.close()

    def vanish(self) -> None:
        """Go without a word, as a phone that lost its network."""
        for task in self._tasks:
            task.cancel()
        for transceiver in self.connection.getTransceivers():
            ice = transceiver.sender.transport.transport._connection
            for protocol in ice._protocols:
                protocol.transport.close()

    async def _apply(self, sdp: str, kind: str) -> None:
        description = RTCSessionDescription(sdp=self.through(sdp), type=kind)
        await self.connection.setRemoteDescription(description)

    async def _answer_offers(self) -> None:
        done = 0
        while True:
            offers = self.site.find("offer", peer=self.peer)
            for event in offers[done:]:
                self.offers.append(event["data"]["sdp"])
                await self._apply(event["data"]["sdp"], "offer")
                await self.connection.setLocalDescription(await self.connection.createAnswer())
                await self.ask("peer.answer", sdp=self.connection.localDescription.sdp)
            done = len(offers)
            await asyncio.sleep(0.02)

    def _take_track(self, track: MediaStreamTrack) -> None:
        self.streams[track.kind] = track.id
        self._tasks.append(asyncio.create_task(self._count(track)))

    async def _count(self, track: MediaStreamTrack) -> None:
        while True:
            await track.recv()
            self.frames[track.kind] += 1
