"""Everything that reads bytes of a stranger, each under its name: what fuzzing is let loose on.

A parser may refuse by giving nothing, or by BadSdpError where a request is answered; any other
exception is a fault.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable

from runtime.media import negotiation, red, rtcp, rtp, sdp, stun, twcc
from runtime.media.clock import PeerClock
from runtime.media.errors import BadSdpError
from runtime.media.feedback import Feedback
from runtime.media.ice import Credentials, IceTransport, UdpMux
from runtime.media.inbound import Inbound
from runtime.media.negotiation import Codec, Line, Local
from runtime.media.outbound import Outbound
from runtime.media.pacing import Way
from runtime.media.pictures import FRAMES, look_of
from runtime.media.reorder import ReorderWindow
from runtime.media.routing import Router
from tests.media.chromium import OFFER

HOME = ("192.0.2.10", 5000)
VP8 = Codec(payload_type=96, rtx_payload_type=97, clock_rate=90000, feedback=())
OPUS = Codec(
    payload_type=111, rtx_payload_type=None, clock_rate=48000, feedback=(), red_payload_type=63
)
LOCAL = Local(
    credentials=Credentials(ufrag="u", password="p"),
    fingerprints=[("sha-256", "CC:DD")],
    addresses=["203.0.113.5"],
    port=40000,
    session=1,
    cname="c",
)


def read_datagram(data: bytes) -> None:
    """What arrives at the port, from an address that is known and from one that is not."""
    mux = UdpMux()
    peer = IceTransport(mux, lambda _: None)
    mux.note(HOME, peer)
    for address in (HOME, ("198.51.100.1", 7)):
        mux.receive(data, address, lambda *_: None)


def read_stun(data: bytes) -> None:
    request = stun.find_binding_request(data)
    if request is not None:
        stun.has_integrity(request, "password")
        stun.success(request, "2001:db8::1", 5000, "password")


def read_rtp(data: bytes) -> None:
    """Plain packets of a described stream, of its repair, and of one known by RID alone."""
    lines: list[Line] = []
    negotiation.read_offer(sdp.parse(OFFER), lines)
    router = Router(lines, send_rtcp=lambda _: None, on_tracks=lambda: None)
    router.follow()
    router.receive(data)
    head = struct.pack("!BBHI", 0x90, 96, 7, 9)
    router.receive(head + (1111).to_bytes(4, "big") + data)
    router.receive(head + (5555).to_bytes(4, "big") + b"\xbe\xde" + data)
    if len(data) >= rtp.HEADER_BYTES:
        rtp.find_extension(data, 3)
        rtp.find_payload(data)


def read_payload(data: bytes) -> None:
    """A picture's or a sound's bytes on all ways they take."""
    known = rtp.vp8_descriptor(data)
    if known is not None:
        rtp.vp8_renumber(data, known, 70_000, 300)
    rtp.vp8_payload(data)
    rtp.is_vp8_keyframe(data)
    rtp.is_h264_keyframe(data)
    for whole in (make() for make in FRAMES.values()):
        for timestamp, marker in ((1, 0), (1, 0x80), (2, 0x80)):
            frame = whole.take(rtp.Packet(timestamp, timestamp, marker, data))
            for name in FRAMES:
                look_of(name, data if frame is None else frame.data)
    red.unwrap(data)
    for codec, kind, number in ((VP8, "video", 96), (OPUS, "audio", 111), (OPUS, "audio", 63)):
        track = Inbound(kind=kind, codec=codec, ssrc=1, clock=PeerClock(), send_rtcp=lambda _: None)
        out = Outbound(codec=codec, ssrc=2, rtx_ssrc=3, send_rtp=lambda _: None)
        out.attach(track)
        window = ReorderWindow()
        track.add_sink(window.put)
        for sequence in (1, 3, 2):
            track.receive(rtp.HEADER.pack(0x80, number, sequence, 5, 1) + data)
        track.receive_rtx(rtp.HEADER.pack(0x80, 97, 1, 5, 4) + data)
        window.take(1.0)


def read_rtcp(data: bytes) -> None:
    way = Way()
    for _ in range(8):
        way.number(100)
    out = Outbound(codec=VP8, ssrc=9, rtx_ssrc=8, send_rtp=lambda _: None, way=way)
    track = Inbound(kind="video", codec=VP8, ssrc=7, clock=PeerClock(), send_rtcp=lambda _: None)
    out.attach(track)
    feedback = Feedback({"1": track}, {"1": out}, way, lambda _: None)
    feedback.receive(data)
    feedback.receive(rtcp.HEAD.pack(0x8F, rtcp.RTPFB, (8 + len(data)) // 4) + bytes(8) + data)


def read_numbers(data: bytes) -> None:
    twcc.read(data)


def read_description(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    lines: list[Line] = []
    for whole in (text, OFFER.replace("a=mid:1", text)):
        with contextlib.suppress(BadSdpError):
            negotiation.read_offer(sdp.parse(whole), lines)
            negotiation.write(lines, LOCAL, setup="passive", version=1)


PARSERS: dict[str, Callable[[bytes], None]] = {
    "datagram": read_datagram,
    "stun": read_stun,
    "rtp": read_rtp,
    "payload": read_payload,
    "rtcp": read_rtcp,
    "numbers": read_numbers,
    "description": read_description,
}

SEEDS: dict[str, tuple[bytes, ...]] = {
    # the second raises in a library that is much used
    "datagram": (
        b"\x16\xfe\xfd" + bytes(30),
        struct.pack("!HHI", 1, 4, 0x2112A442) + bytes(range(12)) + b"\x00\x24\x00\x00",
    ),
    "stun": (
        struct.pack("!HHI", 1, 28, 0x2112A442)
        + bytes(12)
        + struct.pack("!HH", 6, 0)
        + struct.pack("!HH", 8, 20)
        + bytes(20),
    ),
    "rtp": (b"\x90\x60" + bytes(10) + b"\xbe\xde\x00\x01\x31\x00\x07\x00", b"\x00\x01\x31\x00\x07"),
    "payload": (b"\x90\xe0\x80\x07\x01\x20\x00\x00\x00\x9d\x01\x2a", b"\xef\x00\x00\x04\x6fabcde"),
    "rtcp": (struct.pack("!BBHIIHH", 0x81, 205, 3, 1, 9, 5, 0xFF),),
    "numbers": (struct.pack("!HHIH", 0, 3, 0, 3 | 1 << 13) + b"\x01\x02\x03",),
    "description": (OFFER[:300].encode(), b"a=simulcast:send a,b;~c recv d"),
}
