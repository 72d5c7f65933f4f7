"""`python -m runtime.media.paint CODEC WIDTH HEIGHT RATE COUNT`: pictures that no camera sees.

Standard input: an image of any kind that Pillow reads, drawn whole on black, or nothing for a bar
that moves over grey. Output: COUNT encoded pictures, RATE of them a second, each behind its length
(32 bit, big endian); the first is a key frame, and the only one. Memory and time are bounded.
"""

from __future__ import annotations

import io
import resource
import sys
from collections.abc import Iterator
from fractions import Fraction
from struct import pack

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw, ImageOps

MAX_CPU_S = 15
MAX_MEMORY_BYTES = 2 << 30
MAX_PIXELS = 40_000_000
BITS_PER_PIXEL = 1.5  # of the key frame; the others have little to add
GREY, LIGHT = (70, 78, 90), (190, 200, 212)
ENCODERS = {
    "vp8": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    "h264": ("libx264", {"preset": "veryfast", "tune": "zerolatency", "profile": "baseline"}),
}


def pictures(data: bytes, size: tuple[int, int], count: int) -> Iterator[Image.Image]:
    """Each picture of the show."""
    if data:
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS
        with Image.open(io.BytesIO(data)) as image:
            still = ImageOps.pad(image.convert("RGB"), size)
        for _ in range(count):
            yield still
        return
    width, height = size
    bar = max(8, width // 12)
    for number in range(count):
        picture = Image.new("RGB", size, GREY)
        left = (width - bar) * number // max(1, count - 1)
        ImageDraw.Draw(picture).rectangle((left, 0, left + bar, height), fill=LIGHT)
        yield picture


def encode(
    shown: Iterator[Image.Image], codec: str, size: tuple[int, int], rate: int
) -> Iterator[bytes]:
    """The pictures as frames of the codec, in order."""
    name, options = ENCODERS[codec]
    encoder = av.CodecContext.create(name, "w")
    if not isinstance(encoder, VideoCodecContext):
        raise TypeError(f"{name} is no encoder of pictures")
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, rate), Fraction(rate, 1)
    encoder.bit_rate = int(BITS_PER_PIXEL * size[0] * size[1])
    encoder.gop_size = 100_000
    encoder.options = options
    for number, picture in enumerate(shown):
        frame = VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
        frame.pts = number
        yield from (bytes(packet) for packet in encoder.encode(frame))
    yield from (bytes(packet) for packet in encoder.encode(None))


def main() -> None:
    """Read, draw, encode, write."""
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    codec, (width, height, rate, count) = sys.argv[1], map(int, sys.argv[2:6])
    size = (width, height)
    for frame in encode(pictures(sys.stdin.buffer.read(), size, count), codec, size, rate):
        sys.stdout.buffer.write(pack("!I", len(frame)) + frame)


if __name__ == "__main__":
    main()
