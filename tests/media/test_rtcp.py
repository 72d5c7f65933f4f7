"""RTCP as read by us and as written by aiortc, and bytes that are neither."""

from __future__ import annotations

import struct

from aiortc import rtp
from hypothesis import given
from hypothesis import strategies as st

from runtime.media import rtcp
from runtime.media.rtcp import Arrivals, KeyframeWish, Nack, Reception, Remb, SenderReport

words = st.integers(0, 0xFFFFFFFF)
ssrcs = st.integers(1, 0xFFFFFFFF)


def reception(ssrc: int, fraction: int, lsr: int, dlsr: int) -> rtp.RtcpReceiverInfo:
    return rtp.RtcpReceiverInfo(
        ssrc=ssrc,
        fraction_lost=fraction,
        packets_lost=3,
        highest_sequence=4,
        jitter=5,
        lsr=lsr,
        dlsr=dlsr,
    )


@given(ssrcs, st.integers(0, (1 << 64) - 1), words, st.integers(0, 255), words, words)
def test_reports_of_a_compound_packet_are_all_read(
    ssrc: int, ntp: int, timestamp: int, fraction: int, lsr: int, dlsr: int
) -> None:
    info = rtp.RtcpSenderInfo(
        ntp_timestamp=ntp, rtp_timestamp=timestamp, packet_count=1, octet_count=2
    )
    heard = reception(7, fraction, lsr, dlsr)
    sent = rtp.RtcpSrPacket(ssrc=ssrc, sender_info=info, reports=[heard, heard])
    received = rtp.RtcpRrPacket(ssrc=ssrc, reports=[heard])
    cname = rtp.RtcpSdesPacket(chunks=[rtp.RtcpSourceInfo(ssrc=ssrc, items=[(1, b"me")])])

    items = rtcp.read(bytes(sent) + bytes(cname) + bytes(received))

    known = Reception(7, fraction, lsr, dlsr)
    assert items == [SenderReport(ssrc, ntp, timestamp), known, known, known]


@given(ssrcs, st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=40, unique=True))
def test_lost_packets_are_read_as_they_were_named(ssrc: int, lost: list[int]) -> None:
    packet = rtp.RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=ssrc, lost=sorted(lost))

    (nack,) = rtcp.read(bytes(packet))

    assert isinstance(nack, Nack)
    assert nack.ssrc == ssrc
    assert set(lost) <= set(nack.lost)


def test_wishes_for_a_key_frame_name_their_stream() -> None:
    loss = rtp.RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=9)
    request = rtp.RtcpPsfbPacket(fmt=4, ssrc=1, media_ssrc=0, fci=struct.pack("!II", 8, 0))

    items = rtcp.read(bytes(loss) + bytes(request))

    assert items == [KeyframeWish(9), KeyframeWish(8)]


@given(st.integers(1000, 10**9))
def test_bandwidth_is_read_as_aiortc_reads_it(bps: int) -> None:
    fci = rtp.pack_remb_fci(bps, [5])

    items = rtcp.read(bytes(rtp.RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=fci)))

    assert items == [Remb(rtp.unpack_remb_fci(fci)[0])]


def test_transport_wide_feedback_is_kept_packed() -> None:
    data = struct.pack("!BBHII", 0x8F, 205, 3, 1, 2) + b"abcd"

    assert rtcp.read(data) == [Arrivals(b"abcd")]


def test_what_follows_a_torn_packet_is_left_out() -> None:
    whole = bytes(rtp.RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=9))

    assert rtcp.read(whole + whole[:8]) == [KeyframeWish(9)]


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    rtcp.read(data)


@given(
    count=st.integers(0, 0x3F),
    kind=st.sampled_from([200, 201, 202, 203, 204, 205, 206, 207]),
    body=st.binary(max_size=120),
    claimed=st.integers(0, 40),
)
def test_no_bytes_dressed_as_rtcp_raise(count: int, kind: int, body: bytes, claimed: int) -> None:
    head = struct.pack("!BBH", 0x80 | count, kind, claimed)

    for item in rtcp.read(head + body):
        if isinstance(item, Nack):
            assert len(item.lost) <= rtcp.MAX_LOST
