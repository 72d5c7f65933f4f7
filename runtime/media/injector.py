"""Sound that nobody speaks: a file or PCM as a real track of the room, packet by packet.

What is played is made Opus once, by a process of its own (`runtime.media.encode`), and kept.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from struct import calcsize, unpack
from time import monotonic
from typing import Protocol

from runtime.media.clock import PeerClock
from runtime.media.errors import BadSoundError
from runtime.media.inbound import Inbound
from runtime.media.negotiation import Codec, make_ssrc
from runtime.media.rtp import HEADER

OPUS = Codec(payload_type=111, rtx_payload_type=None, clock_rate=48000, feedback=())
FRAME_S = 0.02
FRAME_SAMPLES = 960
ENCODE_LIMIT_S = 20.0  # for ten minutes of sound, on a busy machine
KEPT_SOUNDS = 16
SOUNDS = Path(__file__).parent / "sounds"
"""What comes with the house; a site's own sounds have a folder of their own."""

Frames = Sequence[bytes]


class Sounds:
    """The sounds of a worker, as Opus frames of 20 ms."""

    def __init__(self, own: Path | None) -> None:
        self._folders = [folder for folder in (own, SOUNDS) if folder is not None]
        self._kept: dict[str, Frames] = {}

    async def of_file(self, name: str) -> Frames:
        """A file of the folders by its name without ending. Raises BadSoundError."""
        if name not in self._kept:
            path = next(
                (path for folder in self._folders for path in folder.glob(f"{name}.*")), None
            )
            if path is None:
                raise BadSoundError(f"there is no sound {name!r}")
            self._kept[name] = await encode(await asyncio.to_thread(path.read_bytes), rate=0)
            while len(self._kept) > KEPT_SOUNDS:
                del self._kept[next(iter(self._kept))]
        return self._kept[name]


async def encode(data: bytes, *, rate: int) -> Frames:
    """A sound file (`rate` 0) or mono PCM of 16 bits as Opus frames. Raises BadSoundError."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "runtime.media.encode", str(rate)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(ENCODE_LIMIT_S):
            out, _ = await child.communicate(data)
    except TimeoutError as error:
        raise BadSoundError("the sound took too long to read") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    frames = split(out)
    if child.returncode != 0 or not frames:
        raise BadSoundError("the sound cannot be read")
    return frames


def split(out: bytes, head: str = "!H") -> list[bytes]:
    """Frames, each behind its length, which is written as `head` says."""
    frames, at, size = [], 0, calcsize(head)
    while at + size <= len(out):
        (length,) = unpack(head, out[at : at + size])
        frames.append(out[at + size : at + size + length])
        at += size + length
    return frames


class Played(Protocol):
    """Sound, pictures or both that nobody of the room sends; `to` None means that all get them."""

    to: frozenset[str] | None

    @property
    def tracks(self) -> Mapping[str, Inbound]:
        """What lines are connected to, by label."""

    def start(self, on_end: Callable[[], None]) -> None: ...

    def stop(self) -> None: ...


class Play:
    """A sound on its way."""

    def __init__(
        self, frames: Frames, *, to: frozenset[str] | None = None, is_endless: bool = False
    ) -> None:
        self.to = to
        self.track = Inbound(
            kind="audio",
            codec=OPUS,
            ssrc=make_ssrc(),
            clock=PeerClock(),
            send_rtcp=lambda _: None,  # nobody is behind it who could send anything again
        )
        self.tracks = {"audio": self.track}
        self._frames = frames
        self._is_endless = is_endless
        self._task: asyncio.Task[None] | None = None

    def start(self, on_end: Callable[[], None]) -> None:
        """Play until the end, or until stopped; `on_end` hears of the end only."""
        self._task = asyncio.create_task(self._run(on_end), name="play")

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self, on_end: Callable[[], None]) -> None:
        start, count = monotonic(), 0
        while self._is_endless or count < len(self._frames):
            self.track.receive(self._packet(count))
            count += 1
            await asyncio.sleep(max(0.0, start + count * FRAME_S - monotonic()))
        on_end()

    def _packet(self, count: int) -> bytes:
        marker = 0 if count else 0x80
        timestamp = count * FRAME_SAMPLES & 0xFFFFFFFF
        head = HEADER.pack(
            0x80, marker | OPUS.payload_type, count & 0xFFFF, timestamp, self.track.ssrc
        )
        return head + self._frames[count % len(self._frames)]
