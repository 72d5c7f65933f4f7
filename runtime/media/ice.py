# ruff: noqa: PLR2004 - widths, masks and first bytes of wire formats
"""ICE-lite on one fixed UDP port for every peer of a worker (RFC 8445 §2.5).

The mux finds the peer of a datagram by the ufrag of a signed check, afterwards by its source
address. An address counts only after a valid MESSAGE-INTEGRITY, so a call moves to a new network
with its browser and with nobody else. What is not signed is dropped without a word.
"""

from __future__ import annotations

import asyncio
import secrets
import socket as sockets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from runtime.media import stun
from runtime.media.port import Address, Port, Send

CONSENT_WARN_S = 5.0
CONSENT_LIMIT_S = 30.0  # RFC 7675 §5.1
CHECKS_PER_S = 50  # per source address, signed or not
ADDRESSES_PER_PEER = 8
DTLS_QUEUE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a browser's checks are signed with."""

    ufrag: str
    password: str


def make_credentials() -> Credentials:
    """Fresh ICE credentials: 48 and 144 bits, of the characters RFC 8839 §5.4 allows."""
    return Credentials(ufrag=secrets.token_hex(6), password=secrets.token_hex(18))


class IceTransport:
    """One peer's way through the mux; what RTCDtlsTransport needs of an ICE transport."""

    role = "controlled"

    def __init__(self, mux: UdpMux, on_media: Callable[[bytes], None]) -> None:
        self._mux = mux
        self.on_media = on_media
        self.on_selected: Callable[[], None] | None = None
        self.credentials = make_credentials()
        self.former: Credentials | None = None  # of before a restart, until the new are used
        self.selected: Address | None = None
        self.selected_at = 0.0
        self.addresses: list[Address] = []
        self.checked_at = monotonic()
        self.sendto: Send = _drop
        self._dtls: asyncio.Queue[bytes | None] = asyncio.Queue(DTLS_QUEUE)
        mux.add(self)

    def restart(self) -> None:
        """Take new credentials; the old ones stay good until the first check with the new."""
        if self.former is not None:
            self._mux.forget(self.former)
        self.former = self.credentials
        self.credentials = make_credentials()
        self._mux.add(self)

    def silence_s(self, now: float) -> float:
        """Seconds since the last signed check."""
        return now - self.checked_at

    def send(self, data: bytes) -> None:
        """Send one datagram to the selected address; dropped while there is none."""
        if self.selected is not None:
            self.sendto(data, self.selected)

    def handle_dtls(self, data: bytes) -> None:
        if not self._dtls.full():
            self._dtls.put_nowait(data)

    def accept_check(
        self,
        request: stun.BindingRequest,
        address: Address,
        mux_send: Send,
    ) -> Credentials | None:
        """Verify a check and note its address; gives the credentials it was signed with."""
        used = self._credentials_of(request)
        if used is None:
            return None
        self.checked_at = monotonic()
        self._note_address(address)
        if used is self.credentials and self.former is not None:
            self._mux.forget(self.former)
            self.former = None
        if self.selected is None or request.nominated or self._is_selected_dead():
            self._select(address, mux_send)
        elif self.selected == address:
            self.selected_at = self.checked_at
        return used

    def close(self) -> None:
        self._mux.remove(self)
        if self._dtls.full():
            self._dtls.get_nowait()
        self._dtls.put_nowait(None)

    async def _recv(self) -> bytes:
        data = await self._dtls.get()
        if data is None:
            raise ConnectionError("the peer was closed")
        return data

    async def _send(self, data: bytes) -> None:
        self.send(data)

    def _credentials_of(self, request: stun.BindingRequest) -> Credentials | None:
        for known in (self.credentials, self.former):
            if known is None or known.ufrag != request.local_ufrag:
                continue
            return known if stun.has_integrity(request, known.password) else None
        return None

    def _is_selected_dead(self) -> bool:
        return monotonic() - self.selected_at > CONSENT_WARN_S

    def _select(self, address: Address, mux_send: Send) -> None:
        self.selected = address
        self.selected_at = self.checked_at
        self.sendto = mux_send
        if self.on_selected is not None:
            self.on_selected()

    def _note_address(self, address: Address) -> None:
        if address in self.addresses:
            return
        self.addresses.append(address)
        self._mux.note(address, self)
        if len(self.addresses) > ADDRESSES_PER_PEER:
            oldest = next(known for known in self.addresses if known != self.selected)
            self.addresses.remove(oldest)
            self._mux.forget_address(oldest, self)


class UdpMux:
    """The worker's one UDP port."""

    def __init__(self) -> None:
        self._by_ufrag: dict[str, IceTransport] = {}
        self._by_address: dict[Address, IceTransport] = {}
        self._checks: dict[str, int] = {}
        self._checks_second = 0
        self._ports: list[Port] = []
        self.packets_in = 0

    async def open(self, port: int, advertised: Sequence[str]) -> int:
        """Bind `port` (0 for any) for the addresses told to browsers; give the port.

        An address of this host is bound by itself, because a wildcard socket may answer from
        another one, which a browser refuses. An address that is not here needs the wildcard.
        """
        for host in _hosts_to_bind(advertised):
            opened = Port(self.receive)
            self._ports.append(opened)
            port = opened.open(host, port)
        return port

    def close(self) -> None:
        for transport in self._by_ufrag.values():
            transport.selected = None
        for port in self._ports:
            port.close()

    def add(self, transport: IceTransport) -> None:
        self._by_ufrag[transport.credentials.ufrag] = transport

    def forget(self, credentials: Credentials) -> None:
        self._by_ufrag.pop(credentials.ufrag, None)

    def note(self, address: Address, transport: IceTransport) -> None:
        self._by_address[address] = transport

    def forget_address(self, address: Address, transport: IceTransport) -> None:
        if self._by_address.get(address) is transport:
            del self._by_address[address]

    def remove(self, transport: IceTransport) -> None:
        self.forget(transport.credentials)
        if transport.former is not None:
            self.forget(transport.former)
        for address in transport.addresses:
            self.forget_address(address, transport)

    def receive(self, data: bytes, address: Address, send: Send) -> None:
        """Demultiplex one datagram by its first byte (RFC 7983 §7)."""
        if not data:
            return
        first = data[0]
        transport = self._by_address.get(address)
        if 127 < first < 192:
            if transport is not None:
                self.packets_in += 1
                transport.on_media(data)
        elif first < 4:
            self._receive_check(data, address, send)
        elif 19 < first < 64 and transport is not None:
            transport.handle_dtls(data)

    def _receive_check(self, data: bytes, address: Address, send: Send) -> None:
        request = stun.find_binding_request(data)
        if request is None:
            self._receive_probe(data, address, send)
            return
        if not self._is_within_rate(address[0]):
            return
        transport = self._by_ufrag.get(request.local_ufrag)
        if transport is None:
            return
        used = transport.accept_check(request, address, send)
        if used is None:
            return
        if request.controlled:
            send(stun.role_conflict(request, used.password), address)
            return
        send(stun.success(request, address[0], address[1], used.password), address)

    def _receive_probe(self, data: bytes, address: Address, send: Send) -> None:
        """A browser that measures the way here before it has a call."""
        transaction = stun.find_probe(data)
        if transaction is not None and self._is_within_rate(address[0]):
            send(stun.mapped(transaction, address[0], address[1]), address)

    def _is_within_rate(self, host: str) -> bool:
        second = int(monotonic())
        if second != self._checks_second:
            self._checks_second = second
            self._checks.clear()
        count = self._checks.get(host, 0) + 1
        self._checks[host] = count
        # a company behind one address has many peers there: the bound grows with them
        return count <= CHECKS_PER_S * (1 + len(self._by_ufrag))


def _drop(data: bytes, address: Address) -> None:
    """Send nothing: there is no socket."""


def _hosts_to_bind(advertised: Sequence[str]) -> list[str]:
    hosts: list[str] = []
    for wildcard, is_v6 in (("0.0.0.0", False), ("::", True)):  # noqa: S104 - a public port
        family = [address for address in advertised if (":" in address) is is_v6]
        are_here = all(_is_local(address, is_v6=is_v6) for address in family)
        hosts += family if are_here else [wildcard]
    return hosts


def _is_local(address: str, *, is_v6: bool) -> bool:
    family = sockets.AF_INET6 if is_v6 else sockets.AF_INET
    with sockets.socket(family, sockets.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
