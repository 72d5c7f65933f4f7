"""Who hears and sees whom: the table, and rooms that follow it packet by packet."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest
from aiortc.rtcdtlstransport import RTCCertificate
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from runtime.media import hearing, sdp
from runtime.media.errors import GlareError
from runtime.media.hearing import Mode, Place
from runtime.media.ice import UdpMux
from runtime.media.injector import Play
from runtime.media.peer import Peer, Site
from runtime.media.room import Party, Room
from runtime.media.transport import PeerTransport

PARTIES = ("customer", "agent", "expert", "supervisor", "interpreter")
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
        self.room = OpenRoom("r", 1, site, self._emit)
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
            self._wire(browser).sent.clear()
        for browser in self.browsers.values():
            browser.speak()
        return {
            name: {data[12:].decode() for data in self._wire(browser).sent}
            for name, browser in self.browsers.items()
        }

    def _wire(self, browser: Browser) -> Wire:
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


NAMES = st.sampled_from(PARTIES)
PLACES = st.builds(
    Place,
    mode=st.sampled_from(Mode),
    to=st.frozensets(NAMES, max_size=2),
    muted=st.frozensets(st.sampled_from(["audio", "video"]), max_size=2),
)
STEPS = st.one_of(
    st.tuples(st.just("join"), NAMES, st.none()),
    st.tuples(st.just("leave"), NAMES, st.none()),
    st.tuples(st.just("share"), NAMES, st.none()),
    st.tuples(st.just("put"), NAMES, PLACES),
    st.tuples(st.just("settle"), st.just(""), st.none()),
)


async def take(call: Call, what: str, name: str, place: Place | None) -> None:
    if what == "join":
        call.join(name)
    elif what == "leave":
        await call.leave(name)
    elif what == "share" and name in call.browsers:
        call.share(name)
    elif what == "put" and place is not None:
        call.put(name, place)
    elif what == "settle":
        call.settle()
    await asyncio.sleep(0)  # tracks that came are connected in the loop's next round


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_nobody_ever_gets_a_packet_of_somebody_the_table_hides(steps: list[Any]) -> None:
    async def run() -> None:
        call = Call()
        for step in steps:
            await take(call, *step)
            for listener, got in call.heard().items():
                assert got <= call.allowed(listener)
        call.settle()
        await asyncio.sleep(0)
        call.settle()
        for listener, got in call.heard().items():
            assert got == call.allowed(listener)
        await call.room.close()

    asyncio.run(run())


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_lines_are_used_again_and_never_outgrow_what_is_sent_at_once(steps: list[Any]) -> None:
    async def run() -> None:
        call = Call()
        for step in steps:
            await take(call, *step)
            call.settle()
        for browser in call.browsers.values():
            # two of its own and a second picture; three of each other party at once
            assert len(browser.lines) <= 3 + 3 * (len(PARTIES) - 1)
        await call.room.close()

    asyncio.run(run())


async def test_line_of_another_sends_nothing_until_its_browser_knows_whose_it_is() -> None:
    call = Call()
    for name in ("agent", "customer"):
        call.join(name)
    call.settle()

    call.put("customer", Place(mode=Mode.MONITOR))
    call.events.clear()  # lost on their way
    call.join("expert")

    assert call.heard()["agent"] == set()
    call.room.parties["agent"].offered_at -= 3600
    call.room.second()
    call.settle()
    assert call.heard()["agent"] == {"expert audio", "expert video"}
    await call.room.close()


async def test_answer_to_an_earlier_offer_is_no_answer() -> None:
    call = Call()
    call.join("agent")
    call.join("customer")
    (_, told), *_ = call.events

    call.room.take_answer("agent", str(told["peer"]), call.browsers["agent"].describe(), "another")

    peer = call.room.parties["agent"].peer
    assert peer is not None
    assert peer.is_offering
    await call.room.close()


async def test_browser_that_leaves_our_offer_without_an_answer_gets_its_way_in_the_end() -> None:
    call = Call()
    call.join("agent")
    for name in ("customer", "expert"):
        call.join(name)
    call.events.clear()
    browser, peer = call.browsers["agent"], call.room.parties["agent"].peer
    assert peer is not None
    assert peer.is_offering
    with pytest.raises(GlareError):
        browser.offer()

    peer.offering_since -= 3600
    browser.offer()

    assert [line.mid for line in peer.lines[:2]] == ["0", "1"]
    call.room.tick(0.0)
    call.settle()
    call.settle()
    assert call.heard()["agent"] == call.allowed("agent")
    await call.room.close()


async def test_place_that_another_has_followed_comes_too_late() -> None:
    call = Call()
    call.put("supervisor", Place(mode=Mode.WHISPER, to=frozenset({"agent"}), turn=5))

    call.put("supervisor", Place(turn=4))

    assert call.room.table["supervisor"].mode is Mode.WHISPER
    await call.room.close()


async def test_music_goes_to_those_on_hold_and_to_nobody_else() -> None:
    call = Call()
    for name in ("agent", "customer"):
        call.join(name)
    call.put("customer", Place(mode=Mode.HOLD))
    call.room.play_music([b"la"])
    call.settle()
    await asyncio.sleep(0.05)

    heard = {name: {data[12:] for data in call._wire(b).sent} for name, b in call.browsers.items()}

    assert b"la" in heard["customer"]
    assert b"la" not in heard["agent"]
    await call.room.close()


async def test_sound_that_has_an_end_is_gone_after_it() -> None:
    call = Call()
    call.join("agent")
    ended = asyncio.Event()
    play = Play([b"hm", b"hm"])
    stop, play.stop = play.stop, lambda: (ended.set(), stop())[1]
    call.room.play("p1", play)

    async with asyncio.timeout(20):
        await ended.wait()

    call.settle()
    assert call.room.plays == {}
    assert {data[12:] for data in call._wire(call.browsers["agent"]).sent} <= {b"hm"}
    await call.room.close()


@pytest.mark.parametrize(
    ("mode", "by_agent", "by_customer"),
    [
        (Mode.NORMAL, {"audio", "video"}, {"audio", "video"}),
        (Mode.MONITOR, set(), set()),
        (Mode.WHISPER, {"audio"}, set()),
        (Mode.HOLD, set(), set()),
        (Mode.WAITING, {"video"}, set()),
    ],
)
def test_what_each_mode_lets_through(mode: Mode, by_agent: set[str], by_customer: set[str]) -> None:
    supervisor = Place(mode=mode, to=frozenset({"agent"}))
    table = {"agent": Place(), "customer": Place(), "supervisor": supervisor}

    def got(listener: str) -> set[str]:
        return {k for k in hearing.KINDS if hearing.gets(table, listener, "supervisor", k)}

    assert (got("agent"), got("customer")) == (by_agent, by_customer)
    is_apart = mode in (Mode.HOLD, Mode.WAITING)
    assert hearing.gets(table, "supervisor", "customer", "audio") is not is_apart


def test_files_hold_only_what_the_call_may_hear() -> None:
    kept = {mode for mode in Mode if hearing.is_kept(Place(mode=mode), "audio")}

    assert kept == {Mode.NORMAL}
    assert not hearing.is_kept(Place(muted=frozenset({"audio"})), "audio")


@pytest.mark.parametrize(
    "fields", [{"mode": "loud"}, {"to": "agent"}, {"to": 3}, {"muted": ["smell"]}, {"turn": "x"}]
)
def test_place_that_cannot_be_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        hearing.place_of(fields, Place())


def test_field_that_is_not_named_stays() -> None:
    former = Place(mode=Mode.WHISPER, to=frozenset({"agent"}), turn=2)

    place = hearing.place_of({"muted": ["audio"], "turn": 3}, former)

    assert place.mode is Mode.WHISPER
    assert (place.muted, place.turn) == (frozenset({"audio"}), 3)
