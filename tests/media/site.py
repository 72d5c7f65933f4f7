"""The site's side of the worker protocol, small, and a worker process on it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from websockets import ConnectionClosed
from websockets.asyncio.server import ServerConnection, serve

TOKEN = "t0ken"
PATIENCE_S = 60.0  # how long a busy machine may take for anything; a right answer comes at once
Message = dict[str, Any]


class RefusedError(Exception):
    """The worker answered ok: false."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def grant(room: str, generation: int, prefix: str = "run1/1/", live_s: float = 60) -> str:
    body = {
        "room": room,
        "generation": generation,
        "prefix": prefix,
        "expires_at_ms": int((time.time() + live_s) * 1000),
    }
    text = base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=").decode()
    return f"{text}.c2lnbmF0dXJl"


class Site:
    """Accepts one worker, sends requests, keeps events."""

    def __init__(self) -> None:
        self.port = 0
        self.enrolled: list[Message] = []
        self.refused = 0  # sockets without the token
        self.heartbeats: list[Message] = []
        self.events: list[Message] = []
        self.answers: list[Message] = []
        self.acknowledges = True
        self._socket: ServerConnection | None = None
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        self._server: Any = None
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/worker/"

    async def start(self) -> None:
        self._server = await serve(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def ask(
        self, kind: str, room: str = "r1", generation: int = 1, request_id: str = "", **params: Any
    ) -> Message:
        await self.until(lambda: self._socket is not None)
        assert self._socket is not None
        request_id = request_id or str(uuid.uuid4())
        answer = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = answer
        message: Message = {"type": "request", "id": request_id, "kind": kind, "room": room}
        message |= {"generation": generation, "params": params}
        await self._socket.send(json.dumps(message))
        got = await asyncio.wait_for(answer, PATIENCE_S)
        if not got["ok"]:
            raise RefusedError(got["code"], got["message"])
        result: Message = got["result"]
        return result

    async def send(self, message: Message) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(message))

    async def hang_up(self) -> None:
        """Close the worker's socket, as for one that says nothing any more; nobody need hear it."""
        assert self._socket is not None
        self._socket.transport.abort()
        await self.until(lambda: self._socket is None)

    def find(self, kind: str, **fields: Any) -> list[Message]:
        found = [event for event in self.events if event["kind"] == kind]
        return [e for e in found if all(e["data"].get(k) == v for k, v in fields.items())]

    async def until(self, is_true: Any, limit_s: float = PATIENCE_S) -> None:
        async with asyncio.timeout(limit_s):
            while not is_true():
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.1)

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        if socket.request.headers.get("Authorization") != f"Bearer {TOKEN}":
            await socket.close(4401)
            self.refused += 1
            return
        self._socket = socket
        try:
            with contextlib.suppress(ConnectionClosed):  # a killed worker says nothing
                async for text in socket:
                    await self._take(socket, json.loads(text))
        finally:
            if self._socket is socket:
                self._socket = None

    async def _take(self, socket: ServerConnection, message: Message) -> None:
        match message["type"]:
            case "enrol":
                self.enrolled.append(message)
                welcome = {"type": "welcome", "worker": message["worker"], "heartbeat_ms": 500}
                await socket.send(json.dumps(welcome))
            case "heartbeat":
                self.heartbeats.append(message)
            case "answer":
                self.answers.append(message)
                waiting = self._waiting.pop(message["id"], None)
                if waiting is not None:
                    waiting.set_result(message)
            case "event":
                if message["id"] not in [event["id"] for event in self.events]:
                    self.events.append(message)
                if self.acknowledges:
                    await socket.send(json.dumps({"type": "ack", "id": message["id"]}))
        self._changed.set()


class WorkerProcess:
    """`python -m runtime.media` as a child."""

    def __init__(
        self, site: Site, folder: Path, *, advertise: tuple[str, ...] = ("127.0.0.1",)
    ) -> None:
        self.spool = folder / "spool"
        self.media = folder / "media"
        self.log = folder / "worker.log"
        self._token = folder / "token"
        self._token.write_text(TOKEN + "\n")
        self._site = site
        self._advertise = advertise
        self._process: asyncio.subprocess.Process | None = None

    @property
    def port(self) -> int:
        return int(self._site.enrolled[-1]["udp_port"])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        before = len(self._site.enrolled)
        arguments = ["-m", "runtime.media", "--site", self._site.url, "--worker", "w1"]
        arguments += ["--token-file", str(self._token), "--udp-port", "0"]
        arguments += ["--spool", str(self.spool), "--deliver", str(self.media)]
        for address in self._advertise:
            arguments += ["--advertise", address]
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *arguments, stdout=log, stderr=log, cwd=Path(__file__).parents[2]
            )
        await self._site.until(lambda: len(self._site.enrolled) > before)

    async def kill(self) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
        try:
            return await asyncio.wait_for(self._process.wait(), PATIENCE_S)
        except TimeoutError:
            await self.kill()
            raise

    async def ended(self) -> int:
        """Its exit code, when it ends by itself."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), PATIENCE_S)

    def log_text(self) -> str:
        return self.log.read_text()
