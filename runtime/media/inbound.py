# ruff: noqa: PLR2004 - widths, masks and first bytes of wire formats
"""One track coming in: order, losses asked for again in time, key frames, statistics.

Packets go to the sinks as they arrive, each once; a sink that needs order has a window of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import pack
from time import monotonic

from aiortc.rtp import RTCP_PSFB_PLI, RtcpPsfbPacket, RtcpReceiverInfo

from runtime.media import red
from runtime.media.clock import PeerClock, TrackClock, wall_ms
from runtime.media.negotiation import Codec
from runtime.media.pacing import Credit
from runtime.media.rtp import HEADER, HEADER_BYTES, Packet, find_payload, packet_of

NACK_RETRY_S = 0.05
NACK_TRIES = 12
MAX_MISSING = 256
MAX_REPAIR = 8  # packets a browser repeats at most, and some more
MAX_JUMP = 3000  # a larger step of the sequence is another stream, not a loss
KEYFRAME_INTERVAL_S = 0.5
ASK_SHARE = {"video": 1.0, "audio": 3.0}  # of the packets due: at most twice the video goes up
ASK_BURST = 200
RTPFB, GENERIC_NACK = 205, 1

Sink = Callable[[Packet], None]


class Inbound:
    """A media stream of a peer, addressed by its SSRC."""

    def __init__(
        self,
        *,
        kind: str,
        codec: Codec,
        ssrc: int,
        clock: PeerClock,
        send_rtcp: Callable[[bytes], None],
    ) -> None:
        self.kind = kind
        self.ssrc = ssrc
        self.sinks: tuple[Sink, ...] = ()
        self.repaired = 0  # lost packets found again in the redundancy of a later one
        self.clock = TrackClock(codec.clock_rate, clock, counts_samples=kind == "audio")
        self.feedback_ssrc = 1
        self.rtt_s = NACK_RETRY_S
        self.missing: dict[int, tuple[float, int]] = {}  # sequence -> (next try at, tries)
        self.packets = 0
        self.bytes = 0
        self.recovered = 0
        self.last_at = 0.0  # monotonic seconds of the last packet
        self.rate_bps = 0.0  # of the last second
        self.height = 0  # of the picture, where somebody has looked
        self.temporal_layers = 1
        self._rated = (0.0, 0)  # at, bytes by then
        self._credit = Credit(ASK_SHARE[kind], ASK_BURST)
        self._clock_rate = codec.clock_rate
        self._red_payload_type = codec.red_payload_type
        self._send_rtcp = send_rtcp
        self._highest = -1  # extended by cycles
        self._first = 0
        self._timestamp = -1  # of the last packet
        self._transit: float | None = None
        self._jitter = 0.0
        self._reported = (0, 0)  # expected and received at the last report
        self._report_ntp = 0  # middle 32 bits of the last sender report
        self._report_at = 0.0
        self._keyframe_at = 0.0
        self._wants_keyframe = False

    @property
    def streams(self) -> tuple[Inbound, ...]:
        """The streams this track is made of, each with an SSRC."""
        return (self,)

    def add_sink(self, sink: Sink) -> None:
        self.sinks = (*self.sinks, sink)

    def remove_sink(self, sink: Sink) -> None:
        self.sinks = tuple(known for known in self.sinks if known != sink)

    def receive(self, data: bytes) -> None:
        """Take one plain RTP packet of the media SSRC."""
        if len(data) < HEADER_BYTES:
            return
        first, marker, sequence, timestamp, _ = HEADER.unpack_from(data)
        if first == 0x80:
            payload: bytes | None = data[HEADER_BYTES:]
        elif first == 0x90 and len(data) > 16:  # extensions only: not worth a call
            payload = data[16 + ((data[14] << 8 | data[15]) << 2) :]
        else:
            payload = find_payload(data)
        if payload is None:
            return
        if marker & 0x7F == self._red_payload_type:
            self._accept_red(Packet(sequence, timestamp, marker & 0x80, payload))
        else:
            self._accept(packet_of(sequence, timestamp, marker & 0x80, payload))

    def receive_rtx(self, data: bytes) -> None:
        """Take one plain packet of the RTX SSRC: the original sequence leads its payload."""
        if len(data) < HEADER_BYTES:
            return
        _, marker, _, timestamp, _ = HEADER.unpack_from(data)
        payload = find_payload(data)
        if payload is None or len(payload) < 3:
            return  # bandwidth probes are padding only
        sequence = int.from_bytes(payload[:2], "big")
        if sequence in self.missing:
            self._accept(Packet(sequence, timestamp, marker & 0x80, payload[2:]))

    def request_keyframe(self) -> None:
        """Ask the browser for a key frame, at most twice a second; a suppressed wish is kept."""
        if self.kind != "video":
            return
        now = monotonic()
        if now - self._keyframe_at < KEYFRAME_INTERVAL_S:
            self._wants_keyframe = True
            return
        self._keyframe_at = now
        self._wants_keyframe = False
        self._send_rtcp(
            bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=self.feedback_ssrc, media_ssrc=self.ssrc))
        )

    def tick(self, now: float) -> None:
        """Every 50 ms: ask again for what is still missing."""
        self._rate(now)
        if self._wants_keyframe and now - self._keyframe_at >= KEYFRAME_INTERVAL_S:
            self.request_keyframe()
        if not self.missing:
            return
        due = [sequence for sequence, (at, _) in self.missing.items() if at <= now]
        ask: list[int] = []
        for sequence in due:
            tries = self.missing[sequence][1] + 1
            if tries > NACK_TRIES:
                del self.missing[sequence]
                continue
            self.missing[sequence] = (now + max(NACK_RETRY_S, self.rtt_s), tries)
            ask.append(sequence)
        self._nack(ask)

    def note_sender_report(self, ntp: int, timestamp: int) -> None:
        self._report_ntp = (ntp >> 16) & 0xFFFFFFFF
        self._report_at = monotonic()
        self.clock.note_report(ntp, timestamp, wall_ms())

    def report(self) -> RtcpReceiverInfo:
        """The reception report block since the last one (RFC 3550 §6.4.1)."""
        expected = self._highest - self._first + 1 if self._highest >= 0 else 0
        lost = max(0, expected - self.packets)
        expected_now, received_now = expected - self._reported[0], self.packets - self._reported[1]
        self._reported = (expected, self.packets)
        share = max(0, expected_now - received_now) / expected_now if expected_now > 0 else 0.0
        since = int((monotonic() - self._report_at) * 65536) if self._report_ntp else 0
        return RtcpReceiverInfo(
            ssrc=self.ssrc,
            fraction_lost=min(255, int(share * 256)),
            packets_lost=min(lost, 0x7FFFFF),
            highest_sequence=max(0, self._highest) & 0xFFFFFFFF,
            jitter=int(self._jitter),
            lsr=self._report_ntp,
            dlsr=since & 0xFFFFFFFF,
        )

    def stats(self) -> dict[str, object]:
        expected = self._highest - self._first + 1 if self._highest >= 0 else 0
        return {
            "kind": self.kind,
            "packets": self.packets,
            "bytes": self.bytes,
            "lost": max(0, expected - self.packets),
            "recovered": self.recovered,
            "repaired": self.repaired,
            "jitter_ms": round(self._jitter * 1000 / self._clock_rate, 1),
        }

    def _accept(self, packet: Packet) -> None:
        now = monotonic()
        if (packet.sequence - self._highest) & 0xFFFF == 1 and self._highest >= 0:
            self._highest += 1
        elif not self._is_fresh(packet.sequence, now):
            return
        self.packets += 1
        self.bytes += len(packet.payload)
        self.last_at = now
        if packet.timestamp != self._timestamp:  # the others of a frame tell nothing new
            self._measure(packet.timestamp, now)
        for sink in self.sinks:
            sink(packet)

    def _accept_red(self, packet: Packet) -> None:
        """Take the packet's own frame, and before it those it repeats that we have missed."""
        blocks = red.unwrap(packet.payload)
        if not blocks:
            return
        repeated = [block for block in blocks[:-1] if block.data]
        for back, block in zip(range(len(repeated), 0, -1), repeated, strict=True):
            if not self._lacks(packet.sequence, back):
                continue
            self.repaired += 1
            timestamp = (packet.timestamp - block.age) & 0xFFFFFFFF
            self._accept(Packet((packet.sequence - back) & 0xFFFF, timestamp, 0, block.data))
        own = blocks[-1].data
        self._accept(packet._replace(payload=own, red=packet.payload))

    def _lacks(self, sequence: int, back: int) -> bool:
        """Whether the packet so many before `sequence`, which comes now or late, is missing."""
        if (sequence - back) & 0xFFFF in self.missing:
            return True
        step = (sequence - self._highest) & 0xFFFF if self._highest >= 0 else 0
        return back < step < MAX_REPAIR  # lost before this one, and not noted yet

    def _is_fresh(self, sequence: int, now: float) -> bool:
        """Place a number that is not the next; False for a packet we have had or given up."""
        if self._highest < 0:
            self._highest = self._first = sequence
            return True
        step = (sequence - self._highest) & 0xFFFF
        if 0 < step < MAX_JUMP:
            self._note_missing(step, now)
            self._highest += step
            return True
        if self.missing.pop(sequence, None) is not None:
            self.recovered += 1
            return True
        if MAX_JUMP <= step <= 0x10000 - MAX_JUMP:
            self._start_over(sequence)
            return True
        return False

    def _note_missing(self, step: int, now: float) -> None:
        if step > MAX_MISSING:
            self.missing.clear()
            self.request_keyframe()
            return
        gap = [(self._highest + i) & 0xFFFF for i in range(1, step)]
        for sequence in gap:
            self.missing[sequence] = (now + max(NACK_RETRY_S, self.rtt_s), 1)
        while len(self.missing) > MAX_MISSING:
            del self.missing[next(iter(self.missing))]
        self._nack(gap)

    def _start_over(self, sequence: int) -> None:
        self.missing.clear()
        self._highest = self._first = sequence
        self.packets = 0
        self._reported = (0, 0)
        self.clock.restart()
        self.request_keyframe()

    def _measure(self, timestamp: int, now: float) -> None:
        """Learn from the first packet of a frame."""
        self._timestamp = timestamp
        self.clock.note_arrival(timestamp, wall_ms())
        transit = now * self._clock_rate - timestamp
        if self._transit is not None:
            change = abs(transit - self._transit)
            if change < self._clock_rate:  # a wrap or a jump of the time stamp is no jitter
                self._jitter += (change - self._jitter) / 16
        self._transit = transit

    def _rate(self, now: float) -> None:
        at, before = self._rated
        if now - at >= 1.0:
            self.rate_bps = (self.bytes - before) * 8 / (now - at) if at else 0.0
            self._rated = (now, self.bytes)

    def _nack(self, sequences: list[int]) -> None:
        """Ask for these, or for the newest of them that may be had."""
        affordable = self._credit.take(len(sequences), max(0, self._highest - self._first))
        if not affordable:
            return
        sequences = sequences[len(sequences) - affordable :]
        blocks = nack_blocks(sequences)
        self._send_rtcp(
            pack(
                "!BBHII",
                0x80 | GENERIC_NACK,
                RTPFB,
                2 + len(blocks) // 4,
                self.feedback_ssrc,
                self.ssrc,
            )
            + blocks
        )


def nack_blocks(sequences: list[int]) -> bytes:
    """PID and bitmask words of a generic NACK (RFC 4585 §6.2.1), across the wrap too."""
    blocks = b""
    start, mask = sequences[0], 0
    for sequence in sequences[1:]:
        step = (sequence - start) & 0xFFFF
        if 0 < step <= 16:
            mask |= 1 << (step - 1)
            continue
        blocks += pack("!HH", start, mask)
        start, mask = sequence, 0
    return blocks + pack("!HH", start, mask)
