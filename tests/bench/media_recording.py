"""A recording worker is killed (SIGKILL) again and again: how much of the recording is lost.

Two stock aiortc peers send numbered pictures and sounds that were encoded before; nothing is made
at the moment of the kill. What the next start of the worker delivers is read back: which picture
and which sound are the last ones there, against the last ones sent before the kill. Every picture
of every file must decode.

`CRASHES=20 python tests/bench/media_recording.py`
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import sys
import tempfile
from pathlib import Path
from statistics import median

import av

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.media_relay import step_forward
from tests.bench.media_source import PICTURES_PER_S, Encoded, audio_packets, video_packets
from tests.media.peers import Caller
from tests.media.site import Site, WorkerProcess, grant

CRASHES = int(os.environ.get("CRASHES", "20"))
RECORD_S = 2.5
MORE_S = 1.0  # at most, by chance: clusters and kills must not keep step
PARTIES = ("agent", "customer")
STEP_MS = {"video": 1000 / PICTURES_PER_S, "audio": 20.0}
SENT = {"video": video_packets, "audio": audio_packets}


class Sender:
    """A party that sends, and how many of each kind it has."""

    def __init__(self, site: Site, room: str, party: str) -> None:
        self.caller = Caller(site, party, room=room)
        self.tracks = {kind: Encoded(kind) for kind in ("audio", "video")}

    async def call(self) -> None:
        await self.caller.call(*self.tracks.values())

    def counts(self) -> dict[str, int]:
        return {kind: track.sent for kind, track in self.tracks.items()}


def lost_ms(path: Path, sent: dict[str, int]) -> dict[str, float]:
    """By kind, how much of what was sent before the kill is not in the file."""
    found = {}
    with av.open(str(path)) as file:
        last: dict[str, bytes] = {stream.type: b"" for stream in file.streams}
        for packet in file.demux():
            if packet.size:
                last[packet.stream.type] = bytes(packet)
    for kind, payload in last.items():
        loop = SENT[kind]()
        places = [place for place, known in enumerate(loop) if known == payload]
        missing = min((sent[kind] - 1 - place) % len(loop) for place in places)
        found[kind] = missing * STEP_MS[kind]
    return found


def plays(path: Path) -> bool:
    """Whether every picture and sound of the file decodes."""
    with av.open(str(path)) as file:
        packets = {stream.type: 0 for stream in file.streams}
        for packet in file.demux():
            packets[packet.stream.type] += packet.size > 0
    for kind, count in packets.items():
        with av.open(str(path)) as file:
            stream = next(one for one in file.streams if one.type == kind)
            if count == 0 or sum(1 for _ in file.decode(stream)) < count:
                return False
    return set(packets) == {"audio", "video"}


async def kill_once(
    site: Site, worker: WorkerProcess, number: int, wait_s: float
) -> tuple[list[float], int]:
    """Milliseconds lost of each track, and how many of the files play."""
    room, recording = f"r{number}", f"rec{number}"
    await site.ask("room.open", room)
    senders = [Sender(site, room, party) for party in PARTIES]
    for sender in senders:
        await sender.call()
    for sender in senders:
        await sender.caller.until_frames(2)
    told = [{"party": party, "role": party} for party in PARTIES]
    allowed = grant(room, 1, prefix=f"{recording}/")
    await site.ask("record.start", room, 1, recording=recording, parties=told, grant=allowed)
    await asyncio.sleep(wait_s)
    counts = [sender.counts() for sender in senders]
    await worker.kill()
    for sender in senders:
        await sender.caller.hang_up()
    await worker.start()
    lost: list[float] = []
    playing = 0
    for party, sent in zip(PARTIES, counts, strict=True):
        file = f"{recording}.{party}.webm"
        await site.until(lambda name=file: site.find("delivered", file=name))
        path = worker.media / site.find("delivered", file=file)[0]["data"]["path"]
        lost += lost_ms(path, sent).values()
        playing += plays(path)
    return lost, playing


async def main() -> None:
    logging.disable(logging.WARNING)
    step_forward()
    chance = random.Random(20)
    site = Site()
    await site.start()
    lost: list[float] = []
    playing = 0
    with tempfile.TemporaryDirectory() as folder:
        worker = WorkerProcess(site, Path(folder))
        await worker.start()
        for number in range(CRASHES):
            wait_s = RECORD_S + chance.uniform(0, MORE_S)
            here, whole = await kill_once(site, worker, number, wait_s)
            print(f"{number}: {[round(ms) for ms in here]} ms, {whole} play", file=sys.stderr)
            lost += here
            playing += whole
        await worker.stop()
    await site.stop()
    against = (
        f"worst of {CRASHES} kills, {len(lost)} tracks, p50 {median(lost):.0f}; "
        f"{playing} of {2 * CRASHES} files play to their end"
    )
    row = {"name": "media.recording_lost_per_kill", "value": round(max(lost)), "unit": "ms"}
    print(json.dumps({**row, "against": against}))
    row = {
        "name": "media.recordings_that_play",
        "value": 100 * playing / (2 * CRASHES),
        "unit": "%",
    }
    print(json.dumps({**row, "against": "after the same kills, every picture and sound decoded"}))


if __name__ == "__main__":
    asyncio.run(main())
