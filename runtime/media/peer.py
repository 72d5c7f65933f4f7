"""One WebRTC connection of a party: its lines, its tracks in and out, its state."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from aiortc.rtcdtlstransport import RTCCertificate
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)

from runtime.media import negotiation, sdp
from runtime.media.clock import PeerClock
from runtime.media.errors import BadSdpError
from runtime.media.ice import CONSENT_LIMIT_S, CONSENT_WARN_S, UdpMux
from runtime.media.inbound import Inbound
from runtime.media.negotiation import Codec, Line
from runtime.media.outbound import Outbound
from runtime.media.rtp import HEADER_BYTES, find_extension
from runtime.media.sdp import Description
from runtime.media.transport import PeerTransport

MAX_UNKNOWN_SSRCS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What all peers of a worker share: the port, the addresses told, the certificate."""

    mux: UdpMux
    certificate: RTCCertificate
    fingerprints: Sequence[tuple[str, str]]
    addresses: Sequence[str]
    port: int


class Peer:
    """A party's connection; `on_tracks` hears of new tracks, `on_state` of each state."""

    def __init__(
        self,
        peer_id: str,
        site: Site,
        *,
        on_tracks: Callable[[], None],
        on_state: Callable[[Peer, str], None],
    ) -> None:
        self.id = peer_id
        self.lines: list[Line] = []
        self.inbounds: dict[str, Inbound] = {}  # by mid
        self.outbounds: dict[str, Outbound] = {}  # by mid
        self.state = "connecting"
        self.remb_bps: int | None = None
        self.rtt_s: float | None = None
        self.is_offering = False  # an offer of ours has no answer yet
        self.offering_since = 0.0  # monotonic seconds of the first offer since the last agreement
        self._site = site
        self._on_tracks = on_tracks
        self._on_state = on_state
        self._clock = PeerClock()
        self._routes: dict[bytes, Callable[[bytes], None]] = {}
        self._unknown: set[bytes] = set()
        self._remote_ufrag = ""
        self._identity: tuple[str, list[tuple[str, str]]] = ("", [])
        self._version = 0
        self._session = negotiation.make_ssrc()
        self._setup = "passive"
        self.transport = PeerTransport(
            site.mux, site.certificate, on_rtp=self._receive_rtp, on_rtcp=self._receive_rtcp
        )
        self.transport.on("statechange", self._note_transport)

    def is_of(self, description: Description) -> bool:
        """Whether a description comes from the RTCPeerConnection this peer talks to."""
        return self._identity == (description.session, description.fingerprints)

    def take_offer(self, description: Description) -> None:
        """Update the lines by a browser's offer: the first, a further one, or an ICE restart."""
        self._identity = (description.session, description.fingerprints)
        negotiation.read_offer(description, self.lines)
        carrier = next(
            (
                section
                for section, line in zip(description.sections, self.lines, strict=False)
                if line.is_accepted
            ),
            None,
        )
        if carrier is None:
            raise BadSdpError(
                "no audio or video section can be accepted (VP8, Opus, BUNDLE, rtcp-mux)"
            )
        self._take_transport(carrier)
        self._drop_refused()
        self._route_known()

    def take_answer(self, text: str) -> None:
        """Update the lines by the browser's answer to our last offer."""
        negotiation.read_answer(sdp.parse(text), self.lines)
        for line in self.lines:
            line.told, line.is_agreed = line.offered, True
        self.is_offering = False
        self._drop_refused()
        self._route_known()

    def answer(self) -> str:
        for line in self.lines:
            line.told = line.carries
        return self._write(self._setup)

    def offer(self) -> str:
        if not self.is_offering:
            self.offering_since = monotonic()
        self.is_offering = True
        for line in self.lines:
            line.offered = line.carries
        return self._write("actpass")

    def withdraw(self) -> None:
        """Forget our offer that has no answer: lines that only it knew of are gone."""
        self.is_offering = False
        while self.lines and not self.lines[-1].is_agreed:
            self.connect(self.lines.pop(), None)
        self._drop_refused()

    def add_line(self, kind: str, like: Line) -> Line:
        """A new section of ours, for one more track of `kind`; `like` gives the codec."""
        line = Line(
            mid=f"w{len(self.lines)}",
            kind=kind,
            codec=like.codec,
            mid_extension=like.mid_extension,
            remote_receives=True,
            is_agreed=False,
        )
        self.lines.append(line)
        return line

    def connect(self, line: Line, inbound: Inbound | None) -> None:
        """Send `inbound` on `line`, or nothing."""
        outbound = self.outbounds.get(line.mid)
        if outbound is None and inbound is not None and line.codec is not None:
            outbound = Outbound(
                codec=line.codec,
                ssrc=line.ssrc,
                rtx_ssrc=line.rtx_ssrc,
                send_rtp=self.transport.send_rtp,
            )
            self.outbounds[line.mid] = outbound
        if outbound is not None:
            outbound.attach(inbound)

    def find_inbound(self, label: str) -> Inbound | None:
        """The party's live track of that label, once it is described or packets have come."""
        sending = (line for line in self.lines if line.label == label and line.remote_sends)
        return next(
            (self.inbounds[line.mid] for line in sending if line.mid in self.inbounds), None
        )

    def check_consent(self) -> None:
        """Every second: a browser of which nothing is heard is away, then gone (RFC 7675)."""
        now = monotonic()
        unchecked = self.transport.ice.silence_s(now)
        # checks may be 6 s apart, but a browser whose media arrives is there
        silence = min([unchecked, *(now - track.last_at for track in self.inbounds.values())])
        if unchecked > CONSENT_LIMIT_S:
            self._set_state("failed")
        elif silence > CONSENT_WARN_S and self.state == "connected":
            self._set_state("disconnected")
        elif silence < CONSENT_WARN_S and self.state == "disconnected":
            self._set_state("connected")

    def tick(self, now: float) -> None:
        for inbound in self.inbounds.values():
            inbound.tick(now)

    def send_reports(self, limit_bps: int) -> None:
        """Every second: what we sent, what we received, and how much the browser may send."""
        if not self.transport.is_connected:
            return
        tracks = list(self.inbounds.values())
        ssrc = next((line.ssrc for line in self.lines), 1)
        packets: list[AnyRtcpPacket] = [
            report for out in self.outbounds.values() if (report := out.report()) is not None
        ]
        packets.append(RtcpRrPacket(ssrc=ssrc, reports=[track.report() for track in tracks]))
        video = [track.ssrc for track in tracks if track.kind == "video"]
        if video:
            fci = pack_remb_fci(limit_bps, video)
            packets.append(RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=ssrc, media_ssrc=0, fci=fci))
        self.transport.send_rtcp(b"".join(bytes(packet) for packet in packets))

    async def close(self) -> None:
        for outbound in self.outbounds.values():
            outbound.attach(None)
        await self.transport.close()
        self._set_state("closed")

    def _drop_refused(self) -> None:
        """Let go of what ran on sections that are refused, or that another has taken over."""
        alive = {line.mid for line in self.lines if line.is_accepted}
        for mid in self.outbounds.keys() - alive:
            self.outbounds.pop(mid).attach(None)
        for mid in self.inbounds.keys() - alive:
            self.inbounds.pop(mid).sinks = ()

    def _take_transport(self, section: sdp.Section) -> None:
        if not section.ufrag or not section.fingerprints:
            raise BadSdpError("the description has no ICE credentials or no fingerprint")
        if not self._remote_ufrag:
            active = section.setup == "passive"
            self._setup = "active" if active else "passive"
            self.transport.begin(section.fingerprints, active=active)
        elif section.ufrag != self._remote_ufrag:
            self.transport.ice.restart()
        self._remote_ufrag = section.ufrag

    def _write(self, setup: str) -> str:
        self._version += 1
        local = negotiation.Local(
            credentials=self.transport.ice.credentials,
            fingerprints=self._site.fingerprints,
            addresses=self._site.addresses,
            port=self._site.port,
            session=self._session,
            cname=self.id,
        )
        return negotiation.write(self.lines, local, setup=setup, version=self._version)

    def _route_known(self) -> None:
        """Route the SSRCs the description names; others are found by their MID or payload type."""
        for line in self.lines:
            known = self.inbounds.get(line.mid)
            for ssrc, rtx in line.remote_ssrcs.items() if line.remote_sends else ():
                if line.codec is None or (known is not None and known.ssrc == ssrc):
                    continue
                inbound = self._start_track(line, line.codec, ssrc)
                if rtx is not None:
                    self._routes[rtx.to_bytes(4, "big")] = inbound.receive_rtx

    def _start_track(self, line: Line, codec: Codec, ssrc: int) -> Inbound:
        inbound = Inbound(
            kind=line.kind,
            codec=codec,
            ssrc=ssrc,
            clock=self._clock,
            send_rtcp=self.transport.send_rtcp,
        )
        inbound.feedback_ssrc = line.ssrc
        self.inbounds[line.mid] = inbound
        self._routes[ssrc.to_bytes(4, "big")] = inbound.receive
        self._on_tracks()
        return inbound

    def _receive_rtp(self, data: bytes) -> None:
        route = self._routes.get(data[8:12]) or self._find_route(data, data[8:12])
        if route is not None:
            route(data)

    def _find_route(self, data: bytes, ssrc: bytes) -> Callable[[bytes], None] | None:
        """Route an SSRC no description named: by the MID extension, else by payload type."""
        if len(data) < HEADER_BYTES or len(self._unknown) >= MAX_UNKNOWN_SSRCS:
            return None
        line = self._line_of(data)
        if line is None or line.codec is None:
            return None
        self._unknown.add(ssrc)
        if data[1] & 0x7F != line.codec.rtx_payload_type:
            self._start_track(line, line.codec, int.from_bytes(ssrc, "big"))
        elif line.mid in self.inbounds:
            self._routes[ssrc] = self.inbounds[line.mid].receive_rtx
        return self._routes.get(ssrc)

    def _line_of(self, data: bytes) -> Line | None:
        payload_type = data[1] & 0x7F
        fitting = [
            line
            for line in self.lines
            if line.codec is not None and payload_type in line.codec.payload_types
        ]
        for line in fitting:
            mid = line.mid_extension and find_extension(data, line.mid_extension)
            if mid == line.mid.encode():
                return line
        return fitting[0] if len(fitting) == 1 else None

    def _receive_rtcp(self, data: bytes) -> None:
        try:
            packets = RtcpPacket.parse(data)
        except (ValueError, struct.error, IndexError):
            return  # a browser's mistake; its next report comes within a second
        for packet in packets:
            self._handle_rtcp(packet)

    def _handle_rtcp(self, packet: AnyRtcpPacket) -> None:
        match packet:
            case RtcpSrPacket():
                for track in self.inbounds.values():
                    if track.ssrc == packet.ssrc:
                        info = packet.sender_info
                        track.note_sender_report(info.ntp_timestamp, info.rtp_timestamp)
                self._handle_reports(packet.reports)
            case RtcpRrPacket():
                self._handle_reports(packet.reports)
            case RtcpRtpfbPacket(fmt=fmt) if fmt == RTCP_RTPFB_NACK:
                outbound = self._find_outbound(packet.media_ssrc)
                if outbound is not None:
                    outbound.resend(packet.lost)
            case RtcpPsfbPacket():
                self._handle_payload_feedback(packet)

    def _handle_payload_feedback(self, packet: RtcpPsfbPacket) -> None:
        if packet.fmt == RTCP_PSFB_APP:
            try:
                self.remb_bps = unpack_remb_fci(packet.fci)[0]
            except (ValueError, struct.error):
                return
        elif packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
            asked = packet.media_ssrc or int.from_bytes(packet.fci[:4], "big")
            outbound = self._find_outbound(asked)
            if outbound is not None:
                outbound.request_keyframe()

    def _handle_reports(self, reports: list[RtcpReceiverInfo]) -> None:
        for report in reports:
            outbound = self._find_outbound(report.ssrc)
            if outbound is None:
                continue
            outbound.note_report(report)
            if outbound.rtt_s is None:
                continue
            self.rtt_s = outbound.rtt_s
            for track in self.inbounds.values():
                track.rtt_s = min(0.5, outbound.rtt_s)

    def _find_outbound(self, ssrc: int) -> Outbound | None:
        return next((out for out in self.outbounds.values() if out.ssrc == ssrc), None)

    def _note_transport(self) -> None:
        state = self.transport.state
        if state == "connected":
            for inbound in self.inbounds.values():
                inbound.request_keyframe()
            for outbound in self.outbounds.values():
                outbound.request_keyframe()
            self._set_state("connected")
        elif state == "failed":
            self._set_state("failed")
        elif state == "closed":
            self._set_state("closed")

    def _set_state(self, state: str) -> None:
        if self.state in (state, "closed"):
            return
        self.state = state
        self._on_state(self, state)
