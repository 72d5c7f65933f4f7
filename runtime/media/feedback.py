"""What a browser reports of our packets, and what we report of its own (RTCP)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import pack
from time import monotonic

from aiortc.rtp import (
    RTCP_PSFB_APP,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    pack_remb_fci,
)

from runtime.media import rtcp, twcc
from runtime.media.inbound import Inbound
from runtime.media.outbound import Outbound
from runtime.media.pacing import Way
from runtime.media.twcc import ArrivalLog

MAX_RTT_S = 0.5  # a retry waits no longer, however far the browser is
MAX_REPORT_BLOCKS = 31


class Feedback:
    """The RTCP of one peer; `tracks` and `outbounds` are its own, by MID."""

    def __init__(
        self,
        tracks: Mapping[str, Inbound],
        outbounds: Mapping[str, Outbound],
        way: Way,
        send: Callable[[bytes], None],
    ) -> None:
        self.rtt_s: float | None = None
        self._tracks = tracks
        self._outbounds = outbounds
        self._way = way
        self._send = send

    def receive(self, data: bytes) -> None:
        """Act on one compound packet; what cannot be read is left out."""
        for item in rtcp.read(data):
            self._handle(item)

    def send_reports(self, ssrc: int, limit_bps: int) -> None:
        """Every second: what we sent, what we received, and how much the browser may send."""
        streams = [stream for track in self._tracks.values() for stream in track.streams]
        packets: list[AnyRtcpPacket] = [
            report for out in self._outbounds.values() if (report := out.report()) is not None
        ]
        reports = [stream.report() for stream in streams[:MAX_REPORT_BLOCKS]]
        packets.append(RtcpRrPacket(ssrc=ssrc, reports=reports))
        video = [stream.ssrc for stream in streams if stream.kind == "video"]
        if video:
            fci = pack_remb_fci(limit_bps, video)
            packets.append(RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=ssrc, media_ssrc=0, fci=fci))
        self._send(b"".join(bytes(packet) for packet in packets))

    def send_arrivals(self, ssrc: int, arrivals: ArrivalLog) -> None:
        """Every 50 to 100 ms: which packets came when, so that the browser finds its rate."""
        media = next((s.ssrc for track in self._tracks.values() for s in track.streams), 0)
        for packed in arrivals.take():
            words = 2 + len(packed) // 4
            head = pack("!BBHII", 0x80 | rtcp.TRANSPORT_WIDE, rtcp.RTPFB, words, ssrc, media)
            self._send(head + packed)

    def _handle(self, item: rtcp.Item) -> None:
        match item:
            case rtcp.Arrivals():
                self._way.downlink.note_feedback(twcc.read(item.packed), monotonic())
            case rtcp.Reception():
                self._note_reception(item)
            case rtcp.SenderReport():
                self._note_sender(item)
            case rtcp.Nack() | rtcp.KeyframeWish():
                self._serve(item)
            case rtcp.Remb():
                self._way.downlink.note_remb(item.bps)

    def _serve(self, wish: rtcp.Nack | rtcp.KeyframeWish) -> None:
        outbound = self._find(wish.ssrc)
        if outbound is None:
            return
        if isinstance(wish, rtcp.Nack):
            outbound.resend(wish.lost)
        else:
            outbound.request_keyframe()

    def _note_sender(self, report: rtcp.SenderReport) -> None:
        for track in self._tracks.values():
            for stream in track.streams:
                if stream.ssrc == report.ssrc:
                    stream.note_sender_report(report.ntp, report.timestamp)

    def _note_reception(self, report: rtcp.Reception) -> None:
        outbound = self._find(report.ssrc)
        if outbound is None:
            return
        outbound.note_report(report)
        if outbound.rtt_s is None:
            return
        self.rtt_s = outbound.rtt_s
        for track in self._tracks.values():
            for stream in track.streams:
                stream.rtt_s = min(MAX_RTT_S, outbound.rtt_s)

    def _find(self, ssrc: int) -> Outbound | None:
        return next((out for out in self._outbounds.values() if out.ssrc == ssrc), None)
