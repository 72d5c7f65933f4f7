"""Pictures of a track on demand: packets since its last key frame, decoded in another process."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from struct import pack
from time import monotonic

from runtime.media.clock import wall_ms
from runtime.media.errors import FrameTimeoutError, NoVideoError
from runtime.media.inbound import Inbound
from runtime.media.pictures import FRAMES
from runtime.media.rtp import Packet, is_h264_keyframe, is_newer, is_vp8_keyframe

MAX_PACKETS = 600  # a longer group of pictures is dropped; a key frame is asked for instead
STALE_S = 1.0  # a picture older than this is of the past, not of the party
GRAB_LIMIT_S = 4.0
DECODE_LIMIT_S = 6.0  # most of it a process that starts on a busy machine
APPEAR_LIMIT_S = 2.0  # for the first packet of who has just come, or was muted
POLL_S = 0.02
DECODERS = asyncio.Semaphore(2)  # at once; the calls come first


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A JPEG taken from a stream."""

    jpeg: bytes
    width: int
    height: int
    sharpness: float  # variance of the Laplacian of the grey picture; larger is sharper
    at_ms: int


class PictureCache:
    """Keeps the packets of a video track from its last key frame on; `codec` is the room's."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._inbound: Inbound | None = None
        self._packets: list[Packet] = []

    def attach(self, inbound: Inbound | None) -> None:
        if inbound is self._inbound:
            return
        if self._inbound is not None:
            self._inbound.remove_sink(self.take)
        self._inbound = inbound
        self._packets.clear()
        if inbound is not None:
            inbound.add_sink(self.take)

    def take(self, packet: Packet) -> None:
        """The sink: a key frame begins a new group."""
        if self._begins_group(packet):
            self._packets = [packet]
        elif self._packets:
            self._packets.append(packet)
            if len(self._packets) > MAX_PACKETS:
                self._packets.clear()

    def _begins_group(self, packet: Packet) -> bool:
        """Whether this is the beginning of a later key frame than the one that is kept."""
        payload, held = packet.payload, self._packets
        if self._codec == "h264":
            is_key = is_h264_keyframe(payload)
        else:
            is_key = bool(payload) and payload[0] & 0x10 != 0 and is_vp8_keyframe(payload)
        if not is_key or not held:
            return is_key
        # a key frame of H.264 has several beginnings: its parameter sets, each of its slices
        is_other = packet.timestamp != held[0].timestamp
        return is_other and is_newer(packet.sequence, held[0].sequence)

    async def grab(self) -> Picture:
        """The newest whole picture; raises NoVideoError or FrameTimeoutError."""
        try:
            async with asyncio.timeout(GRAB_LIMIT_S):
                frames = await self._wait_for_frames()
            async with asyncio.timeout(DECODE_LIMIT_S), DECODERS:
                return await _decode(frames, self._codec)
        except TimeoutError as error:
            raise FrameTimeoutError("no whole picture came in time") from error

    async def _wait_for_frames(self) -> list[bytes]:
        give_up_at = monotonic() + APPEAR_LIMIT_S
        while True:
            now, inbound = monotonic(), self._inbound
            is_live = inbound is not None and now - inbound.last_at < STALE_S
            frames = group_frames(self._packets, self._codec) if is_live else []
            if frames:
                return frames
            if not is_live and now > give_up_at:
                raise NoVideoError("the party sends no video")
            if inbound is not None:
                inbound.request_keyframe()
            await asyncio.sleep(POLL_S)


def group_frames(packets: list[Packet], codec: str) -> list[bytes]:
    """The whole frames of a group, in order, up to the first hole; the first is a key frame."""
    if not packets:
        return []
    base = packets[0].sequence
    ordered = {(packet.sequence - base) & 0xFFFF: packet for packet in packets}
    whole = FRAMES[codec]()
    frames: list[bytes] = []
    for step in range(len(ordered)):
        packet = ordered.get(step)
        if packet is None:
            break
        frame = whole.take(packet)
        if frame is not None:
            frames.append(frame.data)
    return frames


async def _decode(frames: list[bytes], codec: str) -> Picture:
    """Decode in a child process of its own: no decoder's fault or delay reaches the calls."""
    at_ms = int(wall_ms())
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "runtime.media.decode",
        codec,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        given = b"".join(pack("!I", len(frame)) + frame for frame in frames)
        out, _ = await child.communicate(given)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        raise FrameTimeoutError("the picture could not be decoded")
    head, _, jpeg = out.partition(b"\n")
    told = json.loads(head)
    return Picture(
        jpeg=jpeg,
        width=told["width"],
        height=told["height"],
        sharpness=told["sharpness"],
        at_ms=at_ms,
    )
