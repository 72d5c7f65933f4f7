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
    """A bar that moves; 320x240 at 15 pictures a second unless smaller and fewer will do."""

    def __init__(self, *, size: tuple[int, int] = (320, 240), per_s: int = 15) -> None:
        super().__init__()
        self._size = size
        self._per_s = per_s
        self._count = 0
        self._start = time.monotonic()

    @override
    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(max(0.0, self._start + self._count / self._per_s - time.monotonic()))
        width, height = self._size
        frame = av.VideoFrame(width, height, "yuv420p")
        at = self._count * 4 % (width - 40)
        row = bytes([90]) * at + bytes([200]) * 40 + bytes([90]) * (width - 40 - at)
        for plane, data in zip(frame.planes, (row, b"\x80" * width, b"\xa0" * width), strict=True):
            lines = [data[: plane.width].ljust(plane.line_size, b"\x80")] * plane.height
            plane.update(b"".join(lines))
        frame.pts = self._count * 90_000 // self._per_s
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
        self.decoded: dict[str, int] = {}  # by the track as its line names it: `agent-video`
        self.answers = True  # whether it answers offers
        self.streams: dict[str, str] = {}
        self.offers: list[str] = []
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.on("track", self._take_track)
        self._tasks: list[asyncio.Task[None]] = []
        self._origin = ""  # the o= line of the first offer

    async def call(self, *tracks: MediaStreamTrack) -> None:
        for track in tracks or (Tone(), MovingPicture()):
            self.connection.addTrack(track)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        self._origin = self.connection.localDescription.sdp.split("\r\n")[1]
        answer = await self.ask("peer.offer", sdp=self.connection.localDescription.sdp)
        await self._apply(answer["sdp"], "answer")
        self._tasks.append(asyncio.create_task(self._answer_offers()))

    async def offer_track(self, track: MediaStreamTrack) -> None:
        """Send one more track: offered first, so that a refused offer has changed nothing."""
        self.connection.addTransceiver(track, direction="sendrecv")
        await self.offer_again()

    async def offer_again(self) -> None:
        offer = await self.connection.createOffer()
        # a session's id stays (RFC 8829 §5.2.2), but aiortc makes one up for each offer
        offered = offer.sdp.replace(offer.sdp.split("\r\n")[1], self._origin)
        answer = await self.ask("peer.offer", sdp=offered)
        await self.connection.setLocalDescription(offer)
        await self._apply(answer["sdp"], "answer")

    def tracks(self) -> dict[str, str]:
        """What each line carries by the worker's last description: mid -> `agent-video`."""
        found = {}
        for section in self.connection.remoteDescription.sdp.split("\r\nm=")[1:]:
            lines = section.split("\r\n")
            mid = next(line[6:] for line in lines if line.startswith("a=mid:"))
            sends = "a=sendrecv" in lines or "a=sendonly" in lines
            named = [line.split()[1] for line in lines if line.startswith("a=msid:")]
            if sends and named:
                found[mid] = named[0]
        return found

    def senders(self) -> set[str]:
        """The parties whose tracks this one is told of."""
        return {name.split("-")[0] for name in self.tracks().values()}

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
            offers = self.site.find("offer", peer=self.peer) if self.answers else []
            for event in offers[done:]:
                self.offers.append(event["data"]["sdp"])
                await self._apply(event["data"]["sdp"], "offer")
                await self.connection.setLocalDescription(await self.connection.createAnswer())
                await self.ask("peer.answer", sdp=self.connection.localDescription.sdp)
            done = max(done, len(offers))
            await asyncio.sleep(0.02)

    def _take_track(self, track: MediaStreamTrack) -> None:
        self.streams[track.kind] = track.id
        self._tasks.append(asyncio.create_task(self._count(track)))

    async def _count(self, track: MediaStreamTrack) -> None:
        receivers = self.connection.getTransceivers()
        mid = next(one.mid for one in receivers if one.receiver.track is track)
        while True:
            await track.recv()
            self.frames[track.kind] += 1
            name = self.tracks().get(mid or "", "")
            self.decoded[name] = self.decoded.get(name, 0) + 1
