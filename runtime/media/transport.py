# ruff: noqa: PLR2004 - widths, masks and first bytes of wire formats
"""DTLS by aiortc, SRTP on a synchronous path of our own under its hooks.

aiortc makes the handshake and the keys; afterwards a media datagram is decrypted, handled and sent
on within `datagram_received`, with no queue and no task between.
The hooks used are pinned by tests/media/test_hooks.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import pylibsrtp
from aiortc.rtcdtlstransport import (
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)
from aiortc.rtcicetransport import RTCIceTransport

from runtime.media.ice import IceTransport, UdpMux

HANDSHAKE_LIMIT_S = 30.0


class PeerTransport(RTCDtlsTransport):
    """One peer's encrypted way: `on_rtp` and `on_rtcp` get plain packets, `send_*` take them."""

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
        if self._state is State.CONNECTED:
            self.ice.send(self._tx_srtp.protect(data))

    def send_rtcp(self, data: bytes) -> None:
        if self._state is State.CONNECTED:
            self.ice.send(self._tx_srtp.protect_rtcp(data))

    async def _shake(self, parameters: RTCDtlsParameters) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_LIMIT_S):
                await self.start(parameters)
        except TimeoutError:
            self._set_state(State.FAILED)

    def _handle_media(self, data: bytes) -> None:
        if self._state is not State.CONNECTED:
            return
        try:
            if 192 <= data[1] <= 223:  # RFC 5761 §4
                self._on_rtcp(self._rx_srtp.unprotect_rtcp(data))
            else:
                self._on_rtp(self._rx_srtp.unprotect(data))
        except (pylibsrtp.Error, IndexError):
            return  # forged, replayed or cut short: nothing to tell anybody
