"""The worker: its rooms, the requests of the site, the clocks that drive them, start and end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import structlog
from aiortc.rtcdtlstransport import RTCCertificate

from runtime.media.archive import Archive
from runtime.media.delivery import Delivery
from runtime.media.errors import OverloadedError
from runtime.media.ice import UdpMux
from runtime.media.injector import Sounds
from runtime.media.link import Credentials, Link, Message, trust
from runtime.media.load import Load
from runtime.media.peer import Site
from runtime.media.requests import Requests
from runtime.media.room import Room
from runtime.media.twin import Plan, Twin
from runtime.media.version import version

TICK_S = 0.05  # the retry time of a NACK; each wake of an idle loop costs more than its work
IDLE_TICK_S = 0.25
TELL_S = 5.0
LEAVE_LIMIT_S = 5.0
RETIRE_LIMIT_S = 10.0  # how long rooms may take to move to other workers
MAX_BACKLOG = 500  # events not acknowledged; links wait on disk, not in memory

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a worker is started with."""

    site: str  # ws:// or wss:// address of the worker socket
    site_certificate: Path | None = None  # PEM; None: the authorities this machine believes
    worker: str
    token: str
    udp_port: int  # 0 for any free one
    advertise: tuple[str, ...]  # addresses told to browsers
    spool: Path
    deliver: Path | None = None  # None: files are streamed to the site
    second_spool: Path | None = None  # of the second recorder; None: a folder in the first
    sounds: Path | None = None  # the site's own, beside those that come with us
    zone: str = "local"
    region: str = "local"
    capacity: int = 40  # rooms
    is_standby: bool = False


class Worker:
    """One media process."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.mux = UdpMux()
        self.rooms: dict[str, Room] = {}
        self._measured = Load()
        self._leaving = asyncio.Event()
        self._is_draining = False
        tls = trust(options.site, options.site_certificate)
        self.link = Link(
            Credentials(site=options.site, worker=options.worker, token=options.token, tls=tls),
            enrolment=self._enrolment,
            load=self._load,
            perform=self._perform,
            on_ack=self._note_ack,
            on_order=self._obey,
        )
        self.twin = Twin(self._second(), self.link.emit)
        outgoing = Delivery(options.deliver, options.site, tls)
        self.archive = Archive(options.spool, outgoing, self.link.emit, second=self.twin.begin)
        self._requests: Requests | None = None
        self.port = options.udp_port

    async def run(self) -> None:
        """Work until told to leave, then leave in order."""
        await self._open()
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self.link.run(), name="link"),
                tasks.create_task(self._tick(), name="tick"),
                tasks.create_task(self._seconds(), name="seconds"),
                tasks.create_task(self.archive.recover(), name="recover spool"),
            ]
            self.twin.recover()
            await self._leaving.wait()
            await self._finish()
            for task in running:
                task.cancel()
        self.mux.close()

    def leave(self) -> None:
        """Finish recordings, deliver, say so, end."""
        self._leaving.set()

    def drain(self) -> None:
        """Take no more rooms; leave when the last person is gone: the site moves them."""
        self._is_draining = True

    def retire(self) -> None:
        """Leave when the site has moved our rooms elsewhere; told again, or alone, at once."""
        if self._is_draining or not self._peers() or not self.link.is_connected:
            self.leave()
            return
        self.drain()
        self.link.beat_now()
        asyncio.get_running_loop().call_later(RETIRE_LIMIT_S, self.leave)

    async def _open(self) -> None:
        self.options.spool.mkdir(parents=True, exist_ok=True)
        self.port = await self.mux.open(self.options.udp_port, self.options.advertise)
        certificate = RTCCertificate.generateCertificate()
        prints = [(print_.algorithm, print_.value) for print_ in certificate.getFingerprints()]
        site = Site(
            mux=self.mux,
            certificate=certificate,
            fingerprints=[known for known in prints if known[0] == "sha-256"],
            addresses=self.options.advertise,
            port=self.port,
        )
        self._requests = Requests(
            self.rooms,
            site,
            self.archive,
            Sounds(self.options.sounds),
            emit=self.link.emit,
            capacity=self._capacity,
        )
        log.info("worker_listening", port=self.port, advertise=list(self.options.advertise))

    def _obey(self, order: str) -> None:
        if order == "drain":
            self.drain()
        else:
            self.leave()

    def _second(self) -> Plan:
        """How the second recorder is started: with our way to the site."""
        options = self.options
        arguments = ["--site", options.site]
        if options.site_certificate is not None:
            arguments += ["--site-certificate", str(options.site_certificate)]
        if options.deliver is not None:
            arguments += ["--deliver", str(options.deliver)]
        return Plan(spool=options.second_spool or options.spool / "second", arguments=arguments)

    def _capacity(self) -> int:
        """Rooms it may hold now; the site asks elsewhere when that is too few."""
        if self._is_draining or self._measured.is_full:
            return 0
        return self.options.capacity

    def _note_ack(self, event_id: str) -> None:
        self.archive.note_ack(event_id)
        self.twin.note_ack(event_id)

    async def _perform(self, message: Message) -> Message:
        if self._requests is None:
            raise OverloadedError("the worker is starting")
        return await self._requests.perform(message)

    async def _finish(self) -> None:
        self._is_draining = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_LIMIT_S):
                for room in self.rooms.values():
                    for recording in list(room.recordings.values()):
                        room.recordings.pop(recording.id)
                        await self.archive.stop(recording)
                await self.archive.settle()
                await self.twin.settle()
        for room in self.rooms.values():
            await room.close()
        await self.link.settle(LEAVE_LIMIT_S if self.link.is_connected else 0.0)
        await self.link.close()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S if self.rooms else IDLE_TICK_S)
            now = monotonic()
            for room in list(self.rooms.values()):
                room.tick(now)

    async def _seconds(self) -> None:
        told_at = monotonic()
        while True:
            await asyncio.sleep(1.0)
            for room in list(self.rooms.values()):
                room.second()
            if monotonic() - told_at >= TELL_S:
                told_at = monotonic()
                self._tell_recordings()
            if self._is_draining and not self._peers():
                self.leave()

    def _tell_recordings(self) -> None:
        """Tell the new links, unless the site is so far behind that they had better wait."""
        if self.link.unacknowledged < MAX_BACKLOG:
            rooms = self.rooms.values()
            self.archive.tell_all(one for room in rooms for one in room.recordings.values())

    def _enrolment(self) -> Message:
        return {
            "zone": self.options.zone,
            "region": self.options.region,
            "host": socket.gethostname(),
            "udp_port": self.port,
            "addresses": list(self.options.advertise),
            "capacity": self.options.capacity,
            "standby": self.options.is_standby,
            "draining": self._is_draining,
            "version": version(),
            "rooms": [
                {"room": room.id, "generation": room.generation} for room in self.rooms.values()
            ],
        }

    def _load(self) -> Message:
        self._measured.look(self.mux.packets_in)
        return {
            "load": round(self._measured.share, 3),
            "rooms": len(self.rooms),
            "peers": self._peers(),
            "packets_per_s": self._measured.packets_per_s,
            "spool_bytes": self.archive.spool_bytes(),
            "draining": self._is_draining,
        }

    def _peers(self) -> int:
        return sum(
            party.peer is not None
            for room in self.rooms.values()
            for party in room.parties.values()
        )
