"""A room whose browsers are described and heard, without a network."""

from __future__ import annotations

import struct
from typing import Any

from aiortc.rtcdtlstransport import RTCCertificate
from typing_extensions import override

from runtime.media import hearing, sdp
from runtime.media.errors import GlareError
from runtime.media.hearing import Place
from runtime.media.ice import UdpMux
from runtime.media.peer import Peer, Site
from runtime.media.profile import Profile
from runtime.media.room import Party, Room
from runtime.media.transport import PeerTransport

CERTIFICATE = RTCCertificate.generateCertificate()
NUMBERS = {"audio": 111, "video": 96}
DIRECTIONS = {
    (True, True): "a=sendrecv",
    (True, False): "a=sendonly",
    (False, True): "a=recvonly",
    (False, False): "a=inactive",
}


class Wire(PeerTransport):
    """A peer's way out that keeps what it is given."""

    sent: list[bytes]

    @override
    def begin(self, fingerprints: list[tuple[str, str]], *, active: bool) -> None:
        self.sent = []

    @override
    def send_rtp(self, data: bytes) -> None:
        self.sent.append(data)

    @override
    def send_rtcp(self, data: bytes) -> None: ...


class OpenRoom(Room):
    """A room whose peers are connected by wires."""

    @override
    def _make_peer(self, party: Party, peer_id: str) -> Peer:
        peer = super()._make_peer(party, peer_id)
        wire = Wire(self._site.mux, CERTIFICATE, on_rtp=lambda _: None, on_rtcp=lambda _: None)
        peer.transport = wire
        peer.state = "connected"
        return peer


class Browser:
    """A party's browser: its lines, what it sends on them, its answers to the room's offers."""

    def __init__(self, room: Room, name: str, number: int) -> None:
        self.room, self.name, self.peer = room, name, f"peer{number}"
        self.lines: list[tuple[str, str]] = [("0", "audio"), ("1", "video")]  # (mid, kind)
        self.sending = {"0", "1"}
        self._base = number * 1000
        self.sequence = 0

    def ssrc(self, mid: str) -> int:
        return self._base + 1 + [known for known, _ in self.lines].index(mid)

    def describe(self, offered: dict[str, str] | None = None) -> str:
        """An offer, or an answer to what the room has offered: mid -> direction."""
        head = ["v=0", f"o=- {self.peer} 1 IN IP4 0.0.0.0", "s=-", "t=0 0"]
        head.append("a=group:BUNDLE " + " ".join(mid for mid, _ in self.lines))
        body = [
            text
            for mid, kind in self.lines
            for text in self._section(mid, kind, (offered or {}).get(mid, "sendrecv"))
        ]
        return "\r\n".join(head + body) + "\r\n"

    def _section(self, mid: str, kind: str, offered: str) -> list[str]:
        number = NUMBERS[kind]
        sends = mid in self.sending and offered in ("sendrecv", "recvonly")
        receives = offered in ("sendrecv", "sendonly")
        return [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}",
            f"a=mid:{mid}",
            DIRECTIONS[sends, receives],
            "a=rtcp-mux",
            f"a=rtpmap:{number} " + ("opus/48000/2" if kind == "audio" else "VP8/90000"),
            "a=ice-ufrag:abcd",
            "a=ice-pwd:0123456789abcdef",
            "a=fingerprint:sha-256 AA:BB",
            "a=setup:actpass",
            *([f"a=ssrc:{self.ssrc(mid)} cname:x"] if sends else []),
        ]

    def offer(self) -> None:
        self.room.offer(self.name, self.peer, self.describe())
        self.room.parties[self.name].answered_at = 0.0

    def answer(self, event: tuple[str, dict[str, Any]]) -> None:
        offer_id, told = event
        sections = sdp.parse(told["sdp"]).sections
        for section in sections[len(self.lines) :]:
            self.lines.append((section.mid, section.kind))
        offered = {section.mid: section.direction for section in sections}
        self.room.take_answer(self.name, self.peer, self.describe(offered), offer_id)

    def share(self) -> None:
        """Offer a second picture, or the end of it."""
        extra = [mid for mid, kind in self.lines if kind == "video" and mid.startswith("s")]
        if not extra:
            extra = ["s1"]
            self.lines.append(("s1", "video"))
        self.sending ^= set(extra)
        self.offer()

    def speak(self) -> None:
        """One packet on each track, which says whose it is."""
        peer = self.room.parties[self.name].peer
        assert peer is not None
        self.sequence += 1
        for mid in sorted(self.sending):
            kind = dict(self.lines)[mid]
            inbound = peer.inbounds[mid]
            head = struct.pack("!BBHII", 0x80, NUMBERS[kind], self.sequence, 0, inbound.ssrc)
            inbound.receive(head + f"{self.name} {kind}".encode())


class Call:
    """A room with browsers, and what each of them was sent."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        mux = UdpMux()
        prints = [("sha-256", "CC:DD")]
        site = Site(
            mux=mux, certificate=CERTIFICATE, fingerprints=prints, addresses=["::1"], port=9
        )
        self.room = OpenRoom("r", 1, site, self._emit, profile=Profile())
        self.browsers: dict[str, Browser] = {}
        self._count = 0

    def _emit(self, kind: str, data: dict[str, object]) -> str:
        self._count += 1
        if kind == "offer":
            self.events.append((str(self._count), data))
        return str(self._count)

    def join(self, name: str) -> None:
        """The first time, or with another connection."""
        self._count += 1
        self.browsers[name] = Browser(self.room, name, self._count)
        self.browsers[name].offer()

    async def leave(self, name: str) -> None:
        self.browsers.pop(name, None)
        await self.room.remove(name)

    def share(self, name: str) -> None:
        """In glare the browser gives way: it answers and offers again."""
        browser = self.browsers[name]
        lines, sending = list(browser.lines), set(browser.sending)
        try:
            browser.share()
        except GlareError:
            browser.lines, browser.sending = lines, sending
            self.settle()
            browser.share()

    def put(self, name: str, place: Place) -> None:
        self.room.put(self.room.add(name), place)

    def settle(self) -> None:
        """All browsers answer until nothing is left to be answered."""
        while self.events:
            event = self.events.pop(0)
            browser = self.browsers.get(str(event[1]["party"]))
            if browser is not None and browser.peer == event[1]["peer"]:
                browser.answer(event)

    def heard(self) -> dict[str, set[str]]:
        """Everybody says something now: whose packets reach whom."""
        for browser in self.browsers.values():
            self.wire_of(browser).sent.clear()
        for browser in self.browsers.values():
            browser.speak()
        return {
            name: {data[12:].decode() for data in self.wire_of(browser).sent}
            for name, browser in self.browsers.items()
        }

    def wire_of(self, browser: Browser) -> Wire:
        peer = self.room.parties[browser.name].peer
        assert peer is not None
        assert isinstance(peer.transport, Wire)
        return peer.transport

    def allowed(self, listener: str) -> set[str]:
        return {
            f"{speaker} {kind}"
            for speaker in self.browsers
            for kind in ("audio", "video")
            if hearing.gets(self.room.table, listener, speaker, kind)
        }
