# ruff: noqa: PLR2004 - widths, masks and first bytes of wire formats
"""DTLS by aiortc, SRTP on a synchronous path of our own under its hooks.

aiortc makes the handshake and the keys; afterwards a media datagram is decrypted, handled and sent
on within `datagram_received`, with no queue and no task between.
The hooks used are pinned by tests/media/test_hooks.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from aiortc.rtcdtlstransport import (
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)
from aiortc.rtcicetransport import RTCIceTransport
from pylibsrtp import SRTP_MAX_SRTCP_TRAILER_LEN, SRTP_MAX_TRAILER_LEN, Session
from pylibsrtp._binding import ffi, lib
from typing_extensions import override

from runtime.media.ice import IceTransport, UdpMux

HANDSHAKE_LIMIT_S = 30.0

Cipher = Callable[[bytes], bytes | None]  # None: forged, replayed, cut short, or no key yet


def make_cipher(session: Session, process: Any, trailer: int = 0) -> Cipher:
    """One of libsrtp's four functions on one session.

    The session's own methods look up the same six things for each packet, which costs a third
    of their time.
    """
    srtp, room = session._srtp[0], session._cdata
    length = ffi.new("int *")
    limit = len(room) - trailer
    put, take = ffi.memmove, ffi.unpack

    def run(data: bytes, _owner: Session = session) -> bytes | None:
        size = len(data)
        if size > limit:
            return None
        put(room, data, size)
        length[0] = size
        if process(srtp, room, length):
            return None
        plain: bytes = take(room, length[0])
        return plain

    return run


def refuse(_: bytes) -> bytes | None:
    """The cipher while there is no key."""
    return None


class PeerTransport(RTCDtlsTransport):
    """One peer's encrypted way: `on_rtp` and `on_rtcp` get plain packets, `send_*` take them."""

    _protect: Cipher
    _protect_rtcp: Cipher
    _unprotect: Cipher
    _unprotect_rtcp: Cipher

    def __init__(
        self,
        mux: UdpMux,
        certificate: RTCCertificate,
        *,
        on_rtp: Callable[[bytes], None],
        on_rtcp: Callable[[bytes], None],
    ) -> None:
        self.ice = IceTransport(mux, self._handle_media)
        super().__init__(cast(RTCIceTransport, self.ice), [certificate])
        # AES-128-GCM first: the cheapest each way (1.6 against 2.2 µs of the others)
        self._srtp_profiles = sorted(SRTP_PROFILES, key=lambda profile: profile.key_length)
        self._srtp_profiles.sort(key=lambda profile: b"GCM" not in profile.openssl_profile)
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self._handshake: asyncio.Task[None] | None = None
        self._set_ciphers()

    @property
    def is_connected(self) -> bool:
        return self._state is State.CONNECTED

    def begin(self, fingerprints: list[tuple[str, str]], *, active: bool) -> None:
        """Start the handshake: as client when the browser asked us to be `active`."""
        self._set_role("client" if active else "server")
        parameters = RTCDtlsParameters(
            fingerprints=[RTCDtlsFingerprint(algorithm=a, value=v) for a, v in fingerprints]
        )
        self._handshake = asyncio.create_task(self._shake(parameters), name="dtls handshake")

    async def close(self) -> None:
        """Say goodbye by DTLS close_notify and leave the mux."""
        await self.stop()
        self.ice.close()
        if self._handshake is not None:
            self._handshake.cancel()

    def send_rtp(self, data: bytes) -> None:
        sealed, ice = self._protect(data), self.ice
        if sealed is not None and ice.selected is not None:
            ice.sendto(sealed, ice.selected)  # ice.send, without its call

    def send_rtcp(self, data: bytes) -> None:
        sealed = self._protect_rtcp(data)
        if sealed is not None:
            self.ice.send(sealed)

    @override
    def _set_state(self, state: State) -> None:
        self._set_ciphers(self._tx_srtp, self._rx_srtp, are_usable=state is State.CONNECTED)
        super()._set_state(state)

    def _set_ciphers(
        self, tx: Session | None = None, rx: Session | None = None, *, are_usable: bool = False
    ) -> None:
        self._protect = self._protect_rtcp = self._unprotect = self._unprotect_rtcp = refuse
        if tx is None or rx is None or not are_usable:
            return
        self._protect = make_cipher(tx, lib.srtp_protect, SRTP_MAX_TRAILER_LEN)
        self._protect_rtcp = make_cipher(tx, lib.srtp_protect_rtcp, SRTP_MAX_SRTCP_TRAILER_LEN)
        self._unprotect = make_cipher(rx, lib.srtp_unprotect)
        self._unprotect_rtcp = make_cipher(rx, lib.srtp_unprotect_rtcp)

    async def _shake(self, parameters: RTCDtlsParameters) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_LIMIT_S):
                await self.start(parameters)
        except TimeoutError:
            self._set_state(State.FAILED)

    def _handle_media(self, data: bytes) -> None:
        if len(data) < 8:
            return
        if 192 <= data[1] <= 223:  # RFC 5761 §4
            report = self._unprotect_rtcp(data)
            if report is not None:
                self._on_rtcp(report)
            return
        plain = self._unprotect(data)
        if plain is not None:
            self._on_rtp(plain)
