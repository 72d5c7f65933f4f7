"""VP8 and Opus encoded once and sent many times, so that the sender costs next to nothing."""

from __future__ import annotations

import asyncio
import fractions
import functools
import math
import random
import time
from array import array
from typing import Any

import av
from aiortc import MediaStreamTrack
from typing_extensions import override

WIDTH, HEIGHT, PICTURES_PER_S, VIDEO_BPS = 640, 480, 30, 700_000
LOOP_S = 4
VIDEO_BASE = fractions.Fraction(1, 90000)
AUDIO_BASE = fractions.Fraction(1, 48000)


@functools.cache
def video_packets() -> tuple[bytes, ...]:
    """LOOP_S seconds of a moving picture with noise in it, a key frame each second."""
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height = WIDTH, HEIGHT
    encoder.pix_fmt = "yuv420p"
    encoder.bit_rate = VIDEO_BPS
    encoder.time_base = fractions.Fraction(1, PICTURES_PER_S)
    encoder.gop_size = PICTURES_PER_S
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    chance = random.Random(1)
    noise = chance.randbytes(WIDTH * HEIGHT)
    packets: list[bytes] = []
    for n in range(PICTURES_PER_S * LOOP_S):
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        start = chance.randrange(WIDTH * HEIGHT)
        calm = bytes([(n * 3) % 200 + 20]) * (WIDTH * HEIGHT * 9 // 10)
        frame.planes[0].update((calm + noise[start:] + noise[:start])[: WIDTH * HEIGHT])
        for plane in (1, 2):
            frame.planes[plane].update(bytes([100 + n % 50]) * (WIDTH * HEIGHT // 4))
        frame.pts = n
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(packets)


@functools.cache
def audio_packets() -> tuple[bytes, ...]:
    """LOOP_S seconds of a tone, 20 ms a packet."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = 48000
    encoder.layout = "stereo"
    encoder.format = "s16"
    encoder.bit_rate = 32_000
    packets: list[bytes] = []
    for n in range(50 * LOOP_S):
        wave = array("h")
        for at in range(n * 960, (n + 1) * 960):
            value = int(8000 * math.sin(at * 2 * math.pi * 440 / 48000))
            wave.extend((value, value))
        frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
        frame.planes[0].update(wave.tobytes())
        frame.sample_rate = 48000
        frame.pts = n * 960
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(packets)


class Encoded(MediaStreamTrack):
    """A track that hands out encoded packets in time."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        video = kind == "video"
        self._packets = video_packets() if video else audio_packets()
        self._base = VIDEO_BASE if video else AUDIO_BASE
        self._step = 90000 // PICTURES_PER_S if video else 960
        self._count = 0
        self._start = time.monotonic()

    @property
    def sent(self) -> int:
        """How many packets were handed out so far."""
        return self._count

    @override
    async def recv(self) -> av.Packet[Any]:
        due = self._start + self._count * self._step * float(self._base)
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        packet = av.Packet(self._packets[self._count % len(self._packets)])
        packet.pts = self._count * self._step
        packet.time_base = self._base
        self._count += 1
        return packet
