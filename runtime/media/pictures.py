"""Whole pictures out of packets, in the two codecs a room can have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from runtime.media import h264
from runtime.media.rtp import Frame, Look, Packet, vp8_payload, vp8_size


class Frames(Protocol):
    """Pictures put together from packets in order; `reset` when some are missing."""

    def reset(self) -> None: ...

    def take(self, packet: Packet) -> Frame | None:
        """The picture that this packet completes."""


class Vp8Frames:
    """VP8 (RFC 7741 §4.2): a frame is the packets of a time stamp, the first has the S bit."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._timestamp = -1

    def reset(self) -> None:
        self._parts.clear()
        self._timestamp = -1

    def take(self, packet: Packet) -> Frame | None:
        parsed = vp8_payload(packet.payload)
        if parsed is None:
            return None
        begins, data = parsed
        if begins:
            self._parts.clear()
            self._timestamp = packet.timestamp
        if packet.timestamp != self._timestamp:
            return None
        self._parts.append(data)
        if not packet.marker:
            return None
        frame = b"".join(self._parts)
        self.reset()
        return Frame(packet.timestamp, frame, is_key=not frame[0] & 1)


FRAMES: dict[str, Callable[[], Frames]] = {"vp8": Vp8Frames, "h264": h264.H264Frames}


def look_of(codec: str, frame: bytes) -> Look | None:
    """What a key frame tells of itself; None for any other frame."""
    if codec == "h264":
        return h264.look_of(frame)
    size = vp8_size(frame)
    return None if size is None else Look(*size)
