"""A browser that opens a socket, says hello, and never reads a byte of it."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import struct
import uuid
from uuid import UUID


class DeafTab:
    """Speaks the WebSocket protocol by hand: a library would read."""

    def __init__(self, port: int, run: UUID, cookie: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        # As little as possible is taken off the server's hands by the kernel.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            (
                f"GET /ws/run/{run}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                f"Origin: http://127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n"
            ).encode()
        )
        self.say("hello", protocol=1, tab=str(uuid.uuid4()))

    def say(self, kind: str, **content: object) -> None:
        raw = json.dumps({"type": kind, **content}).encode()
        assert len(raw) < 126, "one length byte is enough here"
        mask = os.urandom(4)
        masked = bytes(one ^ mask[n % 4] for n, one in enumerate(raw))
        self._socket.sendall(struct.pack("!BB", 0x81, 0x80 | len(raw)) + mask + masked)

    def drain(self) -> int:
        """Read what was left for it until the site's end; how many bytes that was."""
        found = 0
        with contextlib.suppress(ConnectionResetError):
            while chunk := self._socket.recv(65_536):
                found += len(chunk)
        return found

    def close(self) -> None:
        self._socket.close()
