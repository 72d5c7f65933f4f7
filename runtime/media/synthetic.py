"""Pictures that no camera sees, as a real track of the room: an image, or a bar that moves.

They are encoded once, by a process of its own (`runtime.media.paint`), and shown over and over:
whoever comes, or lost something, gets the beginning, which is a key frame.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from time import monotonic

from runtime.media.clock import PeerClock
from runtime.media.errors import BadPictureError
from runtime.media.inbound import Inbound
from runtime.media.injector import Play, split
from runtime.media.negotiation import VIDEO_RATE, Codec, make_ssrc
from runtime.media.rtp import FU_A, HEADER

PAYLOAD_TYPE = 96
PAYLOAD_BYTES = 1_100
RATE = 10  # pictures a second
COUNT = 20
PAINT_LIMIT_S = 20.0
VP8_BEGINS, VP8_GOES_ON = b"\x10", b"\x00"  # RFC 7741 §4.2, without what several sizes need
START_CODE = b"\x00\x00\x01"  # ISO/IEC 14496-10 Annex B

Payloads = Sequence[bytes]
"""Of one picture, in order."""


async def paint(image: bytes, codec: str, size: tuple[int, int]) -> list[Payloads]:
    """The show as payloads of packets, picture by picture. Raises BadPictureError."""
    numbers = map(str, (*size, RATE, COUNT))
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "runtime.media.paint", codec, *numbers),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PAINT_LIMIT_S):
            out, _ = await child.communicate(image)
    except TimeoutError as error:
        raise BadPictureError("the picture took too long to draw") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    frames = split(out, "!I")
    if child.returncode != 0 or not frames:
        raise BadPictureError("the picture cannot be read")
    cut = h264_payloads if codec == "h264" else vp8_payloads
    return [cut(frame) for frame in frames]


def vp8_payloads(frame: bytes) -> Payloads:
    """A frame cut to the size of packets."""
    parts = _cut(frame)
    return [(VP8_GOES_ON if number else VP8_BEGINS) + part for number, part in enumerate(parts)]


def h264_payloads(frame: bytes) -> Payloads:
    """The NAL units of a frame, large ones in parts (RFC 6184 §5.8)."""
    units = [unit.rstrip(b"\x00") for unit in frame.split(START_CODE) if unit.strip(b"\x00")]
    return [payload for unit in units for payload in _unit_payloads(unit)]


def _unit_payloads(unit: bytes) -> Payloads:
    if len(unit) <= PAYLOAD_BYTES:
        return [unit]
    head, kind, parts = unit[0] & 0xE0, unit[0] & 0x1F, _cut(unit[1:])
    last = len(parts) - 1
    marks = [(number == 0) << 7 | (number == last) << 6 | kind for number in range(len(parts))]
    return [bytes([head | FU_A, mark]) + part for mark, part in zip(marks, parts, strict=True)]


def _cut(data: bytes) -> list[bytes]:
    return [data[at : at + PAYLOAD_BYTES] for at in range(0, len(data), PAYLOAD_BYTES)]


class Show:
    """Such pictures on their way: `track` is what lines are connected to."""

    def __init__(self, pictures: Sequence[Payloads], codec: str) -> None:
        known = Codec(
            payload_type=PAYLOAD_TYPE,
            rtx_payload_type=None,
            clock_rate=VIDEO_RATE,
            feedback=(),
            name=codec,
        )
        self.track = Inbound(
            kind="video",
            codec=known,
            ssrc=make_ssrc(),
            clock=PeerClock(),
            send_rtcp=lambda _: self._begin_anew(),  # what it asks for is a key frame
        )
        self._pictures = pictures
        self._next = 0
        self._sequence = 0

    async def run(self) -> None:
        """Show until cancelled."""
        start, count = monotonic(), 0
        while True:
            self._send(self._pictures[self._next], count * VIDEO_RATE // RATE)
            self._next = (self._next + 1) % len(self._pictures)
            count += 1
            await asyncio.sleep(max(0.0, start + count / RATE - monotonic()))

    def _begin_anew(self) -> None:
        self._next = 0

    def _send(self, payloads: Payloads, timestamp: int) -> None:
        for number, payload in enumerate(payloads):
            marker = 0x80 if number == len(payloads) - 1 else 0
            kind, self._sequence = marker | PAYLOAD_TYPE, (self._sequence + 1) & 0xFFFF
            head = HEADER.pack(0x80, kind, self._sequence, timestamp & 0xFFFFFFFF, self.track.ssrc)
            self.track.receive(head + payload)


class Published:
    """An image and a sound, or one of them, as a party of its own would send them."""

    def __init__(
        self, show: Show | None, sound: Play | None, *, to: frozenset[str] | None = None
    ) -> None:
        self.to = to
        self.tracks: dict[str, Inbound] = {}
        self._show, self._sound = show, sound
        self._task: asyncio.Task[None] | None = None
        if sound is not None:
            self.tracks |= sound.tracks
        if show is not None:
            self.tracks["video"] = show.track

    def start(self, on_end: Callable[[], None]) -> None:
        """The picture stays until it is stopped; without one, the end of the sound is the end."""
        if self._sound is not None:
            self._sound.start(on_end if self._show is None else lambda: None)
        if self._show is not None:
            self._task = asyncio.create_task(self._show.run(), name="show")

    def stop(self) -> None:
        if self._sound is not None:
            self._sound.stop()
        if self._task is not None:
            self._task.cancel()
