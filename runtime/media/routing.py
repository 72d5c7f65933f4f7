"""Which track a browser's packet belongs to: by the SSRCs it described, else by what packets say.

An SSRC that no description named is known by its MID, and in simulcast its RID, which browsers
write into header extensions until they see that we have understood (RFC 8843 §9.2, RFC 8852). A
number once learnt is not asked again: the path of a packet is one look into a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from runtime.media.clock import PeerClock
from runtime.media.inbound import Inbound
from runtime.media.layers import SimulcastTrack
from runtime.media.negotiation import Codec, Line
from runtime.media.rtp import HEADER_BYTES, find_extension
from runtime.media.twcc import ArrivalLog

MAX_LEARNT_SSRCS = 64
NUMBERED_BYTES = 20  # the least a packet with a running number has

Take = Callable[[bytes], None]


class Router:
    """The tracks of a browser, by MID; `receive` is the way in for every plain RTP packet."""

    def __init__(
        self,
        lines: Sequence[Line],
        *,
        send_rtcp: Take,
        on_tracks: Callable[[], None],
    ) -> None:
        self.tracks: dict[str, Inbound] = {}
        self.arrivals: ArrivalLog | None = None  # once running numbers are agreed
        self._extension = 0  # their id
        self._numbered = -1  # first byte of their header extension
        self._lines = lines
        self._clock = PeerClock()
        self._send_rtcp = send_rtcp
        self._on_tracks = on_tracks
        self._routes: dict[bytes, Take] = {}
        self._learnt = 0

    def receive(self, data: bytes) -> None:
        """Hand a packet to its stream; what belongs to none is dropped."""
        if self.arrivals is not None:
            self._note_arrival(self.arrivals, data)
        route = self._routes.get(data[8:12]) or self._learn(data)
        if route is not None:
            route(data)

    def follow(self) -> None:
        """Take over what the lines say now: SSRCs, running numbers, sections that are gone."""
        alive = {line.mid for line in self._lines if line.is_accepted}
        for mid in self.tracks.keys() - alive:
            self.tracks.pop(mid).sinks = ()
        extension = next(
            (line.number_extension for line in self._lines if line.number_extension), 0
        )
        if extension and self.arrivals is None:
            self.arrivals = ArrivalLog()
        self._extension, self._numbered = extension, extension << 4 | 1
        for line in self._lines:
            if line.remote_sends and line.codec is not None and not line.rids:
                self._follow_ssrcs(line, line.codec)

    def _follow_ssrcs(self, line: Line, codec: Codec) -> None:
        known = self.tracks.get(line.mid)
        for ssrc, rtx in line.remote_ssrcs.items():
            if known is not None and known.ssrc == ssrc:
                continue
            track = self._start(line, codec, ssrc)
            if rtx is not None:
                self._routes[rtx.to_bytes(4, "big")] = track.receive_rtx

    def _note_arrival(self, arrivals: ArrivalLog, data: bytes) -> None:
        if len(data) < NUMBERED_BYTES:
            return
        # the usual packet: no CSRC, and the number is its first extension
        if data[0] & 0x1F == 0x10 and data[16] == self._numbered:  # noqa: PLR2004 - bits of RTP
            arrivals.note(data[17] << 8 | data[18], monotonic())
            return
        number = find_extension(data, self._extension)
        if number is not None and len(number) == 2:  # noqa: PLR2004 - bytes of the number
            arrivals.note(int.from_bytes(number, "big"), monotonic())

    def _learn(self, data: bytes) -> Take | None:
        if len(data) < HEADER_BYTES or self._learnt >= MAX_LEARNT_SSRCS:
            return None
        line = self._line_of(data)
        if line is None or line.codec is None:
            return None
        is_rtx = data[1] & 0x7F == line.codec.rtx_payload_type
        route = self._learn_layer if line.rids else self._learn_plain
        take = route(line, line.codec, data, is_rtx=is_rtx)
        if take is not None:
            self._learnt += 1
            self._routes[data[8:12]] = take
        return take

    def _learn_plain(self, line: Line, codec: Codec, data: bytes, *, is_rtx: bool) -> Take | None:
        track = self.tracks.get(line.mid)
        if is_rtx:
            return track.receive_rtx if track is not None else None
        return self._start(line, codec, int.from_bytes(data[8:12], "big")).receive

    def _learn_layer(self, line: Line, codec: Codec, data: bytes, *, is_rtx: bool) -> Take | None:
        extension = line.repaired_extension if is_rtx else line.rid_extension
        told = find_extension(data, extension) if extension else None
        rid = told.decode("ascii", "replace") if told is not None else ""
        track = self.tracks.get(line.mid)
        if is_rtx:
            layers = track.layers if isinstance(track, SimulcastTrack) else {}
            return layers[rid].receive_rtx if rid in layers else None
        if rid not in line.rids:
            return None
        if not isinstance(track, SimulcastTrack):
            track = SimulcastTrack(codec=codec, clock=self._clock, send_rtcp=self._send_rtcp)
            self.tracks[line.mid] = track
        layer = self._make(line, codec, int.from_bytes(data[8:12], "big"))
        track.add_layer(rid, layer)
        self._on_tracks()
        return layer.receive

    def _start(self, line: Line, codec: Codec, ssrc: int) -> Inbound:
        track = self._make(line, codec, ssrc)
        self.tracks[line.mid] = track
        self._routes[ssrc.to_bytes(4, "big")] = track.receive
        self._on_tracks()
        return track

    def _make(self, line: Line, codec: Codec, ssrc: int) -> Inbound:
        track = Inbound(
            kind=line.kind,
            codec=codec,
            ssrc=ssrc,
            clock=self._clock,
            send_rtcp=self._send_rtcp,
        )
        track.feedback_ssrc = line.ssrc
        return track

    def _line_of(self, data: bytes) -> Line | None:
        payload_type = data[1] & 0x7F
        fitting = [
            line
            for line in self._lines
            if line.codec is not None and payload_type in line.codec.payload_types
        ]
        for line in fitting:
            mid = line.mid_extension and find_extension(data, line.mid_extension)
            if mid == line.mid.encode():
                return line
        return fitting[0] if len(fitting) == 1 else None
