"""Answers to browsers: what is taken, what is refused, what stays over a renegotiation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.media import negotiation, sdp
from runtime.media.errors import BadSdpError
from runtime.media.ice import Credentials
from runtime.media.negotiation import Line, Local

FIREFOX = """v=0
o=mozilla...THIS_IS_SDPARTA-99.0 123 0 IN IP4 0.0.0.0
s=-
t=0 0
a=fingerprint:sha-256 AA:BB
a=group:BUNDLE 0 1 2
a=ice-options:trickle
a=msid-semantic:WMS *
m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
c=IN IP4 0.0.0.0
a=sendrecv
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:3/sendonly urn:ietf:params:rtp-hdrext:sdes:mid
a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
a=ice-pwd:0123456789abcdef0123456789abcdef
a=ice-ufrag:abcd1234
a=mid:0
a=msid:{stream} {track}
a=rtcp-mux
a=rtpmap:109 opus/48000/2
a=rtpmap:9 G722/8000/1
a=setup:actpass
a=ssrc:1111 cname:{x}
m=video 9 UDP/TLS/RTP/SAVPF 120 124 126 127
c=IN IP4 0.0.0.0
a=sendrecv
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=fmtp:120 max-fs=12288;max-fr=60
a=fmtp:124 apt=120
a=fmtp:126 profile-level-id=42e01f;packetization-mode=1
a=ice-pwd:0123456789abcdef0123456789abcdef
a=ice-ufrag:abcd1234
a=mid:1
a=rtcp-fb:120 nack
a=rtcp-fb:120 nack pli
a=rtcp-fb:120 transport-cc
a=rtcp-mux
a=rtpmap:120 VP8/90000
a=rtpmap:124 rtx/90000
a=rtpmap:126 H264/90000
a=setup:actpass
a=ssrc:2222 cname:{x}
a=ssrc:3333 cname:{x}
a=ssrc-group:FID 2222 3333
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=mid:2
a=setup:actpass
a=sctp-port:5000
"""

LOCAL = Local(
    credentials=Credentials(ufrag="u", password="p"),
    fingerprints=[("sha-256", "CC:DD")],
    addresses=["203.0.113.5", "2001:db8::5"],
    port=40000,
    session=1,
    cname="c",
)


def answer_to(offer: str, lines: list[Line] | None = None) -> tuple[list[Line], str]:
    lines = [] if lines is None else lines
    negotiation.read_offer(sdp.parse(offer), lines)
    return lines, negotiation.write(lines, LOCAL, setup="passive", version=1)


def test_vp8_and_opus_are_taken_under_the_browsers_numbers() -> None:
    lines, answer = answer_to(FIREFOX)

    assert "m=audio 40000 UDP/TLS/RTP/SAVPF 109\r\n" in answer
    assert "m=video 40000 UDP/TLS/RTP/SAVPF 120 124\r\n" in answer
    assert lines[1].remote_ssrcs == {2222: 3333}
    assert "H264" not in answer
    assert "transport-cc" not in answer


def test_lost_sound_is_asked_for_and_corrected() -> None:
    _, answer = answer_to(FIREFOX)

    assert "a=rtcp-fb:109 nack\r\n" in answer
    assert "useinbandfec=1" in answer


def test_unknown_section_is_refused_in_its_place() -> None:
    _, answer = answer_to(FIREFOX)

    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel" in answer
    assert "a=group:BUNDLE 0 1\r\n" in answer
    assert [s.mid for s in sdp.parse(answer).sections] == ["0", "1", "2"]


def test_line_on_anothers_transport_alone_is_not_refused() -> None:
    bundle_only = "a=bundle-only\r\nc=IN IP4 0.0.0.0\r\n"
    head, _, video = FIREFOX.replace("\r\n", "\n").replace("\n", "\r\n").partition("m=video ")
    port, _, rest = video.partition(" ")
    formats, _, attributes = rest.partition("\r\n")
    offer = f"{head}m=video 0 {formats}\r\n{bundle_only}{attributes}"
    assert port != "0"

    lines, answer = answer_to(offer)

    assert [line.kind for line in lines][:2] == ["audio", "video"]
    assert "m=video 0 " not in answer


def test_every_advertised_address_is_a_candidate() -> None:
    _, answer = answer_to(FIREFOX)

    assert answer.count("a=candidate:1 1 udp 2130706431 203.0.113.5 40000 typ host") == 2
    assert answer.count("2001:db8::5 40000 typ host") == 2
    assert "a=ice-lite" in answer


def test_line_without_source_only_receives() -> None:
    lines, alone = answer_to(FIREFOX)
    lines[1].source = "customer"

    together = negotiation.write(lines, LOCAL, setup="actpass", version=2)

    assert alone.count("a=recvonly") == 2
    assert "a=msid:" not in alone
    assert "a=msid:customer customer-video" in together
    assert f"a=ssrc-group:FID {lines[1].ssrc} {lines[1].rtx_ssrc}" in together


def test_line_survives_a_further_offer() -> None:
    lines, _ = answer_to(FIREFOX)
    lines[1].source = "customer"
    ssrc = lines[1].ssrc

    lines, answer = answer_to(FIREFOX.replace("a=ssrc:1111", "a=ssrc:4444"), lines)

    assert len(lines) == 3
    assert lines[1].ssrc == ssrc
    assert lines[0].remote_ssrcs == {4444: None}
    assert "a=msid:customer customer-video" in answer


def test_browser_that_only_watches_gets_a_sending_line() -> None:
    lines, _ = answer_to(FIREFOX.replace("a=sendrecv", "a=recvonly"))
    lines[1].source = "agent"

    assert lines[0].direction == "inactive"
    assert lines[1].direction == "sendonly"


def test_refused_section_that_a_browser_uses_again_is_another_line() -> None:
    lines, _ = answer_to(FIREFOX)
    refused = FIREFOX.replace("m=video 9", "m=video 0")
    lines, _ = answer_to(refused, lines)

    lines, answer = answer_to(
        FIREFOX.replace("a=mid:1", "a=mid:7").replace("0 1 2", "0 7 2"), lines
    )

    assert [line.mid for line in lines] == ["0", "7", "2"]
    assert [line.label for line in lines] == ["audio", "video", ""]
    assert "m=video 40000" in answer


def test_tracks_of_a_kind_are_told_apart_while_they_are_sent() -> None:
    head, _, data = FIREFOX.partition("m=application")
    video = "m=video" + head.partition("m=video")[2]
    offer = head + video.replace("a=mid:1", "a=mid:3") + "m=application" + data
    offer = offer.replace("BUNDLE 0 1 2", "BUNDLE 0 1 3 2")
    lines, _ = answer_to(offer)
    assert [line.label for line in lines] == ["audio", "video", "video-2", ""]

    stopped = offer.replace("a=sendrecv", "a=recvonly", 2).replace("recvonly", "sendrecv", 1)
    lines, _ = answer_to(stopped, lines)

    assert [line.label for line in lines] == ["audio", "", "video-2", ""]


@pytest.mark.parametrize(
    "text", ["", "hello", "m=audio", "m=audio x y z", "a=rtpmap:1 x", "m=audio 9 X 1\na=extmap:z"]
)
def test_unreadable_description_is_refused(text: str) -> None:
    with pytest.raises(BadSdpError):
        sdp.parse(text)


@given(st.lists(st.sampled_from(FIREFOX.splitlines()), max_size=60), st.text(max_size=60))
def test_any_jumble_of_lines_is_read_or_refused(lines: list[str], noise: str) -> None:
    try:
        agreed, answer = answer_to("\r\n".join([*lines, noise]))
    except BadSdpError:
        return

    assert answer.count("\r\nm=") == len(agreed)
