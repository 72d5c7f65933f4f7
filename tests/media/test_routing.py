"""Whose a packet is: described SSRCs, MID, RID, running numbers; and what Chromium is answered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runtime.media import negotiation, sdp, twcc
from runtime.media.layers import SimulcastTrack
from runtime.media.negotiation import Line
from runtime.media.routing import Router
from runtime.media.rtp import HEADER
from tests.media.chromium import MID, OFFER, REPAIRED, RID, TWCC_ID
from tests.media.test_negotiation import LOCAL, answer_to

KEY = b"\x10\x00\x00\x00\x9d\x01\x2a\x80\x02\x68\x01"


def packet(
    ssrc: int,
    payload_type: int,
    extensions: dict[int, bytes],
    payload: bytes = KEY,
    number: int = 5,
) -> bytes:
    """An RTP packet with header extensions in their one-byte form."""
    packed = b"".join(bytes([k << 4 | len(v) - 1]) + v for k, v in extensions.items())
    packed += bytes(-len(packed) % 4)
    head = HEADER.pack(0x90 if packed else 0x80, payload_type, number, 9, ssrc)
    if packed:
        head += b"\xbe\xde" + (len(packed) // 4).to_bytes(2, "big") + packed
    return head + payload


class Heard:
    """A router over the lines of an offer, and what it told."""

    def __init__(self, offer: str = OFFER) -> None:
        self.lines, self.answer = answer_to(offer)
        self.sent: list[bytes] = []
        self.told = 0
        self.router = Router(self.lines, send_rtcp=self.sent.append, on_tracks=self._tell)
        self.router.follow()

    def layer(self, ssrc: int, rid: bytes, *, number: int = 5) -> None:
        self.router.receive(packet(ssrc, 96, {MID: b"1", RID: rid}, number=number))

    def _tell(self) -> None:
        self.told += 1


def test_every_size_that_is_offered_is_taken() -> None:
    heard = Heard()

    assert heard.lines[1].rids == ("l", "m", "h")
    assert "a=rid:l recv\r\na=rid:m recv\r\na=rid:h recv\r\na=simulcast:recv l;m;h\r\n" in (
        heard.answer
    )
    assert f"a=extmap:{RID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" in heard.answer


def test_offer_of_ours_keeps_the_sizes() -> None:
    heard = Heard()
    heard.lines[1].source = "agent"

    offer = negotiation.write(heard.lines, LOCAL, setup="actpass", version=2)

    assert "a=simulcast:recv l;m;h" in offer
    assert "a=msid:agent" in offer


def test_running_numbers_are_agreed_for_sound_and_picture() -> None:
    heard = Heard()

    assert heard.answer.count(f"a=extmap:{TWCC_ID} {twcc.EXTENSION}") == 2
    assert "a=rtcp-fb:111 transport-cc" in heard.answer
    assert "a=rtcp-fb:96 transport-cc" in heard.answer
    assert "abs-send-time" not in heard.answer


def test_running_numbers_without_their_report_are_not_agreed() -> None:
    heard = Heard(OFFER.replace("a=rtcp-fb:111 transport-cc", "").replace("transport-cc", "x"))

    assert twcc.EXTENSION not in heard.answer
    assert heard.router.arrivals is None


def test_each_size_is_a_stream_of_one_track() -> None:
    heard = Heard()

    for ssrc, rid in ((10, b"l"), (11, b"m"), (12, b"h")):
        heard.layer(ssrc, rid)
        heard.router.receive(packet(ssrc, 96, {}, number=6))

    track = heard.router.tracks["1"]
    assert isinstance(track, SimulcastTrack)
    assert [layer.ssrc for layer in track.streams] == [10, 11, 12]
    assert [layer.packets for layer in track.streams] == [2, 2, 2]
    assert track.layers["l"].height == 360


def test_repair_of_a_size_goes_to_it() -> None:
    heard = Heard()
    heard.layer(10, b"l", number=5)
    heard.layer(10, b"l", number=7)

    repair = packet(20, 97, {MID: b"1", REPAIRED: b"l"}, b"\x00\x06" + KEY)
    heard.router.receive(repair)

    track = heard.router.tracks["1"]
    assert isinstance(track, SimulcastTrack)
    assert track.layers["l"].recovered == 1


def test_size_that_was_not_offered_is_no_stream() -> None:
    heard = Heard()

    heard.layer(10, b"x")
    heard.router.receive(packet(13, 96, {MID: b"1"}))
    heard.router.receive(packet(14, 96, {}))

    assert "1" not in heard.router.tracks


def test_sound_is_found_by_its_described_number_and_by_its_mid() -> None:
    heard = Heard()
    assert heard.router.tracks["0"].ssrc == 1111

    heard.router.receive(packet(1111, 111, {}, b"sound"))
    heard.router.receive(packet(2222, 111, {MID: b"0"}, b"sound"))

    assert heard.router.tracks["0"].ssrc == 2222


def test_arrivals_are_noted_wherever_the_number_stands() -> None:
    heard = Heard()
    assert heard.router.arrivals is not None

    heard.router.receive(packet(1111, 111, {TWCC_ID: b"\x00\x07"}, b"sound"))
    heard.router.receive(packet(1111, 111, {MID: b"0", TWCC_ID: b"\x00\x08"}, b"sound", number=6))

    read = [one for packed in heard.router.arrivals.take() for one in twcc.read(packed)]
    assert [number for number, at in read if at is not None] == [7, 8]
    assert heard.router.tracks["0"].packets == 2


def test_section_that_is_refused_loses_its_track() -> None:
    heard = Heard()
    heard.layer(10, b"l")

    heard.lines[1].codec = None
    heard.router.follow()

    assert "1" not in heard.router.tracks


def test_strangers_do_not_fill_the_table() -> None:
    heard = Heard()

    for ssrc in range(5000, 5200):
        heard.router.receive(packet(ssrc, 111, {MID: b"0"}, b"sound"))

    assert heard.told <= 65


def test_room_of_h264_takes_the_narrowest_profile_and_no_sizes() -> None:
    lines: list[Line] = []
    negotiation.read_offer(sdp.parse(OFFER), lines, "h264")

    answer = negotiation.write(lines, LOCAL, setup="passive", version=1)

    assert "m=video 40000 UDP/TLS/RTP/SAVPF 108 109\r\n" in answer
    assert "a=rtpmap:108 H264/90000\r\n" in answer
    assert "packetization-mode=1;profile-level-id=42e01f" in answer
    assert "simulcast" not in answer
    assert "VP8" not in answer


def test_answer_that_lost_the_rooms_codec_refuses_the_line() -> None:
    lines: list[Line] = []
    negotiation.read_offer(sdp.parse(OFFER), lines, "h264")

    without = OFFER.replace("packetization-mode=1", "packetization-mode=0")
    negotiation.read_answer(sdp.parse(without), lines)

    assert lines[0].is_accepted
    assert not lines[1].is_accepted


@given(st.binary(max_size=120), st.booleans())
def test_no_packet_raises(data: bytes, is_extended: bool) -> None:
    heard = Heard()

    heard.router.receive(data)
    head = HEADER.pack(0x90 if is_extended else 0x80, 96, 1, 2, 3)
    heard.router.receive(head + data)
    heard.router.receive(HEADER.pack(0xB0, 97, 1, 2, 3) + b"\xbe\xde" + data)
