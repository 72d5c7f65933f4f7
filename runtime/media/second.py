"""`python -m runtime.media.second`: the second recorder of a worker (see `twin`).

It gets copies of packets and what to do with them over a socket, and says over it what the site is
to be told. When the worker is gone it seals its files and ends; they go out next time.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import socket
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import structlog
import uvloop

from runtime.media.archive import Archive, Begun
from runtime.media.delivery import Delivery
from runtime.media.line import Copied, Line
from runtime.media.link import trust
from runtime.media.negotiation import RATES
from runtime.media.recorder import Recording
from runtime.media.rtp import Packet

TICK_S = 0.1
TELL_S = 5.0
ACK_LIMIT_S = 2.0
HALF_CIRCLE = 1 << 31

log = structlog.get_logger(__name__)


class CopiedTrack:
    """A track as its copies tell of it."""

    def __init__(self, kind: str, ask: Callable[[], None]) -> None:
        self.kind = kind
        self.last_at = 0.0
        self._sinks: tuple[Callable[[Packet], None], ...] = ()
        self._known = (0, 0.0)  # a time stamp, and when it was
        self._ask = ask

    @property
    def clock(self) -> CopiedTrack:
        return self

    def wall_of(self, timestamp: int) -> float:
        """Epoch milliseconds, by the latest packet that said."""
        known, wall_ms = self._known
        apart = (timestamp - known + HALF_CIRCLE) % (2 * HALF_CIRCLE) - HALF_CIRCLE
        return wall_ms + 1000 * apart / RATES[self.kind]

    def receive(self, packet: Packet, wall_ms: float) -> None:
        self.last_at = monotonic()
        self._known = (packet.timestamp, wall_ms)
        for sink in self._sinks:
            sink(packet)

    def add_sink(self, sink: Callable[[Packet], None]) -> None:
        self._sinks = (*self._sinks, sink)

    def remove_sink(self, sink: Callable[[Packet], None]) -> None:
        self._sinks = tuple(known for known in self._sinks if known != sink)

    def request_keyframe(self) -> None:
        self._ask()


class Second:
    """The recordings of this process, and what the worker says of them."""

    def __init__(self, end: socket.socket, spool: Path, outgoing: Delivery) -> None:
        self._line = Line(end, self._take, self._note_end)
        self._archive = Archive(spool, outgoing, self._emit)
        self._recordings: dict[str, Recording] = {}
        self._tracks: dict[int, CopiedTrack] = {}
        self._unacknowledged: set[str] = set()
        self._is_settled = asyncio.Event()
        self._tasks: set[asyncio.Task[object]] = set()
        self._is_over = asyncio.Event()
        self._must_deliver = False
        self._told_ms = 0.0  # when the last message was sent

    async def run(self) -> None:
        """Until the worker has gone or lets us go."""
        self._spawn(self._archive.recover())
        told_at = monotonic()
        while not self._is_over.is_set():
            await asyncio.sleep(TICK_S)
            for recording in self._recordings.values():
                recording.tick()
            if monotonic() - told_at >= TELL_S:
                told_at = monotonic()
                self._archive.tell_all(self._recordings.values())
        await self._finish()

    async def _finish(self) -> None:
        for recording in self._recordings.values():
            if self._must_deliver:
                await self._archive.stop(recording)
            else:
                await recording.stop()
        if not self._must_deliver:
            return
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._archive.settle()
        if self._unacknowledged:
            self._is_settled.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ACK_LIMIT_S):
                    await self._is_settled.wait()
        self._line.close()

    def _take(self, message: Copied | dict[str, Any]) -> None:
        if isinstance(message, Copied):
            track = self._tracks.get(message.track)
            if track is not None:
                track.receive(message.packet, message.wall_ms)
            return
        self._told_ms = message.pop("at_ms")
        match message.pop("do"):
            case "begin":
                begun = self._archive.begin(Begun(**message), now=lambda: self._told_ms)
                self._recordings[begun.id] = begun
            case "ack":
                self._unacknowledged.discard(message["event"])
                self._archive.note_ack(message["event"])
                if not self._unacknowledged:
                    self._is_settled.set()
            case "leave":
                self._must_deliver = True
                self._is_over.set()
            case what:
                self._change(what, self._recordings[message["recording"]], message)

    def _change(self, what: str, recording: Recording, message: dict[str, Any]) -> None:
        match what:
            case "add":
                recording.add(message["party"], message["role"])
            case "attach":
                numbered = message["tracks"].items()
                tracks = {label: self._track(*one) for label, one in numbered}
                recording.attach(message["party"], tracks)
            case "stop":
                del self._recordings[recording.id]
                self._spawn(self._archive.stop(recording))

    def _track(self, number: int, kind: str) -> CopiedTrack:
        if number not in self._tracks:
            self._tracks[number] = CopiedTrack(kind, lambda: self._line.tell({"keyframe": number}))
        return self._tracks[number]

    def _emit(self, room: str, generation: int, kind: str, data: dict[str, object]) -> str:
        event_id = str(uuid.uuid4())
        told = {"id": event_id, "room": room, "generation": generation, "kind": kind, "data": data}
        self._unacknowledged.add(event_id)
        self._line.tell({"event": told})
        return event_id

    def _note_end(self) -> None:
        self._is_over.set()

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work, name="record")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def work(given: argparse.Namespace) -> None:
    """Record until the worker has gone."""
    tls = trust(given.site, given.site_certificate)
    end = socket.socket(fileno=given.socket)
    await Second(end, given.spool, Delivery(given.deliver, given.site, tls)).run()


def main() -> None:
    """Read the options, run; signals are for the worker, which ends us by its end of the socket."""
    parser = argparse.ArgumentParser(prog="python -m runtime.media.second")
    parser.add_argument("--socket", type=int, required=True, help="number of the inherited socket")
    parser.add_argument("--spool", type=Path, required=True, help="folder of growing files")
    parser.add_argument("--deliver", type=Path, help="media folder of the site on this host")
    parser.add_argument("--site", required=True, help="ws:// or wss:// of the worker socket")
    parser.add_argument("--site-certificate", type=Path, help="PEM to believe")
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    uvloop.run(work(given))


if __name__ == "__main__":
    main()
