"""The worker's socket to the site: enrol, heartbeats, requests by id, events until acknowledged.

The site may go away and come back: rooms live on, unacknowledged events wait, and a request that is
sent again gets the answer it got the first time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import ssl
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import structlog
import websockets
from websockets.asyncio.client import ClientConnection, connect

from runtime.media.errors import MediaError

PROTOCOL = 1
HEARTBEAT_S = 0.5
RESEND_S = 5.0
BACKOFF_S = (0.25, 8.0)
STOOD_S = 2.0
"""A socket that stood for so long is dialled again at once: its rooms are given away soon."""
KEPT_ANSWERS = 1024
MAX_MESSAGE_BYTES = 256 * 1024
EVENTS_PER_S = 200  # sent again after a long absence, spread out

log = structlog.get_logger(__name__)

Message = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Where to dial, and as whom."""

    site: str
    worker: str
    token: str
    tls: ssl.SSLContext | None = None


def trust(site: str, certificate: Path | None) -> ssl.SSLContext | None:
    """Whom to believe at a wss:// site: this certificate alone, or the machine's authorities."""
    return ssl.create_default_context(cafile=certificate) if site.startswith("wss:") else None


class Link:
    """Keeps the site informed and carries out what it asks, across lost sockets.

    `enrolment` and `load` give the fields of the messages of that name; `perform` carries a request
    out: (kind, room, generation, params) -> result, raising MediaError. `on_order` hears `drain`
    and `leave`.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        enrolment: Callable[[], Message],
        load: Callable[[], Message],
        perform: Callable[[Message], Awaitable[Message]],
        on_ack: Callable[[str], None],
        on_order: Callable[[str], None],
    ) -> None:
        self._credentials = credentials
        self._enrolment = enrolment
        self._load = load
        self._perform = perform
        self._on_ack = on_ack
        self._on_order = on_order
        self._socket: ClientConnection | None = None
        self._events: OrderedDict[str, Message] = OrderedDict()
        self._answers: OrderedDict[str, Message] = OrderedDict()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._read = 0
        """Frames read from the socket that stands."""
        self._settled = asyncio.Event()
        self._settled.set()

    @property
    def is_connected(self) -> bool:
        return self._socket is not None

    @property
    def unacknowledged(self) -> int:
        return len(self._events)

    def emit(self, room: str, generation: int, kind: str, data: Message) -> str:
        """Send an event, now and until it is acknowledged; gives its id."""
        event_id = str(uuid.uuid4())
        event = {"type": "event", "id": event_id, "room": room, "generation": generation}
        self._events[event_id] = event | {"kind": kind, "data": data}
        self._settled.clear()
        self._send_soon(self._events[event_id])
        return event_id

    async def run(self) -> None:
        """Dial for ever; ends only by being cancelled."""
        attempt = 0
        while True:
            began = monotonic()
            try:
                async with self._dial() as socket:
                    attempt = 0
                    await self._serve(socket)
            except (OSError, TimeoutError, websockets.WebSocketException) as error:
                log.info("site_unreachable", reason=type(error).__name__)
            self._socket = None
            if attempt or monotonic() - began < STOOD_S:
                limit = min(BACKOFF_S[1], BACKOFF_S[0] * 2**attempt)
                await asyncio.sleep(random.uniform(BACKOFF_S[0] / 2, limit))  # noqa: S311 - jitter
            attempt = min(attempt + 1, 10)

    def beat_now(self) -> None:
        """Something in the heartbeat must be known at once."""
        self._send_soon({"type": "heartbeat"} | self._load())

    async def settle(self, limit_s: float) -> bool:
        """Wait until every event is acknowledged; False when the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._settled.wait()
        return not self._events

    async def close(self) -> None:
        """Say goodbye to the site."""
        if self._socket is not None:
            await self._socket.close(1001)

    def _dial(self) -> connect:
        return connect(
            self._credentials.site,
            ssl=self._credentials.tls,
            additional_headers={"Authorization": f"Bearer {self._credentials.token}"},
            max_size=MAX_MESSAGE_BYTES,
            compression=None,  # a heartbeat is 150 bytes; deflating it costs more than its bytes
            open_timeout=5,
            ping_interval=10,
            ping_timeout=10,
            close_timeout=1,
        )

    async def _serve(self, socket: ClientConnection) -> None:
        enrol = {"type": "enrol", "protocol": PROTOCOL, "worker": self._credentials.worker}
        await socket.send(json.dumps(enrol | self._enrolment()))
        self._socket, self._read = socket, 0
        async with asyncio.TaskGroup() as tasks:
            beats = tasks.create_task(self._beat(socket), name="heartbeat")
            again = tasks.create_task(self._resend(socket), name="resend events")
            try:
                await self._listen(socket)
            finally:
                self._socket = None
                beats.cancel()
                again.cancel()

    async def _listen(self, socket: ClientConnection) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in socket:
                self._read += 1
                self._handle(text)

    async def _beat(self, socket: ClientConnection) -> None:
        told = 0
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await socket.send(json.dumps({"type": "heartbeat"} | self._load()))
                if self._read > told:
                    told = self._read
                    await socket.send(json.dumps({"type": "seen", "frames": told}))
                await asyncio.sleep(HEARTBEAT_S)

    async def _resend(self, socket: ClientConnection) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.sleep(RESEND_S)
                await self._send_events(socket)

    async def _send_events(self, socket: ClientConnection) -> None:
        for event in list(self._events.values()):
            await socket.send(json.dumps(event))
            await asyncio.sleep(1 / EVENTS_PER_S)

    def _handle(self, text: str | bytes) -> None:
        try:
            message = json.loads(text)
            kind = message["type"]
        except (ValueError, TypeError, KeyError):
            log.warning("malformed_message")
            return
        if kind == "request":
            self._take_request(message)
        elif kind == "ack":
            self._take_ack(str(message.get("id")))
        elif kind == "welcome":
            socket = self._socket
            if socket is not None and self._events:
                self._own("welcome", self._send_all(socket))
        elif kind in ("drain", "leave"):
            self._on_order(kind)

    def _take_ack(self, event_id: str) -> None:
        if self._events.pop(event_id, None) is None:
            return
        self._on_ack(event_id)
        if not self._events:
            self._settled.set()

    def _take_request(self, message: Message) -> None:
        request_id = message.get("id")
        if not isinstance(request_id, str):
            log.warning("malformed_message")
            return
        if request_id in self._answers:
            self._send_soon(self._answers[request_id])
        elif request_id not in self._running:
            self._own(request_id, self._answer(request_id, message))

    async def _answer(self, request_id: str, message: Message) -> None:
        answer: Message = {"type": "answer", "id": request_id}
        try:
            answer |= {"ok": True, "result": await self._perform(message)}
        except MediaError as error:
            answer |= {"ok": False, "code": error.code, "message": str(error)}
        except Exception:  # one bad request must not end the worker's calls
            log.exception("request_failed", kind=message.get("kind"))
            answer |= {"ok": False, "code": "internal", "message": "the worker failed"}
        self._answers[request_id] = answer
        while len(self._answers) > KEPT_ANSWERS:
            self._answers.popitem(last=False)
        await self._send(answer)

    async def _send_all(self, socket: ClientConnection) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            await self._send_events(socket)

    def _send_soon(self, message: Message) -> None:
        if self._socket is not None:
            self._own(str(uuid.uuid4()), self._send(message))

    async def _send(self, message: Message) -> None:
        if self._socket is not None:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._socket.send(json.dumps(message))

    def _own(self, name: str, work: Any) -> None:
        task = asyncio.create_task(work, name=name)
        self._running[name] = task
        task.add_done_callback(lambda _: self._running.pop(name, None))
