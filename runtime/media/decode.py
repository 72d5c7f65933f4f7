"""`python -m runtime.media.decode`: VP8 frames on standard input, one JPEG with its measures out.

Input: each frame behind its length (32 bit, big endian). Output: one JSON line {width, height,
sharpness}, then the JPEG. A process of its own for each picture, with bounded memory and time.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from struct import unpack

import av
from PIL import Image, ImageFilter, ImageStat

JPEG_QUALITY = 92
MAX_CPU_S = 4
MAX_MEMORY_BYTES = 2 << 30
LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


def decode_last(frames: list[bytes]) -> Image.Image:
    """Decode a group of pictures and give the last one that came out whole."""
    codec = av.CodecContext.create("vp8", "r")
    picture: Image.Image | None = None
    for data in frames:
        try:
            for frame in codec.decode(av.Packet(data)):
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
    picture = decode_last(read_frames(sys.stdin.buffer.read()))
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
