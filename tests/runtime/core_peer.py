"""A core system for tests: an HTTP server with its own ledger of bookings, and faults on demand.

It keeps its side of the protocol (`components/catalogue/int/core/README.md`): a key is booked once,
a known key gets its first answer again, an undone key is never booked.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from typing_extensions import override

Said = tuple[int, dict[str, Any]]
FAULTS = (
    "lost_before",  # the line breaks, nothing was booked
    "lost_after",  # booked, and the line breaks
    "half",  # booked, and the line breaks in the middle of the answer
    "error_before",  # 500, nothing was booked
    "error_after",  # booked, and 500
    "twice",  # the network delivers the request a second time
    "parked",  # the line breaks, and the network delivers the request much later
    "pending",  # accepted, the answer will come
    "garbage",  # booked, and an answer nobody can read
    "busy",  # 503
)
"""What may happen to one request, in words."""


@dataclass
class Ledger:
    """What the core remembers."""

    answers: dict[str, Said] = field(default_factory=dict)
    booked: list[str] = field(default_factory=list)
    """Keys in the order of booking; a key that stands here twice was booked twice."""
    undone: list[str] = field(default_factory=list)
    """Bookings taken back, in order."""
    heard: list[str] = field(default_factory=list)
    """Method and path of every request."""
    parked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    declines: str = ""
    """Code with which it declines everything."""

    @property
    def standing(self) -> list[str]:
        return [key for key in self.booked if key not in self.undone]

    def book(self, key: str, asked: dict[str, Any]) -> Said:
        if key not in self.answers:
            self.answers[key] = self._decided(key, asked)
        return self.answers[key]

    def _decided(self, key: str, asked: dict[str, Any]) -> Said:
        if self.declines:
            return 422, {"status": "declined", "code": self.declines}
        if asked["effect"] != "query":
            self.booked.append(key)
        data = {"fee": 1.5, "of": asked["payload"]}
        return 200, {"status": "done", "reference": f"B-{len(self.booked)}", "data": data}

    def undo(self, key: str) -> Said:
        if key in self.booked and key not in self.undone:
            self.undone.append(key)
        self.answers[key] = (200, {"status": "undone"})
        return self.answers[key]

    def deliver_parked(self) -> None:
        """What the network had kept arrives after all."""
        for key, asked in self.parked:
            self.book(key, asked)
        self.parked.clear()


class CorePeer:
    """The running server. `faults` are used up one for each request that comes."""

    def __init__(self, port: int = 0) -> None:
        self.ledger = Ledger()
        self.faults: deque[str] = deque()
        self.arrived = threading.Event()
        """A request was booked whose answer is held back."""
        self.release = threading.Event()
        peer = self

        class Handler(_Handler):
            core = peer

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port: int = self.server.server_address[1]
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    def next_fault(self) -> str:
        with self._lock:
            return self.faults.popleft() if self.faults else ""

    def take(self, method: str, path: str, key: str, asked: dict[str, Any]) -> Said:
        """What the core does about a request that reached it."""
        with self._lock:
            if path.startswith("/operations/"):
                named, _, verb = path.removeprefix("/operations/").partition("/")
                known = unquote(named)
                if verb == "undo":
                    return self.ledger.undo(known)
                return self.ledger.answers.get(known, (404, {"status": "unknown"}))
            if method != "POST":
                return 404, {"status": "unknown"}
            return self.ledger.book(key, asked)

    def park(self, path: str, key: str, asked: dict[str, Any]) -> None:
        with self._lock:
            if not path.startswith("/operations/"):
                self.ledger.parked.append((key, asked))


class _Handler(BaseHTTPRequestHandler):
    core: CorePeer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    @override
    def log_message(self, *_: Any) -> None:
        return

    def _serve(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        asked = json.loads(self.rfile.read(size) or b"{}")
        key = self.headers["Idempotency-Key"]
        self.core.ledger.heard.append(f"{self.command} {self.path}")
        self._play(self.core.next_fault(), key, asked)

    def _play(self, fault: str, key: str, asked: dict[str, Any]) -> None:
        path, core = self.path, self.core
        if fault in ("lost_before", "parked"):
            if fault == "parked":
                core.park(path, key, asked)
            self._cut()
        elif fault in ("error_before", "busy"):
            self._say((500 if fault == "error_before" else 503, {}))
        elif fault == "pending":
            self._say((202, {"status": "pending"}))
        else:
            self._play_after(fault, core.take(self.command, path, key, asked), key, asked)

    def _play_after(self, fault: str, said: Said, key: str, asked: dict[str, Any]) -> None:
        match fault:
            case "lost_after":
                self._cut()
            case "late":
                self.core.arrived.set()
                self.core.release.wait(20)
                self._cut()
            case "half":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
                self._cut()
            case "error_after":
                self._say((500, {}))
            case "garbage":
                self._say((200, {"ok": "?"}))
            case "twice":
                self._say(self.core.take(self.command, self.path, key, asked))
            case _:
                self._say(said)

    def _say(self, said: Said) -> None:
        body = json.dumps(said[1]).encode()
        self.send_response(said[0])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


@contextmanager
def core_peer(port: int = 0) -> Iterator[CorePeer]:
    peer = CorePeer(port)
    try:
        yield peer
    finally:
        peer.stop()
