"""What is sent again, or asked for again, is bounded; bursts leave in slices; numbers run."""

from __future__ import annotations

import asyncio
import random
import struct

from aiortc.rtp import RtcpPacket, RtcpRtpfbPacket

from runtime.media.bandwidth import Downlink
from runtime.media.clock import PeerClock
from runtime.media.inbound import ASK_BURST, Inbound
from runtime.media.negotiation import Codec
from runtime.media.outbound import RESEND_BURST, RESEND_INTERVAL_S, Outbound
from runtime.media.pacing import BURST_BYTES, MAX_QUEUE, Way
from runtime.media.rtp import HEADER, find_extension, find_payload

VP8 = Codec(payload_type=96, rtx_payload_type=97, clock_rate=90000, feedback=())
OPUS = Codec(payload_type=111, rtx_payload_type=None, clock_rate=48000, feedback=())
PATIENCE_S = 20.0


def track(sent: list[bytes] | None = None, codec: Codec = VP8) -> Inbound:
    told: list[bytes] = [] if sent is None else sent
    return Inbound(kind=codec.kind, codec=codec, ssrc=7, clock=PeerClock(), send_rtcp=told.append)


def feed(source: Inbound, sequence: int, payload: bytes = b"abcd") -> None:
    source.receive(HEADER.pack(0x80, 96, sequence & 0xFFFF, sequence * 90, 7) + payload)


def asked_in(sent: list[bytes]) -> int:
    packets = [packet for data in sent for packet in RtcpPacket.parse(data)]
    return sum(len(one.lost) for one in packets if isinstance(one, RtcpRtpfbPacket))


def ask_under_loss(codec: Codec, count: int, loss: float) -> int:
    """How many packets are asked for while `count` are sent and `loss` of them never come."""
    sent: list[bytes] = []
    source, chance = track(sent, codec), random.Random(1)
    for sequence in range(count):
        if chance.random() >= loss:
            feed(source, sequence)
        if sequence % 8 == 0:
            source.tick(1e9 + sequence / 150)
    return asked_in(sent)


def test_heavy_loss_at_most_doubles_the_video_that_goes_up() -> None:
    asked = ask_under_loss(VP8, 3000, 0.7)

    assert 1000 < asked <= 3000 + ASK_BURST


def test_lost_sound_may_be_asked_for_more_often() -> None:
    assert ask_under_loss(OPUS, 3000, 0.7) > 3000 + ASK_BURST


def test_light_loss_is_asked_for_in_full() -> None:
    sent: list[bytes] = []
    source = track(sent)
    missing = 0
    for sequence in range(2000):
        if sequence % 10 == 5:
            missing += 1
        else:
            feed(source, sequence)

    assert asked_in(sent) == missing


async def test_receiver_that_asks_for_everything_gets_a_share() -> None:
    sent: list[bytes] = []
    out, source = Outbound(codec=VP8, ssrc=9, rtx_ssrc=8, send_rtp=sent.append), track()
    out.attach(source)
    for sequence in range(1000):
        feed(source, sequence)

    for _ in range(5):
        out.resend(list(range(1000)))
        await asyncio.sleep(RESEND_INTERVAL_S)

    assert out.resent <= 1000 + RESEND_BURST
    assert out.resent < 5 * 1000


async def test_burst_of_repairs_leaves_in_slices() -> None:
    sent: list[bytes] = []
    out, source = Outbound(codec=VP8, ssrc=9, rtx_ssrc=8, send_rtp=sent.append), track()
    out.attach(source)
    for sequence in range(100):
        feed(source, sequence, bytes(1000))
    sent.clear()

    out.resend(list(range(100)))
    at_once = len(sent)
    async with asyncio.timeout(PATIENCE_S):
        while len(sent) < 100:  # noqa: ASYNC110 - nothing tells of a sent packet
            await asyncio.sleep(0.005)

    assert 0 < at_once <= BURST_BYTES // 1000 + 1
    assert [int.from_bytes(data[12:14], "big") for data in sent] == list(range(100))


async def test_way_that_is_closed_sends_nothing_more() -> None:
    sent: list[int] = []
    way = Way()
    for number in range(2 * MAX_QUEUE):
        way.put(BURST_BYTES, lambda number=number: sent.append(number))  # type: ignore[misc]

    way.close()
    before = len(sent)
    await asyncio.sleep(0.05)

    assert len(sent) == before < MAX_QUEUE


def test_running_numbers_are_one_count_over_all_streams() -> None:
    sent: list[bytes] = []
    way = Way()
    outs = [
        Outbound(codec=VP8, ssrc=ssrc, rtx_ssrc=ssrc + 1, send_rtp=sent.append, way=way)
        for ssrc in (20, 30)
    ]
    sources = [track(), track()]
    for out, source in zip(outs, sources, strict=True):
        out.extension = 5
        out.attach(source)

    for sequence in range(3):
        for source in sources:
            feed(source, sequence)
    outs[0].resend([1])

    numbers = [find_extension(data, 5) for data in sent]
    assert numbers == [struct.pack("!H", number) for number in range(7)]
    assert find_payload(sent[0]) == b"abcd"
    assert find_payload(sent[-1]) == b"\x00\x01abcd"
    assert sent[-1][8:12] == (21).to_bytes(4, "big")


def test_number_that_was_reported_is_forgotten() -> None:
    downlink = Downlink()
    number = downlink.sent.note(100, 5.0)

    assert downlink.sent.find(number) == (5.0, 100)
    assert downlink.sent.find(number) is None
    assert downlink.sent.find(77) is None


def test_probe_sends_what_was_sent_last_by_rtx_alone() -> None:
    sent: list[bytes] = []
    source = track()
    out = Outbound(codec=VP8, ssrc=9, rtx_ssrc=8, send_rtp=sent.append)
    assert out.probes(5000) == []
    out.attach(source)
    for sequence in range(20):
        feed(source, sequence, bytes(1000))
    sent.clear()

    jobs = out.probes(5000)
    for _, job in jobs:
        job()

    assert len(jobs) == len(sent) == 5
    assert {data[1] & 0x7F for data in sent} == {97}


def test_stream_without_agreed_numbers_takes_none() -> None:
    sent: list[bytes] = []
    way, source = Way(), track()
    Outbound(codec=VP8, ssrc=9, rtx_ssrc=8, send_rtp=sent.append, way=way).attach(source)

    feed(source, 1)

    assert sent[0][0] == 0x80
    assert way.downlink.sent.next == 0
