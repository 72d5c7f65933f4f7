"""A second recorder beside the first: what is recorded `redundant` is passed on to it.

It is a process of its own (`runtime.media.second`) with a folder of its own, at best on another
disk: it reads, orders, writes, chains and delivers by itself. When it dies another one goes on, in
new files; when we die it keeps what it got until the next worker of this spool sends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from runtime.media.archive import Begun, Emit
from runtime.media.clock import wall_ms
from runtime.media.line import Copied, Line
from runtime.media.recorder import Track
from runtime.media.rtp import Packet

BUFFER_BYTES = 4 << 20
AGAIN_S = 1.0
LEAVE_LIMIT_S = 5.0
TRACKS = 1 << 16

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the second recorder is started."""

    spool: Path
    arguments: Sequence[str]  # of `python -m runtime.media.second`, without its socket


class Twin:
    """The way to the second recorder, which runs from the first recording on that wants it."""

    def __init__(self, plan: Plan, emit: Emit) -> None:
        self._plan = plan
        self._emit = emit
        self._copies: dict[str, TwinRecording] = {}
        self._line: Line | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._again: asyncio.TimerHandle | None = None
        self._asked: dict[int, Track] = {}  # by number: who is asked for a key frame
        self._last = 0
        self._lives = 0
        self._awaiting: dict[str, str] = {}  # id of an event here -> there
        self._is_gone = asyncio.Event()

    def recover(self) -> None:
        """Let it send what a former one left behind."""
        if any(self._plan.spool.glob("*.json")):
            self._start()

    def begin(self, begun: Begun) -> TwinRecording:
        """A copy of a recording, with no party yet."""
        if self._line is None and self._again is None:
            self._start()
        copy = self._copies[begun.recording] = TwinRecording(self, begun)
        copy.begin(self._lives)
        return copy

    def tell(self, message: dict[str, Any]) -> None:
        """With the time: it may be read a second later, by a process that only starts."""
        if self._line is not None:
            self._line.tell({"at_ms": wall_ms(), **message})

    def follow(self, track: Track) -> tuple[int, Callable[[Packet], None]]:
        """A number for a track, and the sink that passes it on."""
        self._last = (self._last + 1) % TRACKS
        self._asked[self._last] = track
        return self._last, partial(self._pass_on, self._last, track)

    def forget(self, number: int) -> None:
        self._asked.pop(number, None)

    def end(self, recording: str) -> None:
        self._copies.pop(recording, None)

    def note_ack(self, event_id: str) -> None:
        """The site has stored an event of the second recorder's."""
        there = self._awaiting.pop(event_id, None)
        if there is not None:
            self.tell({"do": "ack", "event": there})

    async def settle(self) -> None:
        """Let it deliver what it has, and end."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        process = self._process
        if process is None or self._line is None:
            return
        self._copies.clear()
        self.tell({"do": "leave"})
        self._is_gone.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_LIMIT_S):
                await self._is_gone.wait()
        if self._line is not None:
            self._line.close()  # it keeps what it has for the next time
            self._line = None

    def _start(self) -> None:
        self._again = None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        self._plan.spool.mkdir(parents=True, exist_ok=True)
        with theirs:
            command = [sys.executable, "-m", "runtime.media.second", *self._plan.arguments]
            options = ["--socket", str(theirs.fileno()), "--spool", str(self._plan.spool)]
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command + options,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
            )
        self._line = Line(ours, self._take, self._lose)
        self._lives += 1
        for copy in self._copies.values():
            copy.begin(self._lives)

    def _pass_on(self, number: int, track: Track, packet: Packet) -> None:
        if self._line is not None:
            self._line.pass_on(number, packet, track.clock.wall_of(packet.timestamp))

    def _take(self, message: Copied | dict[str, Any]) -> None:
        if isinstance(message, Copied):
            return
        if "keyframe" in message:
            track = self._asked.get(message["keyframe"])
            if track is not None:
                track.request_keyframe()
            return
        told = message["event"]
        event_id = self._emit(told["room"], told["generation"], told["kind"], told["data"])
        self._awaiting[event_id] = told["id"]

    def _lose(self) -> None:
        """It has ended: as it was told to, or another one must go on."""
        self._line = None
        self._is_gone.set()
        self._awaiting.clear()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.2)
            self._process = None
        if self._copies:
            log.warning("second_recorder_lost", recordings=len(self._copies))
            self._again = asyncio.get_running_loop().call_later(AGAIN_S, self._start)


class TwinRecording:
    """One recording at the second recorder; says everything again to one that took its place."""

    def __init__(self, twin: Twin, begun: Begun) -> None:
        self._twin = twin
        self._begun = begun
        self._id = begun.recording
        self._parties: dict[str, str] = {}
        self._followed: dict[str, dict[str, _Followed]] = {}  # by party and label

    def begin(self, life: int) -> None:
        """Under a name of its own in each life of the recorder: its files never meet."""
        self._id = f"{self._begun.recording}b{life}"
        told = asdict(replace(self._begun, recording=self._id, is_copy=True))
        self._twin.tell({"do": "begin", **told})
        for party, role in self._parties.items():
            self._tell("add", party=party, role=role)
        for party in self._followed:
            self._tell_tracks(party)

    def add(self, party: str, role: str) -> None:
        self._parties[party] = role
        self._tell("add", party=party, role=role)

    def attach(self, party: str, tracks: Mapping[str, Track]) -> None:
        held = self._followed.setdefault(party, {})
        gone = [label for label, one in held.items() if tracks.get(label) is not one.track]
        for label in gone:
            self._release(held.pop(label))
        fresh = tracks.keys() - held.keys()
        for label in fresh:
            number, sink = self._twin.follow(tracks[label])
            tracks[label].add_sink(sink)
            held[label] = _Followed(number=number, track=tracks[label], sink=sink)
        if gone or fresh:
            self._tell_tracks(party)
        for label in fresh:
            tracks[label].request_keyframe()

    def stop(self) -> None:
        for held in self._followed.values():
            for one in held.values():
                self._release(one)
        self._followed.clear()
        self._tell("stop")
        self._twin.end(self._begun.recording)

    def _release(self, one: _Followed) -> None:
        one.track.remove_sink(one.sink)
        self._twin.forget(one.number)

    def _tell_tracks(self, party: str) -> None:
        held = self._followed[party].items()
        tracks = {label: [one.number, one.track.kind] for label, one in held}
        self._tell("attach", party=party, tracks=tracks)

    def _tell(self, what: str, **told: object) -> None:
        self._twin.tell({"do": what, "recording": self._id, **told})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Followed:
    number: int
    track: Track
    sink: Callable[[Packet], None]
