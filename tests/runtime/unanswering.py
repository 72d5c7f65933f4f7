"""The site, when it has no time to let anybody in."""

from __future__ import annotations

import asyncio
from typing import Any

from config.asgi import application as site

LONG_S = 60


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await asyncio.sleep(LONG_S)
    await site(scope, receive, send)
