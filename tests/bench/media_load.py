"""Many recorded calls of two at once on one worker process: its processor time, loss and delay.

Each party sends what a browser sends of 720p30 at 1.5 Mb/s and Opus (200 packets a second),
encrypted over real DTLS, each datagram by itself. Nothing is decoded. Delay is that of the sound
from the sender's `send` to the receiver's wake, so it holds the wakes of both processes. The
parties live in one process of their own and report as browsers do, once a second.

`python -m tests.bench.media_load [SESSIONS] [SECONDS]`
"""

from __future__ import annotations

import asyncio
import heapq
import json
import logging
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles

import psutil
import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.media_party import AUDIO_STEP_S, VIDEO_STEP_S, Party
from tests.bench.media_relay import step_forward
from tests.media.site import Site, WorkerProcess, grant

SESSIONS, SECONDS = 40, 15.0
WARM_S = 3.0
SLICE_S = 0.002
UNITS = {
    "core_share": "of a core",
    "cpu_per_session": "of a core",
    "us_per_packet": "µs",
    "delivered": "share",
    "delay_p50_ms": "ms",
    "delay_p99_ms": "ms",
}


class Crowd:
    """All parties, sending in time and counting what comes."""

    def __init__(self, parties: list[Party]) -> None:
        self.parties = parties
        self._due: list[tuple[float, int, str]] = []
        self._answered = 0
        for party in parties:
            asyncio.get_running_loop().add_reader(party.socket, party.drain)

    def begin(self, now: float) -> None:
        """Spread the parties over the time of a picture, as independent cameras are."""
        for index, _ in enumerate(self.parties):
            phase = index / len(self.parties)
            self._due.append((now + phase * VIDEO_STEP_S, index, "video"))
            self._due.append((now + phase * AUDIO_STEP_S, index, "audio"))
            self._due.append((now + phase, index, "report"))
        heapq.heapify(self._due)

    def send_due(self) -> None:
        now = time.monotonic()
        while self._due[0][0] <= now:
            due, index, what = heapq.heappop(self._due)
            heapq.heappush(self._due, (due + self.parties[index].send(what), index, what))

    async def run(self, seconds: float, site: Site) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.send_due()
            await self.answer_offers(site)
            await asyncio.sleep(SLICE_S)

    async def answer_offers(self, site: Site) -> None:
        """A party told of another's tracks agrees with what it offered itself."""
        offers = site.find("offer")
        for event in offers[self._answered :]:
            party = next(one for one in self.parties if one.id == event["data"]["peer"])
            params = {"party": party.role, "peer": party.id, "sdp": party.describe("active")}
            await site.ask("peer.answer", party.room, 1, **params)
        self._answered = len(offers)


async def open_calls(site: Site, worker: WorkerProcess, sessions: int) -> list[Party]:
    """Two connected parties in each of `sessions` recorded rooms."""
    parties = []
    for number in range(sessions):
        room = f"r{number}"
        await site.ask("room.open", room)
        for role in ("agent", "customer"):
            party = Party(room, role)
            asked = {"party": role, "peer": party.id, "sdp": party.describe("actpass")}
            answer = await site.ask("peer.offer", room, 1, **asked)
            await party.connect(answer["sdp"], worker.port)
            parties.append(party)
        named = [{"party": role, "role": role} for role in ("agent", "customer")]
        told = {"recording": f"rec{number}", "grant": grant(room, 1)}
        await site.ask("record.start", room, 1, parties=named, **told)
    return parties


async def measure(sessions: int, seconds: float, folder: Path) -> dict[str, float]:
    """The figures of one load."""
    site = Site()
    await site.start()
    worker = WorkerProcess(site, folder)
    await worker.start()
    crowd = Crowd(await open_calls(site, worker, sessions))
    crowd.begin(time.monotonic())
    await crowd.run(WARM_S, site)
    process = psutil.Process(worker.pid)
    spent, begun = sum(process.cpu_times()[:2]), time.monotonic()
    before = [(party.sent, party.received) for party in crowd.parties]
    for party in crowd.parties:
        party.delays_ms.clear()
    await crowd.run(seconds, site)
    spent, lasted = sum(process.cpu_times()[:2]) - spent, time.monotonic() - begun
    sent = sum(party.sent - was for party, (was, _) in zip(crowd.parties, before, strict=True))
    got = sum(party.received - was for party, (_, was) in zip(crowd.parties, before, strict=True))
    await worker.stop()
    await site.stop()
    delays = sorted(delay for party in crowd.parties for delay in party.delays_ms)
    cuts = quantiles(delays, n=100)
    return {
        "core_share": round(spent / lasted, 4),
        "cpu_per_session": round(spent / lasted / sessions, 5),
        "us_per_packet": round(1e6 * spent / max(1, got), 1),
        "packets_per_s": round(got / lasted),
        "delivered": round(got / sent, 5),
        "delay_p50_ms": round(cuts[49], 3),
        "delay_p99_ms": round(cuts[98], 3),
    }


async def main() -> None:
    logging.disable(logging.WARNING)
    step_forward()
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else SESSIONS
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        figures = await measure(sessions, seconds, Path(folder))
    told = (
        f"{sessions} recorded calls of two, 720p30 and Opus, {figures['packets_per_s']} packets/s"
    )
    for name, unit in UNITS.items():
        line = {"name": f"media.load.{name}", "value": figures[name], "unit": unit}
        print(json.dumps(line | {"against": told}))


if __name__ == "__main__":
    uvloop.run(main())
