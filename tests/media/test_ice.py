"""The mux: signed checks only, addresses that move, nothing that a stranger sends raises."""

from __future__ import annotations

import time

import pytest
from aioice import stun as reference
from aiortc.rtcdtlstransport import RTCCertificate
from hypothesis import given
from hypothesis import strategies as st

from runtime.media import stun
from runtime.media.clock import PeerClock
from runtime.media.ice import CONSENT_LIMIT_S, CONSENT_WARN_S, IceTransport, UdpMux
from runtime.media.inbound import Inbound
from runtime.media.negotiation import Codec
from runtime.media.peer import Peer, Site
from runtime.media.port import Address
from runtime.media.profile import Profile

HOME: Address = ("192.0.2.10", 5000)
AWAY: Address = ("198.51.100.7", 6000)


class Wire:
    """Datagrams the mux sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Address]] = []

    def send(self, data: bytes, address: Address) -> None:
        self.sent.append((data, address))


def check(
    ufrag: str, password: str, *, nominate: bool = True, role: str = "ICE-CONTROLLING"
) -> bytes:
    attributes = {"USERNAME": f"{ufrag}:them", "PRIORITY": 1, role: 5}
    if nominate:
        attributes["USE-CANDIDATE"] = None
    message = reference.Message(
        reference.Method.BINDING, reference.Class.REQUEST, attributes=attributes
    )
    message.add_message_integrity(password.encode())
    return bytes(message)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def mux() -> UdpMux:
    return UdpMux()


@pytest.fixture
async def peer(mux: UdpMux) -> IceTransport:
    return IceTransport(mux, lambda data: None)


async def test_signed_check_is_answered_with_the_address_seen(
    mux: UdpMux, peer: IceTransport, wire: Wire
) -> None:
    known = peer.credentials

    mux.receive(check(known.ufrag, known.password), HOME, wire.send)

    answer = reference.parse_message(wire.sent[0][0])
    assert answer.message_class is reference.Class.RESPONSE
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == HOME
    assert answer.check_message_integrity(known.password.encode())
    assert peer.selected == HOME


async def test_address_behind_ipv6_is_answered(mux: UdpMux, peer: IceTransport, wire: Wire) -> None:
    address: Address = ("2001:db8::1", 5000, 0, 0)

    mux.receive(check(peer.credentials.ufrag, peer.credentials.password), address, wire.send)

    answer = reference.parse_message(wire.sent[0][0])
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("2001:db8::1", 5000)


@pytest.mark.parametrize("password", ["", "guess", "x" * 36])
async def test_check_with_another_password_is_ignored(
    mux: UdpMux, peer: IceTransport, wire: Wire, password: str
) -> None:
    mux.receive(check(peer.credentials.ufrag, password), HOME, wire.send)

    assert wire.sent == []
    assert peer.selected is None


async def test_call_moves_only_with_a_signed_check(
    mux: UdpMux, peer: IceTransport, wire: Wire
) -> None:
    known = peer.credentials
    mux.receive(check(known.ufrag, known.password), HOME, wire.send)

    mux.receive(check(known.ufrag, "guess"), AWAY, wire.send)
    assert peer.selected == HOME
    mux.receive(check(known.ufrag, known.password), AWAY, wire.send)

    assert peer.selected == AWAY


async def test_check_that_is_not_nominated_does_not_move_the_call(
    mux: UdpMux, peer: IceTransport, wire: Wire
) -> None:
    known = peer.credentials
    mux.receive(check(known.ufrag, known.password), HOME, wire.send)

    mux.receive(check(known.ufrag, known.password, nominate=False), AWAY, wire.send)

    assert peer.selected == HOME


async def test_media_of_an_unknown_address_goes_nowhere(mux: UdpMux, wire: Wire) -> None:
    heard: list[bytes] = []
    peer = IceTransport(mux, heard.append)
    media = b"\x80\x60" + bytes(20)

    mux.receive(media, HOME, wire.send)
    assert heard == []
    mux.receive(check(peer.credentials.ufrag, peer.credentials.password), HOME, wire.send)
    mux.receive(media, HOME, wire.send)

    assert heard == [media]


async def test_restart_keeps_the_old_credentials_until_the_new_are_used(
    mux: UdpMux, peer: IceTransport, wire: Wire
) -> None:
    old = peer.credentials
    peer.restart()
    new = peer.credentials

    mux.receive(check(old.ufrag, old.password), HOME, wire.send)
    mux.receive(check(new.ufrag, new.password), AWAY, wire.send)
    assert len(wire.sent) == 2
    mux.receive(check(old.ufrag, old.password), HOME, wire.send)

    assert len(wire.sent) == 2
    assert peer.selected == AWAY


async def test_browser_that_believes_to_be_controlled_is_told(
    mux: UdpMux, peer: IceTransport, wire: Wire
) -> None:
    known = peer.credentials

    mux.receive(check(known.ufrag, known.password, role="ICE-CONTROLLED"), HOME, wire.send)

    assert reference.parse_message(wire.sent[0][0]).error_code == 487


async def test_flood_of_checks_is_not_answered(mux: UdpMux, peer: IceTransport, wire: Wire) -> None:
    data = check(peer.credentials.ufrag, peer.credentials.password)
    begun = time.monotonic()

    for _ in range(2000):
        mux.receive(data, HOME, wire.send)

    seconds = int(time.monotonic() - begun) + 2
    assert len(wire.sent) <= 100 * seconds


async def test_closed_peer_is_forgotten(mux: UdpMux, peer: IceTransport, wire: Wire) -> None:
    known = peer.credentials
    mux.receive(check(known.ufrag, known.password), HOME, wire.send)

    peer.close()
    mux.receive(check(known.ufrag, known.password), HOME, wire.send)

    assert len(wire.sent) == 1
    with pytest.raises(ConnectionError):
        await peer._recv()


@given(data=st.binary(max_size=300))
def test_no_datagram_raises(data: bytes) -> None:
    wire = Wire()

    UdpMux().receive(data, HOME, wire.send)

    assert wire.sent == []


@given(body=st.binary(max_size=200), kind=st.sampled_from([1, 0x101, 0x111, 3]))
def test_no_datagram_dressed_as_stun_raises(body: bytes, kind: int) -> None:
    body += bytes(-len(body) % 4)
    head = kind.to_bytes(2, "big") + len(body).to_bytes(2, "big") + b"\x21\x12\xa4\x42"

    found = stun.find_binding_request(head + bytes(12) + body)

    assert found is None or len(found.integrity) == 20


@given(at=st.integers(0, 110), bit=st.integers(0, 7))
def test_no_single_damaged_bit_of_what_is_signed_passes(at: int, bit: int) -> None:
    data = bytearray(check("abcd", "password" * 3))
    data[at % (len(data) - stun.FINGERPRINT_BYTES)] ^= 1 << bit

    found = stun.find_binding_request(bytes(data))

    assert found is None or not stun.has_integrity(found, "password" * 3)


@pytest.fixture
async def party(mux: UdpMux) -> Peer:
    """A connected peer, and `states` of it in `heard`."""
    site = Site(
        mux=mux,
        certificate=RTCCertificate.generateCertificate(),
        fingerprints=[("sha-256", "AA")],
        addresses=["192.0.2.1"],
        port=40000,
    )
    peer = Peer("p1", site, profile=Profile(), on_tracks=lambda: None, on_state=lambda *_: None)
    peer.state = "connected"
    return peer


@pytest.mark.parametrize(
    ("silent_s", "state"),
    [(1.0, "connected"), (CONSENT_WARN_S + 1, "disconnected"), (CONSENT_LIMIT_S + 1, "failed")],
)
async def test_browser_without_a_word_is_away_and_then_gone(
    party: Peer, silent_s: float, state: str
) -> None:
    party.transport.ice.checked_at = time.monotonic() - silent_s

    party.check_consent()

    assert party.state == state


async def test_browser_that_is_heard_again_is_back(party: Peer) -> None:
    party.transport.ice.checked_at = time.monotonic() - CONSENT_WARN_S - 1
    party.check_consent()

    party.transport.ice.checked_at = time.monotonic()
    party.check_consent()

    assert party.state == "connected"


async def test_media_without_checks_does_not_keep_consent(party: Peer) -> None:
    track = Inbound(
        kind="audio",
        codec=Codec(payload_type=111, rtx_payload_type=None, clock_rate=48000, feedback=()),
        ssrc=1,
        clock=PeerClock(),
        send_rtcp=lambda _: None,
    )
    track.last_at = time.monotonic()
    party.inbounds["0"] = track
    party.transport.ice.checked_at = time.monotonic() - CONSENT_WARN_S - 1

    party.check_consent()
    assert party.state == "connected"
    party.transport.ice.checked_at = time.monotonic() - CONSENT_LIMIT_S - 1
    party.check_consent()

    assert party.state == "failed"
