"""Recordings as the media worker writes them: VP8 and Opus in WebM, made for the tests."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import pi, sin
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image

RATE = 48_000
COLOURS = {"red": (200, 30, 30), "blue": (30, 30, 200)}


def record(
    path: Path, *, seconds: float, colour: str = "red", size: tuple[int, int] = (320, 240)
) -> Path:
    """A picture of one colour at 10 frames a second, and a tone of 440 Hz."""
    with av.open(str(path), "w", format="webm") as output:
        video = output.add_stream("libvpx", rate=10, options={"deadline": "realtime"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = output.add_stream("libopus", rate=RATE, layout="mono")
        image = Image.new("RGB", size, COLOURS[colour])
        for n in range(round(seconds * 10)):
            frame = VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
            frame.pts, frame.time_base = n, Fraction(1, 10)
            output.mux(video.encode(frame))
            output.mux(audio.encode(_tone(n)))
        output.mux(video.encode(None))
        output.mux(audio.encode(None))
    return path


@cache
def _wave() -> bytes:
    """A tenth of a second, which holds whole periods."""
    wave = (round(8000 * sin(2 * pi * 440 * i / RATE)) for i in range(RATE // 10))
    return b"".join(one.to_bytes(2, "little", signed=True) for one in wave)


def _tone(n: int) -> AudioFrame:
    samples = RATE // 10
    frame = AudioFrame(format="s16", layout="mono", samples=samples)
    frame.planes[0].update(_wave())
    frame.sample_rate, frame.pts, frame.time_base = RATE, n * samples, Fraction(1, RATE)
    return frame
