"""One track going out: SSRC, sequence and time stamp rewritten, losses answered, reports sent.

The receiver sees one unbroken stream for as long as the line has a source, however often that party
comes back with a new peer.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from aiortc.rtp import RtcpReceiverInfo, RtcpSenderInfo, RtcpSrPacket

from runtime.media import red
from runtime.media.clock import ntp_of, wall_ms
from runtime.media.inbound import Inbound
from runtime.media.negotiation import Codec
from runtime.media.rtp import HEADER, HEADER_BYTES, Packet, is_newer

HISTORY = 1024  # packets; about 5 s of video at 1.5 Mb/s
RESEND_INTERVAL_S = 0.02


class Outbound:
    """A media stream towards a peer on one of its lines."""

    def __init__(
        self, *, codec: Codec, ssrc: int, rtx_ssrc: int, send_rtp: Callable[[bytes], None]
    ) -> None:
        self.ssrc = ssrc
        self.inbound: Inbound | None = None
        self.packets = 0
        self.bytes = 0
        self.resent = 0
        self.rtt_s: float | None = None
        self.loss = 0.0
        self._codec = codec
        self._payload_type = codec.payload_type
        self._rtx_ssrc = rtx_ssrc
        self._rtx_sequence = 0
        self._send_rtp = send_rtp
        self._history: list[bytes | None] = [None] * HISTORY
        self._resent_at: dict[int, float] = {}
        self._highest: int | None = None  # as sent
        self._timestamp = 0  # as sent
        self._sent_at = 0.0  # when the source before the present one was last heard
        self._shift: tuple[int, int] | None = None  # of sequence and time stamp
        self._joined = 0  # the source's first sequence since it was attached

    def attach(self, inbound: Inbound | None) -> None:
        """Send what `inbound` brings from now on, going on where the last source stopped."""
        if inbound is self.inbound:
            return
        if self.inbound is not None:
            self.inbound.remove_sink(self.forward)
            self._sent_at = self.inbound.last_at
        self.inbound = inbound
        self._shift = None
        if inbound is not None:
            inbound.add_sink(self.forward)
            inbound.request_keyframe()

    def forward(self, packet: Packet) -> None:
        """The hot path: rewrite the header and send."""
        shift = self._shift or self._begin(packet)
        sequence = (packet.sequence + shift[0]) & 0xFFFF
        timestamp = (packet.timestamp + shift[1]) & 0xFFFFFFFF
        if self._highest is None or is_newer(sequence, self._highest):
            self._highest = sequence
            self._timestamp = timestamp
        elif is_newer(self._joined, packet.sequence):
            return  # older than the switch: its number belongs to the source before
        number, payload = self._payload_type, packet.payload
        if packet.red and self._codec.red_payload_type is not None:
            number = self._codec.red_payload_type
            payload = red.renumber(packet.red, self._payload_type)
        data = HEADER.pack(0x80, packet.marker | number, sequence, timestamp, self.ssrc) + payload
        self._history[sequence % HISTORY] = data
        self.packets += 1
        self.bytes += len(payload)
        self._send_rtp(data)

    def resend(self, sequences: list[int]) -> None:
        """Answer a NACK from the history, by RTX where agreed."""
        now = monotonic()
        if len(self._resent_at) > HISTORY:
            self._resent_at.clear()
        for asked in sequences:
            sequence = asked & 0xFFFF
            data = self._history[sequence % HISTORY]
            if data is None or int.from_bytes(data[2:4], "big") != sequence:
                continue
            if now - self._resent_at.get(sequence, 0.0) < RESEND_INTERVAL_S:
                continue
            self._resent_at[sequence] = now
            self.resent += 1
            self._send_rtp(self._as_rtx(data))

    def request_keyframe(self) -> None:
        if self.inbound is not None:
            self.inbound.request_keyframe()

    def note_report(self, report: RtcpReceiverInfo) -> None:
        """Learn round trip and loss of our way to the receiver (RFC 3550 §6.4.1)."""
        self.loss = report.fraction_lost / 256
        if not report.lsr:
            return
        now = (ntp_of(wall_ms()) >> 16) & 0xFFFFFFFF
        round_trip = (now - report.lsr - report.dlsr) & 0xFFFFFFFF
        if round_trip < 1 << 31:
            self.rtt_s = round_trip / 65536

    def report(self) -> RtcpSrPacket | None:
        """A sender report on our own clock, so that sound and picture stay together."""
        if self.inbound is None or self._shift is None:
            return None
        now_ms = wall_ms()
        timestamp = self.inbound.clock.timestamp_at(now_ms)
        if timestamp is None:
            return None
        return RtcpSrPacket(
            ssrc=self.ssrc,
            sender_info=RtcpSenderInfo(
                ntp_timestamp=ntp_of(now_ms),
                rtp_timestamp=(timestamp + self._shift[1]) & 0xFFFFFFFF,
                packet_count=self.packets & 0xFFFFFFFF,
                octet_count=self.bytes & 0xFFFFFFFF,
            ),
            reports=[],
        )

    def _begin(self, packet: Packet) -> tuple[int, int]:
        """Choose the shifts for a new source so that both counters go on."""
        self._joined = packet.sequence
        if self._highest is None:
            self._shift = (0, 0)
            return self._shift
        gap = round((monotonic() - self._sent_at) * self._codec.clock_rate) + 1
        self._shift = (
            self._highest + 1 - packet.sequence,
            self._timestamp + gap - packet.timestamp,
        )
        return self._shift

    def _as_rtx(self, data: bytes) -> bytes:
        rtx = self._codec.rtx_payload_type
        if rtx is None:
            return data
        _, marker, _, timestamp, _ = HEADER.unpack_from(data)
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        header = HEADER.pack(
            0x80, (marker & 0x80) | rtx, self._rtx_sequence, timestamp, self._rtx_ssrc
        )
        return header + data[2:4] + data[HEADER_BYTES:]
