"""Wake-ups between the processes of one host: small datagrams over UNIX sockets, lossy on purpose.

Each listener binds a socket of its own in one folder; a sender writes to every socket of a kind.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

_DATAGRAM_LIMIT = 8192
_PATH_LIMIT = 100  # sun_path holds 104 bytes on macOS, 108 on Linux
_TICK_NS = 50_000_000  # far more than any kernel's or file system's
_listed: dict[str, tuple[int, tuple[str, ...]]] = {}
"""Folder -> when it last changed, and what was in it then."""


class Listener:
    """Calls `heard` in its own thread for every datagram that arrives, until `close`."""

    def __init__(self, kind: str, heard: Callable[[Mapping[str, Any]], None]) -> None:
        self._heard = heard
        folder = _socket_dir()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / f"{kind}-{os.getpid()}-{secrets.token_hex(3)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._path))
        self._thread = threading.Thread(target=self._listen, name=f"bus {kind}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _listen(self) -> None:
        while True:
            try:
                raw = self._socket.recv(_DATAGRAM_LIMIT)
            except OSError:
                return
            if not raw:
                return
            datagram = _parse(raw)
            if datagram is not None:
                self._heard(datagram)


def tell(kind: str, datagram: Mapping[str, Any]) -> None:
    """Send to every listener of `kind`.

    A full or dead one is passed over, a dead one is cleared away.
    """
    folder = _socket_dir()
    names = [name for name in _names_in(str(folder)) if name.startswith(f"{kind}-")]
    if not names:
        return
    raw = json.dumps(datagram).encode()
    if len(raw) > _DATAGRAM_LIMIT:
        raise ValueError(f"a hint of {len(raw)} bytes; at most {_DATAGRAM_LIMIT}")
    for name in names:
        _send(folder / name, raw)


def _send(path: Path, raw: bytes) -> None:
    try:
        _sender().sendto(raw, str(path))
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
    except OSError:  # full (EAGAIN, ENOBUFS) or just gone: the listener polls
        return


@cache
def _sender() -> socket.socket:
    """One for the life of the process: it is bound to nothing, so all threads may use it."""
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.setblocking(False)
    return sender


def _names_in(folder: str) -> tuple[str, ...]:
    """The sockets of the folder, listed anew only when it has changed.

    A listing is kept only if the folder has rested for longer than its clock's tick: a socket that
    comes within the tick of a listing would leave the same time behind.
    """
    try:
        changed_ns = os.stat(folder).st_mtime_ns  # every step asks: a Path would cost more
        kept = _listed.get(folder)
        if kept is not None and kept[0] == changed_ns:
            return kept[1]
        names = tuple(os.listdir(folder))
    except FileNotFoundError:
        return ()
    if time.time_ns() - changed_ns > _TICK_NS:
        _listed[folder] = (changed_ns, names)
    return names


def _socket_dir() -> Path:
    """`var/hints`, or a short stand-in for it when its name is too long for a socket's address."""
    return _socket_dir_of(settings.VAR)


@cache
def _socket_dir_of(var: Path | str) -> Path:
    path = Path(var) / "hints"
    if len(str(path)) > _PATH_LIMIT - 30:
        name = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"counterflow-{os.getuid()}-{name}"
    return path


def _parse(raw: bytes) -> Mapping[str, Any] | None:
    try:
        datagram = json.loads(raw)
    except ValueError:
        return None
    return datagram if isinstance(datagram, dict) else None
