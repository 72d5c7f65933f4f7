"""Stopping in peace: a web process told to end first sends every socket away with 1012.

Daphne cuts its connections (browsers see 1006) as soon as nothing holds its reactor back, so the
farewell is a step of the reactor's own shutdown, which waits for it.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.defer import Deferred
from typing_extensions import override

from runtime.consumers.base import RESTARTING, drain


class _Protocol(WebSocketProtocol):  # type: ignore[misc]  # daphne has no types
    """Sends 1012 the way Daphne sends 1011: Autobahn's `sendClose` takes 1000 and 3000 up only."""

    @override
    def serverClose(self, code: int | None = None) -> None:
        if code == RESTARTING:
            self.sendCloseFrame(code=code)
        else:
            super().serverClose(code)


def drain_at_shutdown() -> None:
    """Called once when the application is loaded; does nothing under a server without a reactor."""
    WebSocketFactory.protocol = _Protocol
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is not None:
        reactor.addSystemEventTrigger("before", "shutdown", _drain)


def _drain() -> Deferred[Any]:
    return Deferred.fromFuture(asyncio.ensure_future(drain()))
