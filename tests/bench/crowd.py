"""Many calls of two between cheap parties (media_party), on our worker or on Janus, and their cost.

Each party sends what a browser sends of 720p30 at 1.5 Mb/s and Opus (200 packets a second),
encrypted over real DTLS, each datagram by itself, and reports once a second. Nothing is decoded.
The parties live in this process, the server in one of its own.
"""

from __future__ import annotations

import asyncio
import heapq
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles

import psutil

from tests.bench.janus import Janus, janus
from tests.bench.media_party import AUDIO_STEP_S, VIDEO_STEP_S, Party
from tests.media.site import Site, WorkerProcess, grant

WARM_S = 3.0
SLICE_S = 0.002
ROLES = ("agent", "customer")
CANDIDATE = re.compile(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", re.IGNORECASE)
Tend = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """What a server needs of us while it serves: Janus nothing."""


class Crowd:
    """All parties, sending in time and counting what comes."""

    def __init__(self, parties: list[Party], pid: int, tend: Tend = nothing) -> None:
        self.parties = parties
        self.pid = pid  # of the server
        self._tend = tend
        self._due: list[tuple[float, int, str]] = []
        for party in parties:
            asyncio.get_running_loop().add_reader(party.socket, party.drain)

    def begin(self) -> None:
        """Spread the parties over the time of a picture, as independent cameras are."""
        now = time.monotonic()
        for index, _ in enumerate(self.parties):
            phase = index / len(self.parties)
            self._due.append((now + phase * VIDEO_STEP_S, index, "video"))
            self._due.append((now + phase * AUDIO_STEP_S, index, "audio"))
            self._due.append((now + phase, index, "report"))
        heapq.heapify(self._due)

    async def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._send_due()
            await self._tend()
            await asyncio.sleep(SLICE_S)

    async def end(self) -> None:
        loop = asyncio.get_running_loop()
        for party in self.parties:
            loop.remove_reader(party.socket)
            await party.close()

    def _send_due(self) -> None:
        now = time.monotonic()
        while self._due[0][0] <= now:
            due, index, what = heapq.heappop(self._due)
            heapq.heappush(self._due, (due + self.parties[index].send(what), index, what))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a crowd took of its server within a measured time."""

    sessions: int
    core_share: float
    us_per_packet: float  # of the server's processor time, for each packet that arrived
    packets_per_s: float
    delivered: float  # share of the media packets sent that reached the other party
    delay_p50_ms: float
    """From the sender's `send` to the receiver's wake: the wakes of both processes are in it."""
    delay_p99_ms: float
    rss_mib: float
    senders_share: float  # of a core, that the parties themselves took

    @property
    def per_session(self) -> float:
        """Share of a core."""
        return self.core_share / self.sessions

    def text(self) -> str:
        return ", ".join(f"{name} {value:.5g}" for name, value in asdict(self).items())


async def measure(crowd: Crowd, seconds: float) -> Cost:
    """Let the crowd talk for WARM_S, then count for `seconds`."""
    crowd.begin()
    await crowd.run(WARM_S)
    server, own = psutil.Process(crowd.pid), psutil.Process()
    spent, spent_here, begun = cpu_s(server), cpu_s(own), time.monotonic()
    sent, got = _counted(crowd)
    for party in crowd.parties:
        party.delays_ms.clear()
    await crowd.run(seconds)
    lasted = time.monotonic() - begun
    spent, spent_here = cpu_s(server) - spent, cpu_s(own) - spent_here
    sent, got = (now - was for now, was in zip(_counted(crowd), (sent, got), strict=True))
    cuts = quantiles((ms for party in crowd.parties for ms in party.delays_ms), n=100)
    return Cost(
        sessions=len(crowd.parties) // 2,
        core_share=spent / lasted,
        us_per_packet=1e6 * spent / max(1, got),
        packets_per_s=got / lasted,
        delivered=got / sent,
        delay_p50_ms=cuts[49],
        delay_p99_ms=cuts[98],
        rss_mib=server.memory_info().rss / 2**20,
        senders_share=spent_here / lasted,
    )


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _counted(crowd: Crowd) -> tuple[int, int]:
    """Packets that were sent and that have come, so far."""
    return sum(one.sent for one in crowd.parties), sum(one.received for one in crowd.parties)


class OurCalls:
    """Recorded rooms of two on a worker process of ours."""

    def __init__(self, site: Site, worker: WorkerProcess) -> None:
        self._site, self._worker = site, worker
        self._answered = 0
        self._parties: dict[str, Party] = {}

    async def open(self, sessions: int) -> list[Party]:
        for number in range(sessions):
            room = f"r{number}"
            await self._site.ask("room.open", room)
            for role in ROLES:
                party = Party(room, role)
                asked = {"party": role, "peer": party.id, "sdp": party.describe("actpass")}
                answer = await self._site.ask("peer.offer", room, 1, **asked)
                await party.connect(answer["sdp"], ("127.0.0.1", self._worker.port))
                self._parties[party.id] = party
            named = [{"party": role, "role": role} for role in ROLES]
            told = {"recording": f"rec{number}", "grant": grant(room, 1)}
            await self._site.ask("record.start", room, 1, parties=named, **told)
        return list(self._parties.values())

    async def tend(self) -> None:
        """A party told of another's tracks agrees with what it offered itself."""
        offers = self._site.find("offer")
        for event in offers[self._answered :]:
            party = self._parties[event["data"]["peer"]]
            params = {"party": party.role, "peer": party.id, "sdp": party.describe("active")}
            await self._site.ask("peer.answer", party.room, 1, **params)
        self._answered = len(offers)


@asynccontextmanager
async def our_crowd(sessions: int, folder: Path) -> AsyncIterator[Crowd]:
    """Recorded calls on our worker."""
    site = Site()
    await site.start()
    worker = WorkerProcess(site, folder)
    await worker.start()
    calls = OurCalls(site, worker)
    crowd = Crowd(await calls.open(sessions), worker.pid, calls.tend)
    try:
        yield crowd
    finally:
        await worker.kill()  # who is told to leave waits for its rooms to go first
        await crowd.end()
        await site.stop()


@asynccontextmanager
async def janus_crowd(sessions: int, folder: Path) -> AsyncIterator[Crowd]:
    """Recorded calls on Janus."""
    async with janus(folder) as server:
        parties = [one for number in range(sessions) for one in await _call(server, f"r{number}")]
        crowd = Crowd(parties, server.pid)
        yield crowd
        await crowd.end()


async def _call(server: Janus, room: str) -> tuple[Party, Party]:
    legs = await server.call()
    caller, callee = (Party(room, role) for role in ROLES)
    await legs[0].ring(legs[1], caller.describe("active"))
    offer = (await legs[1].event("incomingcall"))["jsep"]["sdp"]
    await legs[1].accept(callee.describe("active"))
    answer = (await legs[0].event("accepted"))["jsep"]["sdp"]
    for leg, party, told in zip(legs, (caller, callee), (answer, offer), strict=True):
        found = CANDIDATE.search(told)
        if found is None:
            raise RuntimeError("Janus knows no address of this machine but the loopback's")
        await party.connect(told, (found[1], int(found[2])))
        await leg.record()
    return caller, callee
