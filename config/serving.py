"""What Daphne leaves to us: a farewell to sockets when it stops, and an end to readers too slow.

Told to end, Daphne cuts its connections (browsers see 1006) as soon as nothing holds its reactor
back; so the farewell is a step of the reactor's own shutdown, which waits for it. And Daphne keeps
in memory whatever a browser does not read; so who is BACKLOG_LIMIT_BYTES behind is cut, and
resumes.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.defer import Deferred
from typing_extensions import override

from runtime.consumers.base import RESTARTING, drain

BACKLOG_LIMIT_BYTES = 1024 * 1024


class _Backlog:
    """Counts what is sent while the kernel takes no more. A push producer, as Twisted calls it."""

    def __init__(self) -> None:
        self.is_growing = False
        self.bytes = 0

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        self.is_growing = True

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        self.is_growing, self.bytes = False, 0

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        self.resumeProducing()


class _Protocol(WebSocketProtocol):  # type: ignore[misc]  # daphne has no types
    """One socket of a browser or worker."""

    @override
    def makeConnection(self, transport: Any) -> None:
        self._backlog = _Backlog()
        transport.unregisterProducer()  # that of the HTTP request which became this socket
        transport.registerProducer(self._backlog, True)
        super().makeConnection(transport)

    @override
    def serverSend(self, content: Any, binary: bool = False) -> None:
        if self._backlog.is_growing:
            self._backlog.bytes += len(content)
        if self._backlog.bytes > BACKLOG_LIMIT_BYTES:
            self.dropConnection(abort=True)  # a close frame would wait behind all the rest
        else:
            super().serverSend(content, binary)

    @override
    def serverClose(self, code: int | None = None) -> None:
        if code == RESTARTING:
            # As Daphne sends 1011: Autobahn's `sendClose` takes 1000 and 3000 to 4999 only.
            self.sendCloseFrame(code=code)
        else:
            super().serverClose(code)


def complete_server() -> None:
    """Called once when the application is loaded; does nothing under another server."""
    WebSocketFactory.protocol = _Protocol
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is not None:
        reactor.addSystemEventTrigger("before", "shutdown", _drain)


def _drain() -> Deferred[Any]:
    return Deferred.fromFuture(asyncio.ensure_future(drain()))
