"""Which sockets may begin: a browser's from our own pages, a worker's without a browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

WORKER_PATH = "/ws/worker/"

Application: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


class OwnOrigin:
    """Lets a browser's socket in when its Origin is the host it asks, and that host is ours.

    A media worker is no browser: it sends no Origin and proves itself by its token. A browser that
    calls its path is refused.
    """

    def __init__(self, *, browsers: Application, workers: Application) -> None:
        self._browsers, self._workers = browsers, workers

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        origin, host = headers.get(b"origin"), headers.get(b"host", "")
        if scope["path"] == WORKER_PATH and origin is None:
            await self._workers(scope, receive, send)
        elif scope["path"] != WORKER_PATH and is_own(origin, host):
            await self._browsers(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 4403})  # before accept: HTTP 403


def is_own(origin: str | None, host: str) -> bool:
    """The asked host is ours, and the origin is that host or one that the settings trust."""
    if not origin or not validate_host(split_domain_port(host.lower())[0], settings.ALLOWED_HOSTS):
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    asked = urlsplit(origin)
    return asked.scheme in {"http", "https"} and asked.netloc.lower() == host.lower()
