"""CPU of one recorded call of two: our worker against MediaRelay and MediaRecorder.

Both serve the same encoded packets (VGA 30/s at 700 kb/s and Opus, both ways) of stock aiortc
peers, one after the other in one run; measured is the serving process alone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import av
import psutil

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from tests.bench.media_source import PICTURES_PER_S, Encoded
from tests.media.peers import Caller
from tests.media.site import Site, WorkerProcess, grant

WARM_S = 3.0
MEASURE_S = 10.0
TRIES = 3
ENOUGH = 0.9  # of the pictures sent must be shown, else the machine was too busy to compare


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a serving process took over MEASURE_S, and what its two peers got for it."""

    share: float  # of a core
    pictures: int  # shown by the peers
    recorded: int = 0  # pictures in the two files

    @property
    def is_whole(self) -> bool:
        sent = 2 * PICTURES_PER_S * MEASURE_S
        enough_recorded = ENOUGH * sent * (WARM_S + MEASURE_S) / MEASURE_S
        return self.pictures >= ENOUGH * sent and self.recorded >= enough_recorded


def count_recorded(files: Iterable[Path]) -> int:
    """Pictures in the files, so that a recorder which fell behind does not look cheap."""
    total = 0
    for path in files:
        with av.open(str(path)) as file:
            for stream in file.streams.video:
                total += sum(1 for packet in file.demux(stream) if packet.size)
    return total


async def measure(pid: int, shown: Callable[[], int]) -> Measure:
    """Measure a process; `shown` counts the pictures the peers have decoded so far."""
    process = psutil.Process(pid)
    await asyncio.sleep(WARM_S)
    before, shown_before = process.cpu_times(), shown()
    await asyncio.sleep(MEASURE_S)
    after = process.cpu_times()
    seconds = after.user + after.system - before.user - before.system
    return Measure(share=seconds / MEASURE_S, pictures=shown() - shown_before)


async def ours(folder: Path) -> Measure:
    """Our worker."""
    site = Site()
    await site.start()
    worker = WorkerProcess(site, folder)
    await worker.start()
    await site.ask("room.open", profile="call")
    callers = [Caller(site, party) for party in ("agent", "customer")]
    for caller in callers:
        await caller.call(Encoded("audio"), Encoded("video"))
    parties = [{"party": caller.party, "role": caller.party} for caller in callers]
    await site.ask("record.start", recording="rec1", parties=parties, grant=grant("r1", 1))
    measured = await measure(worker.pid, lambda: sum(c.frames["video"] for c in callers))
    for caller in callers:
        await caller.hang_up()
    await worker.stop()
    await site.stop()
    return replace(measured, recorded=count_recorded(worker.media.rglob("*.webm")))


async def usual(folder: Path) -> Measure:
    """MediaRelay and MediaRecorder."""
    peers = [RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2)]
    decoded = [0]
    counting: list[asyncio.Task[None]] = []

    async def count(track: MediaStreamTrack) -> None:
        try:
            while True:
                await track.recv()
                decoded[0] += track.kind == "video"
        except MediaStreamError:
            return

    for peer in peers:
        peer.on("track", lambda track: counting.append(asyncio.create_task(count(track))))
        peer.addTrack(Encoded("audio"))
        peer.addTrack(Encoded("video"))
        await peer.setLocalDescription(await peer.createOffer())
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("media_baseline.py")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=1 << 20,
    )
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("the baseline has no pipes")
    given = {"folder": str(folder), "offers": [peer.localDescription.sdp for peer in peers]}
    child.stdin.write((json.dumps(given) + "\n").encode())
    told = json.loads(await asyncio.wait_for(child.stdout.readline(), 20))
    for peer, sdp in zip(peers, told["answers"], strict=True):
        await peer.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))
    measured = await measure(child.pid, lambda: decoded[0])
    child.stdin.close()
    await child.wait()
    for peer in peers:
        await peer.close()
    return replace(measured, recorded=count_recorded(folder / f"{n}.mp4" for n in range(2)))


async def compare() -> tuple[Measure, Measure]:
    with tempfile.TemporaryDirectory() as folder:
        return await ours(Path(folder)), await usual(Path(folder))


async def main() -> int:
    logging.disable(logging.WARNING)
    for _ in range(TRIES):
        our, their = await compare()
        if our.is_whole and their.is_whole:
            break
    else:
        print(
            "the machine is too busy: a side lost pictures or fell behind in every try: "
            f"ours {our}, theirs {their}",
            file=sys.stderr,
        )
        return 1
    against = (
        f"aiortc MediaRelay + MediaRecorder, same packets: {their.share:.1%} of a core "
        f"for {their.pictures} pictures shown; ours {our.share:.1%} for {our.pictures}"
    )
    line = {"name": "media.cpu_vs_relay", "value": round(our.share / their.share, 4)}
    print(json.dumps(line | {"unit": "ratio", "against": against}))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
