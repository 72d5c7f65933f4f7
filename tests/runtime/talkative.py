"""An application that talks until its socket is gone, then says how many bytes it was."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from config.serving import complete_server

complete_server()
FRAME = "x" * 65_536
ENOUGH = 64 * 1024 * 1024


async def application(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    gone = asyncio.ensure_future(receive())
    sent = 0
    while not gone.done() and sent < ENOUGH:
        await send({"type": "websocket.send", "text": FRAME})
        sent += len(FRAME)
        await asyncio.sleep(0.001)
    await asyncio.to_thread(Path(os.environ["TALKATIVE_FILE"]).write_text, str(sent))
