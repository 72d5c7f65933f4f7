"""The three kinds of work of a composition, each a file that is whole or not there at all.

`sound` is made once for all, `pictures` part by part, `join` puts them into one MP4 (H.264 and AAC,
its index in front, so that every browser plays it while it loads).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from PIL import Image

from runtime.composer import footage, mixer
from runtime.composer.canvas import Canvas, fitting
from runtime.composer.plan import (
    FRAMES_PER_S,
    HEIGHT,
    PART_MS,
    SOUND,
    WHOLE,
    WIDTH,
    Party,
    Plan,
    Tile,
    grid,
    part_name,
)

if TYPE_CHECKING:
    from av.container.core import Chapter

STALE_MS = 2_000
"""A picture older than this is not shown: nothing was received."""
_VIDEO = {"crf": "24", "preset": "veryfast", "bf": "0"}
_AUDIO_BITS = 96_000


def pictures(plan: Plan, folder: Path, part: int) -> None:
    """Render one part of PART_MS."""
    tiles = grid(len(plan.parties))
    labels = tuple(party.label for party in plan.parties)
    canvas = Canvas(tiles, labels, plan.heading, plan.zone)
    from_ms = plan.t0_ms + part * PART_MS
    cameras = [Camera(one, tile, from_ms) for one, tile in zip(plan.parties, tiles, strict=True)]
    with _whole(folder / part_name(part)) as output:
        stream = output.add_stream("libx264", rate=FRAMES_PER_S, options=_VIDEO)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = FRAMES_PER_S * 4
        for n, number in enumerate(plan.frames_of(part)):
            at_ms = plan.t0_ms + number * 1000 / FRAMES_PER_S
            _draw(canvas, cameras, at_ms)
            frame = VideoFrame.from_image(canvas.image)  # type: ignore[no-untyped-call]
            frame.pts, frame.time_base = n, Fraction(1, FRAMES_PER_S)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def _draw(canvas: Canvas, cameras: list[Camera], at_ms: float) -> None:
    for number, camera in enumerate(cameras):
        if camera.turn_to(at_ms):
            canvas.show(number, camera.picture())
    canvas.tell(at_ms)


class Camera:
    """What one party showed, moment by moment."""

    def __init__(self, party: Party, tile: Tile, from_ms: float) -> None:
        self._tile = tile
        self._coming = footage.pictures(party, from_ms)
        self._next = next(self._coming, None)
        self._shown: tuple[float, VideoFrame] | None = None

    def turn_to(self, at_ms: float) -> bool:
        """Go on to this moment; whether something else is to be seen now."""
        before = self._shown
        while self._next is not None and self._next[0] <= at_ms:
            self._shown, self._next = self._next, next(self._coming, None)
        if self._shown is not None and at_ms - self._shown[0] > STALE_MS:
            self._shown = None
        return self._shown is not before

    def picture(self) -> Image.Image | None:
        """The picture in the size of its tile, None where there is none."""
        if self._shown is None:
            return None
        frame = self._shown[1]
        width, height = fitting(self._tile, frame.width, frame.height)
        picture: Image.Image = frame.to_image(width=width, height=height)  # type: ignore[no-untyped-call]
        return picture


def sound(plan: Plan, folder: Path) -> None:
    """Mix what all say, evenly loud; a recording without any sound gets silence."""
    with _whole(folder / SOUND) as output:
        stream = output.add_stream("aac", rate=mixer.SAMPLE_RATE, layout="mono")
        stream.bit_rate = _AUDIO_BITS
        for frame in mixer.mixed(plan):
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def join(plan: Plan, folder: Path) -> Path:
    """All parts and the sound as one MP4 with chapters; nothing is coded again."""
    target = folder / WHOLE
    with _whole(target, {"movflags": "+faststart"}) as output:
        output.set_chapters(_chapters(plan))
        with closing(av.open(str(folder / SOUND))) as heard:
            audio = output.add_stream_from_template(heard.streams.audio[0])
            with closing(av.open(str(folder / part_name(0)))) as first:
                video = output.add_stream_from_template(first.streams.video[0])
            packets = _packets(plan, folder, heard)
            for kind, packet in packets:
                packet.stream = video if kind == "video" else audio
                output.mux_one(packet)
    return target


def _packets(
    plan: Plan, folder: Path, heard: InputContainer
) -> Iterator[tuple[str, av.Packet[Any]]]:
    """Pictures and sound by their time, so that a player needs to read ahead but little."""
    return (
        (kind, packet)
        for _, kind, packet in merge(
            _seen(plan, folder), _timed(heard, "audio", 0), key=lambda one: one[0]
        )
    )


def _seen(plan: Plan, folder: Path) -> Iterator[tuple[float, str, av.Packet[Any]]]:
    for part in range(plan.parts):
        with closing(av.open(str(folder / part_name(part)))) as container:
            yield from _timed(container, "video", part * PART_MS)


def _timed(
    container: InputContainer, kind: str, from_ms: int
) -> Iterator[tuple[float, str, av.Packet[Any]]]:
    """(second, kind, packet), its time stamps moved to where the part begins."""
    for packet in container.demux():
        if packet.pts is None or packet.dts is None:
            continue
        base = packet.time_base
        shift = round(Fraction(from_ms, 1000) / base)
        packet.pts += shift
        packet.dts += shift
        yield float(packet.dts * base), kind, packet


def _chapters(plan: Plan) -> list[Chapter]:
    """From each to the next; what lies before the first is the first's too."""
    starts = [max(0, one.at_ms - plan.t0_ms) for one in plan.chapters]
    ends = [*starts, plan.duration_ms][1:]
    return [
        {
            "id": number,
            "start": start,
            "end": max(start, end),
            "time_base": Fraction(1, 1000),
            "metadata": {"title": one.title},
        }
        for number, (one, start, end) in enumerate(
            zip(plan.chapters, starts, ends, strict=True), start=1
        )
    ]


@contextmanager
def _whole(path: Path, options: dict[str, str] | None = None) -> Iterator[OutputContainer]:
    """A file under another name until it is finished and flushed."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")  # two may be at it for a while
    form = "mp4" if path.suffix == ".mp4" else "matroska"
    try:
        with av.open(str(partial), "w", format=form, options=options or {}) as output:
            yield output
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
