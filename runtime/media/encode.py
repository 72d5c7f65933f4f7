"""`python -m runtime.media.encode RATE`: a sound on standard input, its Opus frames out.

RATE 0 means a file of any kind that can be decoded, else mono PCM of 16 bits at that rate. Output:
each frame of 20 ms behind its length (16 bit, big endian). Memory and time are bounded.
"""

from __future__ import annotations

import io
import resource
import sys
from collections.abc import Iterator
from struct import pack

import av
from av.audio.frame import AudioFrame

MAX_CPU_S = 15
MAX_MEMORY_BYTES = 2 << 30
MAX_S = 600
RATE = 48_000
BITS_PER_S = 32_000


def read_sound(data: bytes, rate: int) -> Iterator[AudioFrame]:
    """The sound as frames, as they come."""
    if rate:
        frame = AudioFrame(format="s16", layout="mono", samples=len(data) // 2)
        frame.planes[0].update(data[: len(data) // 2 * 2].ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate = rate
        yield frame
        return
    with av.open(io.BytesIO(data), "r") as container:
        yield from container.decode(audio=0)


def encode(data: bytes, rate: int) -> Iterator[bytes]:
    """Opus frames of 20 ms, at most MAX_S of them."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=RATE // 50)
    codec = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = RATE, "mono", "s16"
    codec.bit_rate = BITS_PER_S
    codec.options = {"frame_duration": "20", "application": "audio", "vbr": "on"}
    count = 0
    for frame in read_sound(data, rate):
        for even in resampler.resample(frame):
            if even.samples < RATE // 50 or count >= MAX_S * 50:
                return
            even.pts = count * (RATE // 50)
            count += 1
            yield from (bytes(packet) for packet in codec.encode(even))


def main() -> None:
    """Read, encode, write."""
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    for packet in encode(sys.stdin.buffer.read(), int(sys.argv[1])):
        sys.stdout.buffer.write(pack("!H", len(packet)) + packet)


if __name__ == "__main__":
    main()
