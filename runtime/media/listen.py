"""`python -m runtime.media.listen RATE`: Opus on standard input as it comes, PCM out.

Input: each packet of 20 ms behind its length (16 bit, big endian); length 0 says that one is
missing, which gives silence of the same length. Output: mono PCM of 16 bits at RATE. It ends with
its input. Memory is bounded.
"""

from __future__ import annotations

import resource
import sys
from struct import unpack

import av
from av.audio.codeccontext import AudioCodecContext

MAX_MEMORY_BYTES = 1 << 30
FRAMES_PER_S = 50


class Listener:
    """Makes PCM of one packet after another."""

    def __init__(self, rate: int) -> None:
        codec = av.CodecContext.create("libopus", "r")
        if not isinstance(codec, AudioCodecContext):
            raise TypeError("libopus is no codec of sound")
        self._codec = codec
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
        self._silence = bytes(2 * rate // FRAMES_PER_S)

    def hear(self, packet: bytes) -> bytes:
        """What the packet holds; silence for one that is missing or cannot be read."""
        if not packet:
            return self._silence
        try:
            frames = self._codec.decode(av.Packet(packet))
        except av.error.InvalidDataError:
            return self._silence
        even = [one for frame in frames for one in self._resampler.resample(frame)]
        return b"".join(bytes(one.planes[0])[: 2 * one.samples] for one in even)


def main() -> None:
    """Read, decode, write, until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    listener, given, out = Listener(int(sys.argv[1])), sys.stdin.buffer, sys.stdout.buffer
    while len(head := given.read(2)) == 2:  # noqa: PLR2004 - the bytes of a length
        (length,) = unpack("!H", head)
        out.write(listener.hear(given.read(length)))
        out.flush()


if __name__ == "__main__":
    main()
