"""A way out through a forward proxy: one tunnel to one host and port (CONNECT, RFC 9110 §9.3.6).

What goes through it is encrypted end to end; the proxy sees a name, a port and how much was sent.
"""

from __future__ import annotations

import base64
import re
import socket
import time
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from runtime.errors import BlockedError, UnsentError

MOST_HEAD = 16 * 1024
"""Bytes of what a proxy may say before the tunnel begins."""
_FORBIDDEN = 403
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")


class Proxy(NamedTuple):
    """Where the proxy listens, and as whom it knows us."""

    host: str
    port: int
    proof: str = ""
    """Value of `Proxy-Authorization`; "" for none."""


def proxy_of(url: str) -> Proxy:
    """The proxy of `http://[user:password@]host:port`. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.port is None:
        raise ValueError("a proxy is http://host:port")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("a proxy has no path")
    if parts.username is None:
        return Proxy(parts.hostname, parts.port)
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return Proxy(parts.hostname, parts.port, f"Basic {base64.b64encode(pair).decode()}")


def dig(proxy: Proxy, host: str, port: int, limit_s: float) -> socket.socket:
    """A line to the host and port, made by the proxy.

    Raises BlockedError when the proxy forbids it, UnsentError when it cannot or will not in time.
    """
    until_s = time.monotonic() + limit_s
    try:
        line = socket.create_connection((proxy.host, proxy.port), limit_s)
    except OSError as error:
        raise UnsentError(cause="proxy") from error
    try:
        status = _asked(line, proxy, _authority(host, port), until_s)
    except OSError as error:
        line.close()
        raise UnsentError(cause="proxy") from error
    if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110 §15.3
        return line
    line.close()
    if status == _FORBIDDEN:
        raise BlockedError(cause="proxy")
    raise UnsentError(cause="proxy")


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _asked(line: socket.socket, proxy: Proxy, authority: str, until_s: float) -> int:
    """The status of the proxy's answer; 0 for one that is none. Raises OSError."""
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", "User-Agent: Counterflow"]
    if proxy.proof:
        lines.append(f"Proxy-Authorization: {proxy.proof}")
    line.settimeout(max(0.01, until_s - time.monotonic()))
    line.sendall("\r\n".join([*lines, "", ""]).encode())
    found = _STATUS.match(_head(line, until_s))
    return int(found[1]) if found else 0


def _head(line: socket.socket, until_s: float) -> bytes:
    """All up to the empty line, and nothing after it: what follows is the other host's.

    Byte by byte, as nothing may be read too much; it is one short answer for each call.
    """
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        left_s = until_s - time.monotonic()
        if left_s <= 0 or len(head) >= MOST_HEAD:
            raise TimeoutError
        line.settimeout(left_s)
        one = line.recv(1)
        if not one:
            raise ConnectionResetError
        head += one
    return bytes(head)
