"""Flashes and beeps that belong together stay together in the file; changes keep it playable."""

from __future__ import annotations

import array
import asyncio
import fractions
import math
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

import av
from aiortc import MediaStreamTrack
from typing_extensions import override

from tests.media.peers import Caller, Tone
from tests.media.site import Site, WorkerProcess
from tests.media.test_recording import delivered, read_file, start

MARK_S = 0.3  # at the beginning of each second
MAX_APART_S = 0.08
RECORDED_S = 5
REPORTS_S = 2.5  # until sender reports of both tracks have come


def picture(width: int, height: int, grey: int, at_s: float) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, "yuv420p")
    frame.planes[0].update(bytes([grey]) * frame.planes[0].buffer_size)
    for plane in (1, 2):
        frame.planes[plane].update(bytes([128]) * frame.planes[plane].buffer_size)
    frame.pts = int(at_s * 90000)
    frame.time_base = fractions.Fraction(1, 90000)
    return frame


class Flashes(MediaStreamTrack):
    """White at the beginning of each second since `start`, black otherwise; 25 a second."""

    kind = "video"

    def __init__(self, start: float) -> None:
        super().__init__()
        self._start = start

    @override
    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(0.04)
        at = time.monotonic() - self._start
        return picture(160, 120, 230 if at % 1 < MARK_S else 20, at)


class Beeps(MediaStreamTrack):
    """A tone at the beginning of each second since `start`, silence otherwise."""

    kind = "audio"

    def __init__(self, start: float) -> None:
        super().__init__()
        self._start = start
        self._count = 0

    @override
    async def recv(self) -> av.AudioFrame:
        first = self._count * 960
        await asyncio.sleep(max(0.0, self._start + first / 48000 - time.monotonic()))
        loud = 12000 if first / 48000 % 1 < MARK_S else 0
        wave = (int(loud * math.sin(n * math.tau * 880 / 48000)) for n in range(first, first + 960))
        frame = av.AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(array.array("h", wave).tobytes())
        frame.sample_rate = 48000
        frame.pts = first
        frame.time_base = fractions.Fraction(1, 48000)
        self._count += 1
        return frame


class Changing(MediaStreamTrack):
    """Small for two seconds, then nothing for two, then large."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._start = time.monotonic()

    @override
    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(0.05)
        at = time.monotonic() - self._start
        if 2 < at < 4:
            await asyncio.sleep(4 - at)
            at = time.monotonic() - self._start
        width, height = (160, 120) if at < 3 else (640, 360)
        return picture(width, height, int(at * 40) % 200 + 20, at)


def onsets(levels: Sequence[tuple[float, float]], threshold: float) -> list[float]:
    """The times at which a level, given in time order, rises over a threshold."""
    return [at for (_, a), (at, b) in pairwise(levels) if a < threshold <= b]


def flash_onsets(path: Path) -> list[float]:
    with av.open(str(path)) as file:
        shown = [(frame.time or 0.0, bytes(frame.planes[0])[0]) for frame in file.decode(video=0)]
    return onsets(shown, 128)


def beep_onsets(path: Path) -> list[float]:
    levels: list[tuple[float, float]] = []
    with av.open(str(path)) as file:
        for frame in file.decode(audio=0):
            sound = array.array("f", bytes(frame.planes[0]))[: frame.samples]
            for n in range(0, len(sound), 240):
                at = (frame.time or 0.0) + n / frame.sample_rate
                levels.append((at, max(map(abs, sound[n : n + 240]))))
    return onsets(levels, 0.15)


async def test_sound_and_picture_of_the_file_stay_together(
    site: Site, worker: WorkerProcess
) -> None:
    begin = time.monotonic()
    caller = Caller(site, "agent")
    await site.ask("room.open")
    await caller.call(Beeps(begin), Flashes(begin))
    await site.until(lambda: site.find("peer_state", peer=caller.peer, state="connected"))
    await asyncio.sleep(REPORTS_S)
    await start(site)
    await asyncio.sleep(RECORDED_S)
    await site.ask("record.stop", recording="rec1")
    await caller.hang_up()

    path = worker.media / (await delivered(site, "agent"))["path"]
    flashes, beeps = flash_onsets(path), beep_onsets(path)

    apart = [min(abs(flash - beep) for beep in beeps) for flash in flashes]
    assert len(flashes) >= RECORDED_S - 2
    assert len(beeps) >= RECORDED_S - 2
    assert median(apart) <= MAX_APART_S


async def test_muted_and_resized_video_stays_playable(site: Site, worker: WorkerProcess) -> None:
    caller = Caller(site, "agent")
    await site.ask("room.open")
    await caller.call(Tone(), Changing())
    await site.until(lambda: site.find("peer_state", peer=caller.peer, state="connected"))
    await start(site)
    await asyncio.sleep(RECORDED_S)
    await site.ask("record.stop", recording="rec1")
    await caller.hang_up()

    path = worker.media / (await delivered(site, "agent"))["path"]
    read = read_file(path)
    with av.open(str(path)) as file:
        sizes = {(frame.width, frame.height) for frame in file.decode(video=0)}

    assert sizes == {(160, 120), (640, 360)}
    assert read["pictures"] == len(read["times"]["video"])
    assert max(b - a for a, b in pairwise(read["times"]["video"])) > 1.5
    assert max(b - a for a, b in pairwise(read["times"]["audio"])) < 1
