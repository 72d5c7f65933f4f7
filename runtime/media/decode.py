"""`python -m runtime.media.decode CODEC`: frames on standard input, one JPEG with its measures out.

CODEC is vp8 or h264. Input: each frame behind its length (32 bit, big endian). Output: one JSON
line {width, height, sharpness}, then the JPEG. A process of its own for each picture, with bounded
memory and time.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from struct import unpack

import av
from av.video.codeccontext import VideoCodecContext
from PIL import Image, ImageFilter, ImageStat

from runtime.media.h264 import annex_b

JPEG_QUALITY = 92
MAX_CPU_S = 4
MAX_MEMORY_BYTES = 2 << 30
LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


def decode_last(frames: list[bytes], name: str) -> Image.Image:
    """Decode a group of pictures and give the last one that came out whole."""
    codec = av.CodecContext.create(name, "r")
    if not isinstance(codec, VideoCodecContext):
        raise TypeError(f"{name} is no codec of pictures")
    packets = [av.Packet(annex_b(data) if name == "h264" else data) for data in frames]
    picture: Image.Image | None = None
    for packet in [*packets, None]:  # None brings out what the decoder still holds
        try:
            for frame in codec.decode(packet):
                picture = frame.to_image()  # type: ignore[no-untyped-call]
        except av.error.InvalidDataError:
            break  # what follows leans on this one; the picture before is still good
    if picture is None:
        raise ValueError("no frame of the group could be decoded")
    return picture


def sharpness(picture: Image.Image) -> float:
    """The variance of the Laplacian of the grey picture, at most 640 pixels wide."""
    grey = picture.convert("L")
    grey.thumbnail((640, 640))
    return round(float(ImageStat.Stat(grey.filter(LAPLACIAN)).var[0]), 2)


def read_frames(given: bytes) -> list[bytes]:
    """Split the input at its lengths."""
    frames = []
    at = 0
    while at + 4 <= len(given):
        (length,) = unpack("!I", given[at : at + 4])
        frames.append(given[at + 4 : at + 4 + length])
        at += 4 + length
    return frames


def main() -> None:
    """Read, decode, write."""
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    picture = decode_last(read_frames(sys.stdin.buffer.read()), sys.argv[1])
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY)
    told = {
        "width": picture.width,
        "height": picture.height,
        "sharpness": sharpness(picture),
    }
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + out.getvalue())


if __name__ == "__main__":
    main()
