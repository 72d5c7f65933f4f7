"""The only way out of the house: one HTTP call to one host, to an address that was checked.

Server-side request forgery is what this guards against. A host is resolved once, every address it
has is checked, and the socket goes to a checked address: the name is not asked again, so a resolver
that changes its mind gains nothing. TLS and the Host header still speak of the name. Redirects are
answers like others, never followed. Each call has one limit for everything, however slowly the
other side drips, and a limit on the size of what it may answer.

A site may have a forward proxy (`runtime.tunnel`). Then it is the proxy that looks up the name, so
what is checked here is a first fence only: an address that this host finds for it. The proxy has to
refuse private addresses by itself.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

from django.conf import settings
from typing_extensions import override
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from runtime import tunnel
from runtime.errors import BlockedError, NoAnswerError, UnsentError
from runtime.tunnel import Proxy

MOST_BYTES = 1024 * 1024
"""Of a request's body, and of an answer's."""
_PIECE = 64 * 1024
WEB = {"https": 443, "http": 80}
MAIL = {"smtps": 465, "smtp": 587}
MAIL_PORTS = frozenset({25, 465, 587})
NAME_LIMIT_S = 1.0
"""How long a name is looked for where the proxy can do without: resolvers there may be silent."""

Address: TypeAlias = IPv4Address | IPv6Address
Resolver: TypeAlias = Callable[[str, int], list[str]]
"""(host, port) -> addresses as text. Raises OSError."""

_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*", re.IGNORECASE)
_NEVER = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8",  # this host
        "169.254.0.0/16",  # link-local, and with it the metadata of most clouds
        "100.100.100.200/32",  # metadata elsewhere
        "168.63.129.16/32",
        "fd00:ec2::254/128",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "::/128",
        "fe80::/10",
        "ff00::/8",
    )
)
"""Where no call goes, whatever a site allows."""
_WRAPPERS = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"), ip_network("::/96"))
"""IPv6 addresses whose last 32 bits are the IPv4 address that is reached (NAT64, compatible)."""
_RESOLVERS = ThreadPoolExecutor(8, thread_name_prefix="resolve")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a base URL leads."""

    scheme: str
    host: str
    port: int
    path: str = ""
    """Without a slash at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `limit_s` is for all of it: name, connection, sending, answer."""

    place: Place
    method: str
    target: str
    """Path and query as they stand in the request line."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    limit_s: float = 5.0
    private: bool = False
    """Whether it may go to one of the private networks that the site allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; a redirect is an answer."""

    status: int
    body: bytes


def place_of(url: str, schemes: Mapping[str, int]) -> Place:
    """Where the URL leads, with the port that its scheme usually has. Raises BlockedError."""
    if re.search(r"[\s\\\x00-\x1f\x7f]", url):
        raise BlockedError(cause="url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BlockedError(cause="url") from error
    if parts.scheme not in schemes:
        raise BlockedError(cause="scheme")
    if parts.username is not None or parts.password is not None:
        raise BlockedError(cause="userinfo")
    if parts.query or parts.fragment:
        raise BlockedError(cause="url")
    place = Place(
        scheme=parts.scheme,
        host=_named(parts.hostname or ""),
        port=port or schemes[parts.scheme],
        path=parts.path.rstrip("/"),
    )
    ports = MAIL_PORTS | settings.EGRESS_PORTS if schemes is MAIL else settings.EGRESS_PORTS
    if place.port not in ports:
        raise BlockedError(cause="port")
    return place


def _named(host: str) -> str:
    """The host, when it is a name or an address in its usual form: 2130706433 is 127.0.0.1 too."""
    if "%" in host:
        raise BlockedError(cause="host")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not _NAME.fullmatch(host) or re.fullmatch(r"(0x)?[0-9a-f]*[0-9]", host.rpartition(".")[2]):
        raise BlockedError(cause="host")
    return host.lower()


def addresses_of(place: Place, *, private: bool, resolve: Resolver, limit_s: float) -> list[str]:
    """Every address of the place, each checked. Raises BlockedError, UnsentError.

    One that may not be called blocks them all: whoever mixes them means no good.
    """
    try:
        found = _RESOLVERS.submit(resolve, place.host, place.port).result(limit_s)
    except TimeoutError as error:
        raise UnsentError(cause="name") from error
    except (OSError, UnicodeError) as error:
        raise UnsentError(cause="name") from error
    if not found:
        raise UnsentError(cause="name")
    for one in found:
        _check(ipaddress.ip_address(one), private=private, plain=place.scheme == "http")
    return found


def _check(address: Address, *, private: bool, plain: bool) -> None:
    reached = _reached_by(address)
    if any(reached in network for network in _NEVER):
        raise BlockedError(cause="address")
    within = private and _is_allowed_private(reached)
    if not within and (not reached.is_global or reached.is_reserved):
        raise BlockedError(cause="address")
    if plain and not within:
        raise BlockedError(cause="not_encrypted")


def _is_allowed_private(address: Address) -> bool:
    return any(_reached_by(address) in network for network in settings.EGRESS_PRIVATE)


def _reached_by(address: Address) -> Address:
    """The address at the other end, when one is wrapped in the other."""
    if isinstance(address, IPv4Address):
        return address
    wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
    if wrapped is not None:
        return wrapped
    is_wrapper = any(address in one for one in _WRAPPERS) and int(address) > 1  # :: and ::1 are not
    return IPv4Address(address.packed[12:]) if is_wrapper else address


def ask_resolver(host: str, port: int) -> list[str]:
    """The system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))


def open_socket(place: Place, *, private: bool, limit_s: float) -> socket.socket:
    """A TCP connection to the place. Raises BlockedError, UnsentError.

    It goes to a checked address, or through the site's proxy, except into private networks.
    """
    until_s = time.monotonic() + limit_s
    proxy: Proxy | None = settings.EGRESS_PROXY
    if proxy is None:
        addresses = addresses_of(place, private=private, resolve=ask_resolver, limit_s=limit_s)
        return _direct(place, addresses, until_s)
    addresses = _own_view(place, private=private, limit_s=min(limit_s / 4, NAME_LIMIT_S))
    if addresses and all(_is_allowed_private(ipaddress.ip_address(one)) for one in addresses):
        return _direct(place, addresses, until_s)
    if place.scheme == "http":
        raise BlockedError(cause="not_encrypted")
    return tunnel.dig(proxy, place.host, place.port, _left(until_s))


def _own_view(place: Place, *, private: bool, limit_s: float) -> list[str]:
    """The place's addresses as far as this host can tell, each checked; none is no fault.

    Where there is a proxy, it may be the only one who knows names outside. Raises BlockedError.
    """
    try:
        return addresses_of(place, private=private, resolve=ask_resolver, limit_s=limit_s)
    except UnsentError:
        return []


def _direct(place: Place, addresses: list[str], until_s: float) -> socket.socket:
    for one in addresses:
        try:
            return socket.create_connection((one, place.port), _left(until_s) / len(addresses))
        except OSError:
            continue
    raise UnsentError(cause="connection")


def _left(until_s: float) -> float:
    return max(0.01, until_s - time.monotonic())


def send(call: Call) -> Answer:
    """Send the request and read the answer.

    Raises BlockedError and UnsentError when surely nothing was sent, NoAnswerError when it may have
    arrived all the same.
    """
    if len(call.body) > MOST_BYTES:
        raise BlockedError(cause="size")
    until_s = time.monotonic() + call.limit_s
    opened = open_socket(call.place, private=call.private, limit_s=call.limit_s)
    with cut_at(opened, until_s) as was_cut:
        connection = _connected(call, opened)
        try:
            answer = _exchanged(call, connection)
            if was_cut.is_set():  # what was heard up to then can look like a whole answer
                raise NoAnswerError(cause="time")
            return answer
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise NoAnswerError(cause=type(error).__name__) from error
        finally:
            connection.close()


@contextmanager
def cut_at(opened: socket.socket, until_s: float) -> Iterator[threading.Event]:
    """Cut the line at the deadline, whatever somebody still waits for on it.

    A time-out of the socket starts anew with every byte, so it alone bounds nothing. A second
    handle of the same connection cuts it, because TLS takes the first one over.
    """
    opened.settimeout(_left(until_s))
    handle, was_cut = opened.dup(), threading.Event()

    def end() -> None:
        try:
            handle.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has gone by itself

    def cut() -> None:
        was_cut.set()
        end()

    watch = threading.Timer(_left(until_s), cut)
    watch.daemon = True
    watch.start()
    try:
        yield was_cut
    finally:
        watch.cancel()
        watch.join()
        end()  # whoever still holds the line, like an answer read in part, must not keep it open
        handle.close()
        opened.close()


class _Pinned(HTTPConnection):
    """Speaks to the host by its name on a connection that stands already."""

    opened: socket.socket

    @override
    def _new_conn(self) -> socket.socket:
        return self.opened


class _PinnedTls(HTTPSConnection):
    """The same with TLS, whose certificate must be the name's."""

    opened: socket.socket

    @override
    def _new_conn(self) -> socket.socket:
        return self.opened


def _connected(call: Call, opened: socket.socket) -> _Pinned | _PinnedTls:
    place = call.place
    connection: _Pinned | _PinnedTls
    if place.scheme == "https":
        connection = _PinnedTls(place.host, place.port, timeout=call.limit_s, ssl_context=tls())
    else:
        connection = _Pinned(place.host, place.port, timeout=call.limit_s)
    connection.opened = opened
    try:
        connection.connect()
    except (HTTPError, OSError) as error:
        connection.close()
        raise UnsentError(cause="tls" if place.scheme == "https" else "connection") from error
    return connection


def _exchanged(call: Call, connection: _Pinned | _PinnedTls) -> Answer:
    headers = {"Accept-Encoding": "identity", "User-Agent": "Counterflow", **call.headers}
    connection.request(
        call.method,
        call.target,
        body=call.body or None,
        headers=headers,
        preload_content=False,
        decode_content=False,
    )
    response = connection.getresponse()
    try:
        body = bytearray()
        while piece := response.read(_PIECE):
            body += piece
            if len(body) > MOST_BYTES:
                raise NoAnswerError(cause="size")
    finally:
        response.close()  # it holds the line open by itself, and the other side would go on sending
    return Answer(status=response.status, body=bytes(body))


@cache
def tls() -> ssl.SSLContext:
    """Certificates are checked against the machine's authorities (OpenSSL's SSL_CERT_FILE)."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
