"""Recording by remux: a party's pictures and Opus go into its file as they are, on the wall clock.

Nothing is decoded. Each track passes a window that waits for retransmissions; both are put on the
worker's clock by the sender's reports, so sound and picture of the file stay together; a
cluster is written when nothing older can come any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from time import monotonic
from typing import Protocol

from runtime.media import webm
from runtime.media.clock import wall_ms
from runtime.media.pictures import FRAMES, look_of
from runtime.media.reorder import ReorderWindow
from runtime.media.rtp import Frame, Look, Packet
from runtime.media.spool import Sealed, SpoolFile, Subject

CLUSTER_MS = 400
HOLD_MS = 150  # blocks of both tracks this young may still change places
GAP_MS = 1000
KEYFRAME_EVERY_S = 10.0  # a file must be seekable; browsers send key frames only when asked

MAIN = frozenset({"audio", "video"})  # labels of the tracks that share a file

Gap = tuple[int, int]


class Clock(Protocol):
    """When what a time stamp names was to be seen or heard."""

    def wall_of(self, timestamp: int) -> float:
        """Epoch milliseconds."""


class Track(Protocol):
    """What is recorded: packets with a clock. An `Inbound`, or the copy of one."""

    kind: str
    last_at: float
    """Monotonic seconds of the last packet."""

    @property
    def clock(self) -> Clock: ...

    def add_sink(self, sink: Callable[[Packet], None]) -> None: ...

    def remove_sink(self, sink: Callable[[Packet], None]) -> None: ...

    def request_keyframe(self) -> None: ...


class Copy(Protocol):
    """The same recording at the second recorder."""

    def add(self, party: str, role: str) -> None: ...

    def attach(self, party: str, tracks: Mapping[str, Track]) -> None: ...

    def stop(self) -> None: ...


@dataclass(slots=True, kw_only=True)
class TrackState:
    """One track of a party: where its packets come from and how far it has got."""

    kind: str
    inbound: Track | None = None
    window: ReorderWindow
    is_broken: bool = True  # video waits for a key frame
    keyframe_at: float = 0.0  # monotonic seconds of the last one
    last_ms: int = -1

    def needs_keyframe(self, now: float) -> bool:
        """Whether to ask for one; again and again, because the asking can be lost too."""
        if self.kind != "video" or self.inbound is None or now - self.inbound.last_at > 1:
            return False
        return self.is_broken or now - self.keyframe_at > KEYFRAME_EVERY_S


class PartyRecorder:
    """Writes one file of a party: its sound and picture, or one further track under its label.

    `on_gap` is told of each closed gap. A further track has none: it comes and goes as its party
    likes, and a shared screen that does not change sends next to nothing.
    """

    def __init__(
        self, folder: Path, subject: Subject, on_gap: Callable[[PartyRecorder, Gap], None]
    ) -> None:
        self.subject = subject
        self.file = SpoolFile(folder, subject)
        self.look: Look | None = None  # of the first picture
        self.has_audio = False
        self.gaps: list[Gap] = []  # closed, not yet told
        self._on_gap = on_gap
        self._tracks = {
            kind: TrackState(kind=kind, window=ReorderWindow()) for kind in ("audio", "video")
        }
        self._frames = FRAMES[subject.codec]()
        self._blocks: list[webm.Block] = []
        self._written_ms = -1  # the end of the last cluster
        self._end_ms = 0
        self._last_packet_ms = float(subject.t0_ms)
        self._was_replaced = False

    def attach(self, audio: Track | None, video: Track | None) -> None:
        """Take the party's present tracks; a changed one means the party came back."""
        self._attach(self._tracks["audio"], audio)
        self._attach(self._tracks["video"], video)

    def tick(self) -> None:
        """Every 100 ms: move packets on and write what is ripe."""
        now = monotonic()
        for track in self._tracks.values():
            self._drain(track, now)
            if track.inbound is not None and track.needs_keyframe(now):
                track.inbound.request_keyframe()
        waited_s = max(track.window.waited_s(now) for track in self._tracks.values())
        self._write_ripe(wall_ms() - self.subject.t0_ms, HOLD_MS + 1000 * waited_s)

    async def stop(self) -> Sealed:
        """Write what is held, mark a gap that reaches the end, seal the file."""
        self.tick()
        self.attach(None, None)
        end_ms = wall_ms()
        if end_ms - self._last_packet_ms > GAP_MS:
            self._note_gap(self._last_packet_ms, end_ms)
        self._blocks.sort(key=lambda block: block.at_ms)
        if self._blocks:
            self._write(self._blocks)
            self._blocks = []
        has_video, duration_ms = self.look is not None, max(0, self._end_ms)
        shape = webm.shape_of(self.subject.codec, self.look, duration_ms=duration_ms)
        return await self.file.seal(replace(shape, has_video=has_video, has_audio=self.has_audio))

    def _attach(self, track: TrackState, inbound: Track | None) -> None:
        if inbound is track.inbound:
            return
        if track.inbound is not None:
            track.inbound.remove_sink(track.window.put)
            self._drain(track, inf)
            self._was_replaced = True
        track.inbound = inbound
        track.window = ReorderWindow()
        self._reset(track)
        if inbound is not None:
            inbound.add_sink(track.window.put)
            inbound.request_keyframe()

    def _drain(self, track: TrackState, now: float) -> None:
        """Move on what is in order, or has waited long enough for what is missing before it."""
        for packet in track.window.take(now):
            if packet is not None:
                self._take(track, packet)
            elif track.kind == "video":
                self._break(track)

    def _break(self, track: TrackState) -> None:
        """A hole stayed in the picture: nothing is worth keeping until the next key frame."""
        self._reset(track)
        if track.inbound is not None:
            track.inbound.request_keyframe()

    def _reset(self, track: TrackState) -> None:
        if track.kind == "video":
            self._frames.reset()
        track.is_broken = True

    def _take(self, track: TrackState, packet: Packet) -> None:
        if track.inbound is None or not packet.payload:
            return
        if track.kind == "video":
            self._take_video(track, packet, track.inbound)
            return
        at = track.inbound.clock.wall_of(packet.timestamp)
        self._watch_gap(at)
        self.has_audio = True
        self._add(track, at, packet.payload, is_key=True)

    def _take_video(self, track: TrackState, packet: Packet, inbound: Track) -> None:
        frame = self._frames.take(packet)
        if frame is None:
            return
        at = inbound.clock.wall_of(packet.timestamp)
        self._watch_gap(at)
        self._take_frame(track, frame, at)

    def _take_frame(self, track: TrackState, frame: Frame, at: float) -> None:
        if track.is_broken and not frame.is_key:
            return
        if frame.is_key and not self._is_known(frame):
            return  # nobody could ever show it
        track.is_broken = False
        if frame.is_key:
            track.keyframe_at = monotonic()
        self._add(track, at, frame.data, is_key=frame.is_key)

    def _is_known(self, key: Frame) -> bool:
        """Whether the file tells, from its first picture on, what a player must know of it."""
        if self.look is None:
            self.look = look_of(self.subject.codec, key.data)
            if self.look is not None:
                self.file.describe(webm.shape_of(self.subject.codec, self.look))
        return self.look is not None

    def _add(self, track: TrackState, at: float, data: bytes, *, is_key: bool) -> None:
        # never before what stands in the file, never backwards within a track
        at_ms = max(round(at) - self.subject.t0_ms, track.last_ms + 1, self._written_ms + 1, 0)
        track.last_ms = at_ms
        number = webm.VIDEO if track.kind == "video" else webm.AUDIO
        self._blocks.append(webm.Block(track=number, at_ms=at_ms, is_key=is_key, data=data))

    def _watch_gap(self, at: float) -> None:
        silence = at - self._last_packet_ms
        if silence > GAP_MS or (self._was_replaced and silence > 0):
            self._note_gap(self._last_packet_ms, at)
        self._was_replaced = False
        self._last_packet_ms = max(self._last_packet_ms, at)

    def _note_gap(self, from_ms: float, to_ms: float) -> None:
        if self.subject.label:
            return
        gap = (round(from_ms), round(to_ms))
        self.gaps.append(gap)
        self._on_gap(self, gap)

    def _write_ripe(self, now_ms: float, hold_ms: float) -> None:
        """Write the oldest cluster, once what is younger than `hold_ms` is not in it."""
        if not self._blocks or now_ms - self._blocks[0].at_ms < CLUSTER_MS + hold_ms:
            return
        self._blocks.sort(key=lambda block: block.at_ms)
        limit = self._blocks[0].at_ms + CLUSTER_MS
        ripe = [block for block in self._blocks if block.at_ms < limit]
        self._blocks = self._blocks[len(ripe) :]
        self._write(ripe)

    def _write(self, blocks: list[webm.Block]) -> None:
        self._written_ms = blocks[-1].at_ms
        self._end_ms = blocks[-1].at_ms + (20 if blocks[-1].track == webm.AUDIO else 33)
        self.file.append(blocks)


class Recording:
    """A recording of a room: a file for each of its parties, and for each track beyond the first.

    A file is known by its party and label, which is empty for the party's sound and picture.
    """

    def __init__(
        self,
        recording_id: str,
        make: Callable[[str, str, str], PartyRecorder],
        started_at_ms: int,
    ) -> None:
        self.id = recording_id
        self.copy: Copy | None = None
        self.started_at_ms = started_at_ms
        self.files: dict[tuple[str, str], PartyRecorder] = {}
        self.chapters: dict[str, int] = {}  # by id, wall clock ms
        self._make = make

    def add(self, party: str, role: str) -> None:
        if (party, "") not in self.files:
            self.files[party, ""] = self._make(party, role, "")
            if self.copy is not None:
                self.copy.add(party, role)

    def attach(self, party: str, tracks: Mapping[str, Track]) -> None:
        """Take the party's present tracks, by label; nothing of who is not in the recording."""
        main = self.files.get((party, ""))
        if main is None:
            return
        if self.copy is not None:
            self.copy.attach(party, tracks)
        main.attach(tracks.get("audio"), tracks.get("video"))
        for label in tracks.keys() - MAIN:
            if (party, label) not in self.files:
                self.files[party, label] = self._make(party, main.subject.role, label)
        for (whose, label), file in self.files.items():
            if whose == party and label:
                _attach_further(file, tracks.get(label))

    def detach(self, party: str) -> None:
        self.attach(party, {})

    def tick(self) -> None:
        for file in self.files.values():
            file.tick()

    async def stop(self) -> list[Sealed]:
        if self.copy is not None:
            self.copy.stop()
        return [await file.stop() for file in self.files.values()]


def _attach_further(file: PartyRecorder, track: Track | None) -> None:
    is_picture = track is not None and track.kind == "video"
    file.attach(None if is_picture else track, track if is_picture else None)
