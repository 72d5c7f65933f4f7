"""Recording by remux: a party's VP8 and Opus go into its WebM file as they are, on the wall clock.

Nothing is decoded. Each track passes a window that waits for retransmissions; both are put on the
worker's clock by the sender's reports, so sound and picture of the file stay together; a
cluster is written when nothing older can come any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from time import monotonic

from runtime.media import webm
from runtime.media.clock import wall_ms
from runtime.media.inbound import Inbound
from runtime.media.reorder import ReorderWindow
from runtime.media.rtp import Packet, vp8_payload, vp8_size
from runtime.media.spool import Sealed, SpoolFile, Subject

CLUSTER_MS = 400
HOLD_MS = 150  # blocks of both tracks this young may still change places
GAP_MS = 1000
KEYFRAME_EVERY_S = 10.0  # a file must be seekable; browsers send key frames only when asked

Gap = tuple[int, int]


@dataclass(slots=True, kw_only=True)
class TrackState:
    """One track of a party: where its packets come from and how far it has got."""

    kind: str
    inbound: Inbound | None = None
    window: ReorderWindow
    parts: list[bytes]  # of the VP8 frame being put together
    part_timestamp: int = -1
    is_broken: bool = True  # video waits for a key frame
    keyframe_at: float = 0.0  # monotonic seconds of the last one
    last_ms: int = -1

    def needs_keyframe(self, now: float) -> bool:
        """Whether to ask for one; again and again, because the asking can be lost too."""
        if self.kind != "video" or self.inbound is None or now - self.inbound.last_at > 1:
            return False
        return self.is_broken or now - self.keyframe_at > KEYFRAME_EVERY_S


class PartyRecorder:
    """Writes one party's file. `on_gap` is told of each closed gap."""

    def __init__(
        self, folder: Path, subject: Subject, on_gap: Callable[[PartyRecorder, Gap], None]
    ) -> None:
        self.subject = subject
        self.file = SpoolFile(folder, subject)
        self.size: tuple[int, int] | None = None
        self.has_audio = False
        self.sent_links = 0  # how many have been told to the site
        self.gaps: list[Gap] = []  # closed, not yet told
        self._on_gap = on_gap
        self._tracks = {
            kind: TrackState(kind=kind, window=ReorderWindow(), parts=[])
            for kind in ("audio", "video")
        }
        self._blocks: list[webm.Block] = []
        self._written_ms = -1  # the end of the last cluster
        self._end_ms = 0
        self._last_packet_ms = float(subject.t0_ms)
        self._was_replaced = False

    def attach(self, audio: Inbound | None, video: Inbound | None) -> None:
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
        self._write_ripe(wall_ms() - self.subject.t0_ms)

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
        width, height = self.size or (640, 480)
        shape = webm.Shape(
            width=width,
            height=height,
            has_video=self.size is not None,
            has_audio=self.has_audio,
            duration_ms=max(0, self._end_ms),
        )
        return await self.file.seal(shape)

    def _attach(self, track: TrackState, inbound: Inbound | None) -> None:
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
        track.parts.clear()
        track.part_timestamp = -1
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

    def _take_video(self, track: TrackState, packet: Packet, inbound: Inbound) -> None:
        parsed = vp8_payload(packet.payload)
        if parsed is None:
            return
        begins, data = parsed
        if begins:
            track.parts.clear()
            track.part_timestamp = packet.timestamp
        if packet.timestamp != track.part_timestamp:
            return
        track.parts.append(data)
        if not packet.marker:
            return
        frame = b"".join(track.parts)
        track.parts.clear()
        track.part_timestamp = -1
        at = inbound.clock.wall_of(packet.timestamp)
        self._watch_gap(at)
        self._take_frame(track, frame, at)

    def _take_frame(self, track: TrackState, frame: bytes, at: float) -> None:
        is_key = not frame[0] & 1
        if track.is_broken and not is_key:
            return
        track.is_broken = False
        if is_key:
            track.keyframe_at = monotonic()
            self.size = self.size or vp8_size(frame)
        self._add(track, at, frame, is_key=is_key)

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
        gap = (round(from_ms), round(to_ms))
        self.gaps.append(gap)
        self._on_gap(self, gap)

    def _write_ripe(self, now_ms: float) -> None:
        if not self._blocks or now_ms - self._blocks[0].at_ms < CLUSTER_MS + HOLD_MS:
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
    """A recording of a room: a file for each of its parties."""

    def __init__(
        self,
        recording_id: str,
        make: Callable[[str, str], PartyRecorder],
        started_at_ms: int,
    ) -> None:
        self.id = recording_id
        self.started_at_ms = started_at_ms
        self.parties: dict[str, PartyRecorder] = {}
        self._make = make

    def add(self, party: str, role: str) -> None:
        if party not in self.parties:
            self.parties[party] = self._make(party, role)

    def attach(self, party: str, audio: Inbound | None, video: Inbound | None) -> None:
        if party in self.parties:
            self.parties[party].attach(audio, video)

    def detach(self, party: str) -> None:
        self.attach(party, None, None)

    def tick(self) -> None:
        for party in self.parties.values():
            party.tick()

    async def stop(self) -> list[Sealed]:
        return [await party.stop() for party in self.parties.values()]
