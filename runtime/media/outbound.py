"""One track going out: SSRC, sequence and time stamp rewritten, losses answered, reports sent.

The receiver sees one unbroken stream for as long as the line has a source, however often that party
comes back with a new peer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from struct import Struct
from time import monotonic

from aiortc.rtp import RtcpSenderInfo, RtcpSrPacket

from runtime.media import layers, red
from runtime.media.clock import PeerClock, TrackClock, ntp_of, wall_ms
from runtime.media.inbound import Inbound
from runtime.media.layers import SelectedClock, Selector, SimulcastTrack
from runtime.media.negotiation import Codec
from runtime.media.pacing import Credit, Way
from runtime.media.rtcp import Reception
from runtime.media.rtp import HEADER, Packet, is_newer

HISTORY = 512  # packets, 3 s of video at 1.5 Mb/s: the most of a call's memory
RESEND_INTERVAL_S = 0.02
RESEND_SHARE = {"video": 1.0, "audio": 3.0}  # of the packets sent: sound is small, and comes first
RESEND_BURST = 200
ECHO_LOSS = (0.05, 0.2, 0.45, 0.6)  # from which on sound is sent once more, unasked
ECHO_AFTER = 2  # packets later: what a moment loses is not lost twice
ECHO_HOLD_S = 5.0  # after the last loss: echoes hide it from reports
ECHO_LEAST_BPS = 150_000  # for each: a narrow way loses because it is full
EXTENSION_HEAD = 0xBEDE0001
NUMBERED = Struct("!BBHIIII")  # a header with one extension of one byte form, the running number


Sent = tuple[int, int, int, bytes]
"""A packet that may be asked for again: marker and payload type, sequence, time stamp, payload."""


class Outbound:
    """A media stream towards a peer on one of its lines."""

    def __init__(
        self,
        *,
        codec: Codec,
        ssrc: int,
        rtx_ssrc: int,
        send_rtp: Callable[[bytes], None],
        way: Way | None = None,
    ) -> None:
        self.ssrc = ssrc
        self.inbound: Inbound | None = None
        self.max_height: int | None = None  # of what this receiver shows; None: as it comes
        self.extension = 0  # id of the running number on this line; 0: none is agreed
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
        self._way = way or Way()
        self._selector: Selector | None = None
        self._clock: TrackClock | None = None  # of the source's time stamps
        self._credit = Credit(RESEND_SHARE[codec.kind], RESEND_BURST)
        self._history: list[Sent | None] = [None] * HISTORY
        self._resent_at: dict[int, float] = {}
        self._echoes = 0  # how many times more each packet of sound goes out at present
        self._echoed_at = 0.0  # when that was last called for
        self._recent: deque[Sent] = deque(maxlen=ECHO_AFTER * len(ECHO_LOSS))
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
            self._detach(self.inbound)
        self.inbound = inbound
        self._shift = None
        if isinstance(inbound, SimulcastTrack):
            self._selector = Selector(inbound, self.forward)
            self._clock = SelectedClock(self._codec.clock_rate, PeerClock(), self._selector)
            self.choose(self._way.downlink.bps, monotonic())
        elif inbound is not None:
            self._clock = inbound.clock
            inbound.add_sink(self.forward)
            inbound.request_keyframe()

    @property
    def rate_bps(self) -> float:
        """What its source sends here at present."""
        source = self._selector.current if self._selector is not None else self.inbound
        return source.rate_bps if source is not None else 0.0

    @property
    def is_live_video(self) -> bool:
        return self.inbound is not None and self._codec.kind == "video"

    @property
    def is_layered(self) -> bool:
        """Whether this receiver's size is chosen for it alone."""
        return self._selector is not None

    def choose(self, budget_bps: float, now: float) -> float:
        """Take the best layer within `budget_bps`; gives what the next better one would need."""
        if self._selector is None or not isinstance(self.inbound, SimulcastTrack):
            return 0.0
        living = self.inbound.alive(now)
        current = self._selector.current
        choice = layers.choose(living, budget_bps, self.max_height, current)
        if choice is None:
            return 0.0
        self._selector.choose(choice)
        allowed = [
            one for one in living if self.max_height is None or one.height <= self.max_height
        ]
        better = next((one for one in allowed if one.rate_bps > choice.layer.rate_bps), None)
        return better.rate_bps * layers.STEP_UP if better is not None else 0.0

    def probes(self, size_bytes: int) -> list[tuple[int, Callable[[], None]]]:
        """What was sent last, to be sent again for the sake of trying the way; RTX only."""
        if self._codec.rtx_payload_type is None or self._highest is None:
            return []
        jobs: list[tuple[int, Callable[[], None]]] = []
        for back in range(HISTORY // 2):
            sent = self._history[(self._highest - back) % HISTORY]
            if size_bytes <= 0 or sent is None:
                break
            jobs.append((len(sent[3]), partial(self._send_again, sent)))
            size_bytes -= len(sent[3])
        return jobs

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
        number |= packet.marker
        sent = (number, sequence, timestamp, payload)
        self._history[sequence % HISTORY] = sent
        self.packets += 1
        self.bytes += len(payload)
        if self._echoes:
            self._echo(sent)
        if not self.extension:
            self._send_rtp(HEADER.pack(0x80, number, sequence, timestamp, self.ssrc) + payload)
        else:
            self._send_numbered(number, sequence, timestamp, self.ssrc, payload)

    def resend(self, sequences: list[int]) -> None:
        """Answer a NACK from the history, by RTX where agreed."""
        now = monotonic()
        if len(self._resent_at) > HISTORY:
            self._resent_at.clear()
        due: list[Sent] = []
        for asked in sequences:
            sequence = asked & 0xFFFF
            sent = self._history[sequence % HISTORY]
            if sent is None or sent[1] != sequence:
                continue
            if now - self._resent_at.get(sequence, 0.0) >= RESEND_INTERVAL_S:
                due.append(sent)
        # the newest, when not all may be had: they have the most time left to be of use
        affordable = self._credit.take(len(due), self.packets)
        for sent in due[len(due) - affordable :]:
            self._resent_at[sent[1]] = now
            self.resent += 1
            self._way.put(len(sent[3]), partial(self._send_again, sent))

    def request_keyframe(self) -> None:
        if self._selector is not None:
            self._selector.request_keyframe()
        elif self.inbound is not None:
            self.inbound.request_keyframe()

    def note_report(self, report: Reception) -> None:
        """Learn round trip and loss of our way to the receiver (RFC 3550 §6.4.1)."""
        self.loss = report.fraction_lost / 256
        if self._codec.kind == "audio":
            self._choose_echoes(monotonic())
        if not report.lsr:
            return
        now = (ntp_of(wall_ms()) >> 16) & 0xFFFFFFFF
        round_trip = (now - report.lsr - report.dlsr) & 0xFFFFFFFF
        if round_trip < 1 << 31:
            self.rtt_s = round_trip / 65536

    def report(self) -> RtcpSrPacket | None:
        """A sender report on our own clock, so that sound and picture stay together."""
        if self._clock is None or self._shift is None:
            return None
        now_ms = wall_ms()
        timestamp = self._clock.timestamp_at(now_ms)
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

    def _choose_echoes(self, now: float) -> None:
        """More than asking again can mend in time is sent again without being asked for."""
        loss = max(self.loss, self._way.downlink.loss)
        affordable = self._way.downlink.bps // ECHO_LEAST_BPS
        wanted = min(affordable, sum(loss >= limit for limit in ECHO_LOSS))
        if wanted >= self._echoes:
            self._echoed_at = now
        elif affordable >= self._echoes and now - self._echoed_at < ECHO_HOLD_S:
            return
        self._echoes = wanted

    def _echo(self, sent: Sent) -> None:
        """With a packet of sound, those that went out a little before, once more."""
        for back in range(ECHO_AFTER, ECHO_AFTER * self._echoes + 1, ECHO_AFTER):
            if back <= len(self._recent):
                self._send_again(self._recent[-back])
        self._recent.append(sent)

    def _detach(self, inbound: Inbound) -> None:
        inbound.remove_sink(self.forward)
        if self._selector is not None:
            self._selector.close()
        self._selector = self._clock = None
        self._sent_at = inbound.last_at

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

    def _send_again(self, sent: Sent) -> None:
        """By RTX where agreed (RFC 4588 §4), else as it was."""
        rtx, ssrc = self._codec.rtx_payload_type, self.ssrc
        second, sequence, timestamp, payload = sent
        if rtx is not None:
            self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
            payload = sequence.to_bytes(2, "big") + payload
            second, sequence, ssrc = (second & 0x80) | rtx, self._rtx_sequence, self._rtx_ssrc
        if not self.extension:
            self._send_rtp(HEADER.pack(0x80, second, sequence, timestamp, ssrc) + payload)
        else:
            self._send_numbered(second, sequence, timestamp, ssrc, payload)

    def _send_numbered(
        self, second: int, sequence: int, timestamp: int, ssrc: int, payload: bytes
    ) -> None:
        """With the running number as the one header extension (RFC 8285 §4.2)."""
        word = self.extension << 28 | 1 << 24 | self._way.number(len(payload)) << 8
        head = NUMBERED.pack(0x90, second, sequence, timestamp, ssrc, EXTENSION_HEAD, word)
        self._send_rtp(head + payload)
