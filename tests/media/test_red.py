"""Redundant audio: unwrapped for the file, repaired from, forwarded to those who agreed to it."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from runtime.media import negotiation, red, sdp
from runtime.media.clock import PeerClock
from runtime.media.inbound import Inbound
from runtime.media.negotiation import Codec, Line
from runtime.media.outbound import Outbound
from runtime.media.rtp import Packet
from tests.media.test_negotiation import FIREFOX, LOCAL

WITH_RED = Codec(
    payload_type=111, rtx_payload_type=None, clock_rate=48000, feedback=(), red_payload_type=63
)
WITHOUT = Codec(payload_type=109, rtx_payload_type=None, clock_rate=48000, feedback=())
OFFER = FIREFOX.replace("SAVPF 109 9", "SAVPF 109 63 9").replace(
    "a=rtpmap:9 G722/8000/1", "a=rtpmap:63 red/48000/2\na=fmtp:63 109/109\na=rtpmap:9 G722/8000/1"
)


def wrap(*frames: bytes) -> bytes:
    """A RED payload as browsers write it: earlier frames of 20 ms first, the packet's own last."""
    heads = b""
    for back, frame in zip(range(len(frames) - 1, 0, -1), frames, strict=False):
        heads += struct.pack("!I", 1 << 31 | 111 << 24 | 960 * back << 10 | len(frame))
    return heads + bytes([111]) + b"".join(frames)


def packet(sequence: int, *frames: bytes) -> bytes:
    head = struct.pack("!BBHII", 0x80, 63, sequence & 0xFFFF, 960 * sequence & 0xFFFFFFFF, 7)
    return head + wrap(*frames)


def hearing(heard: list[Packet], asked: list[bytes]) -> Inbound:
    track = Inbound(kind="audio", codec=WITH_RED, ssrc=7, clock=PeerClock(), send_rtcp=asked.append)
    track.add_sink(heard.append)
    return track


def test_redundancy_is_wanted_first_where_it_is_offered() -> None:
    lines: list[Line] = []
    negotiation.read_offer(sdp.parse(OFFER), lines)

    answer = negotiation.write(lines, LOCAL, setup="passive", version=1)

    assert "m=audio 40000 UDP/TLS/RTP/SAVPF 63 109\r\n" in answer
    assert "a=rtpmap:63 red/48000/2\r\na=fmtp:63 109/109\r\n" in answer
    assert "a=rtcp-fb:109 nack\r\n" in answer


def test_redundancy_of_another_codec_is_not_taken() -> None:
    lines: list[Line] = []

    negotiation.read_offer(sdp.parse(OFFER.replace("109/109", "9/109")), lines)

    assert lines[0].codec is not None
    assert lines[0].codec.red_payload_type is None


def test_sinks_get_the_packets_own_frame() -> None:
    heard: list[Packet] = []
    track = hearing(heard, [])

    track.receive(packet(5, b"four", b"five"))
    track.receive(packet(6, b"five", b"six"))

    assert [(one.sequence, one.payload) for one in heard] == [(5, b"five"), (6, b"six")]


def test_lost_packet_is_found_in_the_next() -> None:
    heard: list[Packet] = []
    asked: list[bytes] = []
    track = hearing(heard, asked)

    for sequence in (65534, 65536):
        track.receive(packet(sequence, b"%d" % (sequence - 1), b"%d" % sequence))

    assert [(one.sequence, one.payload) for one in heard] == [
        (65534, b"65534"),
        (65535, b"65535"),
        (0, b"65536"),
    ]
    assert heard[1].timestamp == 960 * 65535
    assert asked == []
    assert track.stats()["repaired"] == 1


def test_what_redundancy_does_not_bring_is_asked_for() -> None:
    heard: list[Packet] = []
    asked: list[bytes] = []
    track = hearing(heard, asked)

    track.receive(packet(1, b"1"))
    track.receive(packet(5, b"4", b"5"))

    assert [one.sequence for one in heard] == [1, 4, 5]
    assert sorted(track.missing) == [2, 3]
    assert len(asked) == 1


def test_packet_that_comes_late_brings_the_one_before_it_too() -> None:
    heard: list[Packet] = []
    track = hearing(heard, [])
    track.receive(packet(1, b"1"))
    track.receive(packet(5, b"4", b"5"))

    track.receive(packet(3, b"2", b"3"))
    track.receive(packet(3, b"2", b"3"))

    assert [(one.sequence, one.payload) for one in heard[3:]] == [(2, b"2"), (3, b"3")]
    assert heard[3].timestamp == 960 * 2
    assert not track.missing


def test_receiver_gets_redundancy_only_when_it_agreed() -> None:
    agreed: list[bytes] = []
    plain: list[bytes] = []
    track = hearing([], [])
    for codec, sent in ((WITH_RED, agreed), (WITHOUT, plain)):
        Outbound(codec=codec, ssrc=9, rtx_ssrc=10, send_rtp=sent.append).attach(track)

    track.receive(packet(5, b"four", b"five"))

    assert (agreed[0][1] & 0x7F, agreed[0][12:]) == (63, wrap(b"four", b"five"))
    assert (plain[0][1] & 0x7F, plain[0][12:]) == (109, b"five")


def test_blocks_are_forwarded_under_the_receivers_number() -> None:
    renumbered = red.renumber(wrap(b"one", b"two", b"three"), 109)

    assert [block.payload_type for block in red.unwrap(renumbered)] == [109, 109, 109]
    assert [block.data for block in red.unwrap(renumbered)] == [b"one", b"two", b"three"]


@given(st.lists(st.binary(max_size=900), min_size=1, max_size=4))
def test_what_was_wrapped_is_unwrapped(frames: list[bytes]) -> None:
    blocks = red.unwrap(wrap(*frames))

    assert [block.data for block in blocks] == frames
    assert [block.age for block in blocks] == [960 * n for n in range(len(frames) - 1, -1, -1)]


@given(st.binary(max_size=60))
def test_no_payload_raises(payload: bytes) -> None:
    heard: list[Packet] = []
    sent: list[bytes] = []
    track = hearing(heard, [])
    Outbound(codec=WITH_RED, ssrc=9, rtx_ssrc=10, send_rtp=sent.append).attach(track)

    track.receive(struct.pack("!BBHII", 0x80, 63, 1, 0, 7) + payload)

    assert len(heard) == len(sent) == bool(red.unwrap(payload))
