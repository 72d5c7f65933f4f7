"""The site, when it has no time to let anybody in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from config.asgi import application as site

LONG_S = 60


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[Any], Awaitable[None]],
) -> None:
    if scope["type"] == "websocket":
        await asyncio.sleep(LONG_S)
    await site(scope, receive, send)
