"""Every private thing of aiortc we lean on, pinned: an upgrade fails here first, by name."""

from __future__ import annotations

import inspect
from importlib.metadata import version

import pytest
from aiortc import rtp
from aiortc.rtcdtlstransport import (
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)

from runtime.media.ice import IceTransport, UdpMux
from runtime.media.transport import PeerTransport


def test_pinned_version_is_the_one_the_hooks_were_read_in() -> None:
    assert version("aiortc") == "1.16.0"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("start", ["self", "remoteParameters"]),
        ("stop", ["self"]),
        ("_set_role", ["self", "role"]),
        ("_set_state", ["self", "state"]),
        ("_setup_srtp", ["self"]),
        ("_recv_next", ["self"]),
    ],
)
def test_dtls_transport_has_the_method(name: str, parameters: list[str]) -> None:
    method = getattr(RTCDtlsTransport, name)

    assert list(inspect.signature(method).parameters) == parameters


async def test_dtls_transport_has_the_fields() -> None:
    certificate = RTCCertificate.generateCertificate()
    transport = PeerTransport(UdpMux(), certificate, on_rtp=print, on_rtcp=print)

    assert transport._state is State.NEW
    assert vars(transport).keys() >= {"_rx_srtp", "_tx_srtp", "_ssl", "encrypted"}
    assert transport.state == "new"
    assert {profile.openssl_profile for profile in transport._srtp_profiles} == {
        profile.openssl_profile for profile in SRTP_PROFILES
    }
    assert transport._srtp_profiles[0].openssl_profile == b"SRTP_AEAD_AES_128_GCM"


def test_ice_transport_is_asked_for_nothing_we_do_not_give() -> None:
    source = inspect.getsource(RTCDtlsTransport)
    asked = {
        part.split("(")[0].split(",")[0].split(".")[0].split()[0].rstrip(")")
        for part in source.split("self.transport.")[1:]
    }

    assert asked == {"role", "_recv", "_send"}
    assert all(hasattr(IceTransport, name) for name in asked)


def test_handshake_calls_what_we_do_not_override() -> None:
    source = inspect.getsource(RTCDtlsTransport.start)

    assert "_do_handshake" in source
    assert "_validate_peer_identity" in source
    assert source.index("_setup_srtp") < source.index("State.CONNECTED")


def test_states_and_parameters_are_named_as_we_name_them() -> None:
    assert {state.name for state in State} == {"NEW", "CONNECTING", "CONNECTED", "CLOSED", "FAILED"}
    assert RTCDtlsParameters(fingerprints=[]).role == "auto"


def test_reports_have_the_fields_we_fill() -> None:
    info = rtp.RtcpReceiverInfo(
        ssrc=1, fraction_lost=2, packets_lost=3, highest_sequence=4, jitter=5, lsr=6, dlsr=7
    )
    sent = rtp.RtcpSenderInfo(ntp_timestamp=1, rtp_timestamp=2, packet_count=3, octet_count=4)
    compound = bytes(rtp.RtcpSrPacket(ssrc=9, sender_info=sent, reports=[])) + bytes(
        rtp.RtcpRrPacket(ssrc=9, reports=[info])
    )

    first, second = rtp.RtcpPacket.parse(compound)

    assert isinstance(first, rtp.RtcpSrPacket)
    assert isinstance(second, rtp.RtcpRrPacket)
    assert second.reports == [info]


def test_bandwidth_report_reads_back() -> None:
    assert rtp.unpack_remb_fci(rtp.pack_remb_fci(1_500_000, [7]))[1] == [7]
