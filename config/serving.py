"""What Daphne leaves to us: who may come in just now, and a farewell when it stops.

After a failure everybody returns at once. Handshakes beyond the limit of
`runtime.consumers.arrivals` are answered 503 with Retry-After before any work is done for them.
Told to end, Daphne cuts its connections (browsers see 1006) as soon as nothing holds its reactor
back; so the farewell is a step of the reactor's own shutdown, which waits for it.
"""

from __future__ import annotations

import asyncio
import random
import resource
import sys
from typing import Any

import structlog
from autobahn.websocket.types import ConnectionDeny
from daphne.access import AccessLogGenerator
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.defer import Deferred
from twisted.internet.tcp import Port
from typing_extensions import override

from config.logs import without_tokens
from config.origins import WORKER_PATH
from runtime.consumers.arrivals import arrivals
from runtime.consumers.rounds import RESTARTING, rounds

BUSY = 503
RETRY_AFTER_S = (1, 4)
"""Drawn for each: who is told the same second comes back together."""
BACKLOG = 1024
"""Connections the kernel holds until we take them; Twisted's 50 would make a crowd wait seconds."""
FILES_WANTED = 8_192
"""Four thousand sockets, as many requests, and what the process needs itself."""

log = structlog.get_logger(__name__)


class _AccessLog(AccessLogGenerator):  # type: ignore[misc]  # daphne has no types
    """Daphne's line for each request, without the grants that some addresses are."""

    @override
    def write_entry(self, host: Any, date: Any, request: str, *more: Any, **named: Any) -> None:
        super().write_entry(host, date, without_tokens(request), *more, **named)


class _Protocol(WebSocketProtocol):  # type: ignore[misc]  # daphne has no types
    """One socket of a browser or worker."""

    kind = "browser"
    is_refused = False
    is_late = False

    @override
    def onConnect(self, request: Any) -> Any:
        self.kind = "worker" if request.path == WORKER_PATH else "browser"
        if arrivals.are_full(self.kind):
            self.is_refused = True
            raise ConnectionDeny(BUSY, "Busy")  # type: ignore[no-untyped-call] # it has no types
        arrivals.come(self)
        return super().onConnect(request)

    @override
    def failHandshake(self, reason: str, code: int = 400, responseHeaders: Any = None) -> None:
        code = BUSY if self.is_late else code
        headers = [*(responseHeaders or ()), ("Content-Length", 0), ("Connection", "close")]
        if code == BUSY:
            headers.append(("Retry-After", random.randint(*RETRY_AFTER_S)))  # noqa: S311 - jitter
        super().failHandshake(reason, code, headers)

    @override
    def check_timeouts(self) -> None:
        """Who has waited too long to be let in is asked to come later: Daphne would forbid it."""
        self.is_late = self.state == self.STATE_CONNECTING
        super().check_timeouts()
        self.is_late = False

    @override
    def onOpenHandshakeTimeout(self) -> None:
        """The same by Autobahn's clock, which would cut the line."""
        if self.state == self.STATE_CONNECTING:
            self.failHandshake("Busy", BUSY)

    @override
    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        arrivals.settle(self)
        if not self.is_refused:  # Daphne has never heard of a refused one
            super().onClose(wasClean, code, reason)

    @override
    def serverAccept(self, subprotocol: str | None = None) -> None:
        arrivals.settle(self)
        super().serverAccept(subprotocol)

    @override
    def serverSend(self, content: Any, binary: bool = False) -> None:
        if self.state == self.STATE_OPEN:  # else the browser has just gone, and we hear of it next
            super().serverSend(content, binary)

    @override
    def serverClose(self, code: int | None = None) -> None:
        if code == RESTARTING:
            # As Daphne sends 1011: Autobahn's `sendClose` takes 1000 and 3000 to 4999 only.
            self.sendCloseFrame(code=code)
        else:
            super().serverClose(code)


def complete_server() -> None:
    """Called once when the application is loaded; under another server it only raises the limit."""
    raise_file_limit()
    WebSocketFactory.protocol = _Protocol
    if (command_line := sys.modules.get("daphne.cli")) is not None:
        command_line.AccessLogGenerator = _AccessLog  # type: ignore[attr-defined]
    reactor: Any = sys.modules.get("twisted.internet.reactor")
    if reactor is not None:
        reactor.callWhenRunning(_widen_doors, reactor)
        reactor.addSystemEventTrigger("before", "shutdown", _drain)


def raise_file_limit() -> None:
    """Take as many file descriptors as this process may have; complain when those are too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= FILES_WANTED:
        wanted = max(soft, FILES_WANTED)
    else:
        wanted = hard
        reason = f"ulimit -Hn allows {hard} open files; {FILES_WANTED} are wanted"
        log.warning("too_few_files", reason=reason, count=hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _widen_doors(reactor: Any) -> None:
    for one in reactor.getReaders():
        if isinstance(one, Port):
            one.socket.listen(BACKLOG)  # again, on a socket that listens already: a longer queue


def _drain() -> Deferred[Any]:
    return Deferred.fromFuture(asyncio.ensure_future(rounds.drain()))
