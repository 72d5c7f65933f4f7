"""Janus, Debian's package, as a peer to measure beside: calls of two by its `videocall` plugin."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import secrets
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

LIMIT_S = 20.0
KEEPALIVE_S = 20.0  # Janus drops a session it hears nothing of for a minute
PLUGIN = "janus.plugin.videocall"
OTHERS = (
    *("audiobridge", "duktape", "echotest", "lua", "nosip", "recordplay", "sip", "streaming"),
    *("textroom", "videoroom", "voicemail"),
)
TRANSPORTS = ("http", "mqtt", "nanomsg", "pfunix", "rabbitmq")
CONFIGURATION = """general: {{
  admin_secret = "{secret}"
  debug_level = 2
  debug_colors = false
}}
media: {{
  ipv6 = false
}}
plugins: {{
  disable = "{plugins}"
}}
transports: {{
  disable = "{transports}"
}}
"""
SOCKETS = """general: {{
  json = "compact"
  ws = true
  ws_ip = "127.0.0.1"
  ws_port = {port}
}}
"""
Message = dict[str, Any]


class Janus:
    """A running Janus and one session of its API."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.pid = process.pid
        self.folder = folder
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        self._events: dict[int, asyncio.Queue[Message]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, port: int) -> None:
        """Dial in, as soon as it listens."""
        async with asyncio.timeout(LIMIT_S):
            self._socket = await _dial(port)
        self._tasks.append(asyncio.create_task(self._read()))
        self._session = (await self.ask({"janus": "create"}))["data"]["id"]
        self._tasks.append(asyncio.create_task(self._keep_alive()))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._socket.close()

    async def call(self) -> tuple[Leg, Leg]:
        """The two ends of a call that has yet to be made."""
        name = secrets.token_hex(4)
        legs = []
        for end in ("caller", "callee"):
            attached = await self.ask({"janus": "attach", "plugin": PLUGIN})
            leg = Leg(self, attached["data"]["id"], f"{name}-{end}")
            self._events[leg.handle] = asyncio.Queue()
            await leg.request({"request": "register", "username": leg.name})
            await leg.event("registered")
            legs.append(leg)
        return legs[0], legs[1]

    async def ask(self, message: Message, handle: int | None = None) -> Message:
        """Its first answer: `success`, or `ack` while the plugin is at work."""
        number = str(next(self._numbers))
        message = {**message, "transaction": number}
        if message["janus"] != "create":
            message["session_id"] = self._session
        if handle is not None:
            message["handle_id"] = handle
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        await self._socket.send(json.dumps(message))
        async with asyncio.timeout(LIMIT_S):
            told: Message = await answer
        if told["janus"] == "error":
            raise RuntimeError(f"Janus: {told['error']}")
        return told

    async def next_event(self, handle: int) -> Message:
        async with asyncio.timeout(LIMIT_S):
            return await self._events[handle].get()

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in self._socket:
                told = json.loads(text)
                waiting = self._waiting.pop(told.get("transaction", ""), None)
                if told["janus"] == "event":
                    self._events[told["sender"]].put_nowait(told)
                if waiting is not None:  # an event may overtake the word that it will come
                    waiting.set_result(told)

    async def _keep_alive(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(KEEPALIVE_S)
                await self.ask({"janus": "keepalive"})


class Leg:
    """One end of a call: a handle of the plugin."""

    def __init__(self, janus: Janus, handle: int, name: str) -> None:
        self.handle = handle
        self.name = name
        self._janus = janus

    async def request(self, body: Message, description: Message | None = None) -> None:
        message: Message = {"janus": "message", "body": body}
        if description is not None:
            message["jsep"] = description
        await self._janus.ask(message, self.handle)

    async def event(self, kind: str) -> Message:
        """The next event of `kind`, whole; its `jsep` holds a session description."""
        while True:
            told = await self._janus.next_event(self.handle)
            data = told["plugindata"]["data"]
            if "error" in data:
                raise RuntimeError(f"Janus: {data['error']}")
            if data.get("result", {}).get("event") == kind:
                return told

    async def ring(self, other: Leg, offer: str) -> None:
        """Offer a call; the other end gets an `incomingcall`, this one `accepted` later."""
        asked = {"request": "call", "username": other.name}
        await self.request(asked, {"type": "offer", "sdp": offer, "trickle": False})

    async def accept(self, answer: str) -> None:
        jsep = {"type": "answer", "sdp": answer, "trickle": False}
        await self.request({"request": "accept"}, jsep)

    async def record(self) -> None:
        """Record what this end sends, a file for each track."""
        path = str(self._janus.folder / self.name)
        await self.request({"request": "set", "record": True, "filename": path})


@asynccontextmanager
async def janus(folder: Path) -> AsyncIterator[Janus]:
    """Janus with nothing but `videocall`, its recordings in `folder`."""
    program = shutil.which("janus")
    if program is None:
        raise RuntimeError("Janus is missing: apt-get install janus")
    port = _free_port()
    settings = folder / "settings"
    settings.mkdir()
    told = CONFIGURATION.format(
        secret=secrets.token_hex(8),
        plugins=",".join(f"libjanus_{one}.so" for one in OTHERS),
        transports=",".join(f"libjanus_{one}.so" for one in TRANSPORTS),
    )
    (settings / "janus.jcfg").write_text(told)
    (settings / "janus.transport.websockets.jcfg").write_text(SOCKETS.format(port=port))
    with (folder / "janus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program, "-F", str(settings), stdout=log, stderr=log, cwd=folder
        )
    one = Janus(process, folder)
    try:
        await one.open(port)
        yield one
        await one.close()
    finally:
        process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), LIMIT_S)


async def _dial(port: int) -> ClientConnection:
    while True:
        try:
            return await connect(
                f"ws://127.0.0.1:{port}", subprotocols=[Subprotocol("janus-protocol")]
            )
        except OSError:
            await asyncio.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
