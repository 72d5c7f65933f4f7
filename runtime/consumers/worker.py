"""`/ws/worker/`: a media worker.

Requests go out from their rows; answers and events come in, once each.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from typing import Any

import structlog
from typing_extensions import override

from accounts.access import WorkerPass, can
from runtime import dispatch, hints, intake, pool, rooms
from runtime.clock import now_ms
from runtime.consumers.base import Socket, in_database
from runtime.consumers.rounds import RESTARTING
from runtime.messages import (
    Answer,
    Enrol,
    Heartbeat,
    WorkerEvent,
    WorkerMessage,
    parse_worker,
)
from runtime.models import Worker

HEARTBEAT_MS = 500
BEAT_LIMIT_S = 2.5
"""Five heartbeats missed on an open socket: the worker hangs."""
BEAT_WRITTEN_EVERY_S = 1.0
SILENT, LEAVING = 4408, 1001

log = structlog.get_logger(__name__)


class WorkerSocket(Socket):
    """The socket of one worker process; a second one of the same worker replaces it."""

    kind = "worker"
    rate_per_s = 400.0
    burst = 4_000.0
    silence_limit_s = BEAT_LIMIT_S
    _ended_with = 0
    """Our own code, when it is we who close."""
    _has_left = False
    """It has said goodbye."""

    @override
    async def connect(self) -> None:
        self.worker = await in_database(_find_worker)(_bearer(self.scope))
        self._sent: set[str] = set()
        self._beat_written_at = 0.0
        self._told_to_drain = False
        await super().connect()
        if self.worker is None:
            await self.end(4401)

    @override
    def read(self, text: str) -> WorkerMessage:
        return parse_worker(text)

    @override
    async def handle(self, message: WorkerMessage) -> None:
        match message:
            case Enrol():
                await self._enrol(message)
            case _ if not self.is_known:
                await self.refuse("not_allowed")
            case Heartbeat():
                await self._beat(message)
            case Answer():
                await in_database(self._settle)(message)
            case WorkerEvent():
                await self._take(message)

    @override
    async def regret(self, message: Any) -> None:
        """A worker says again what was not acknowledged; its calls must not suffer meanwhile."""
        if not self.is_known:
            await self.end(RESTARTING)

    @override
    async def refresh(self) -> None:
        """Send what has been asked and not been sent over this socket yet."""
        if not self.is_known or self.worker is None:
            return
        status = await in_database(self._find_status)(self.worker)
        if status is None:
            await self.end(4409)
            return
        if status == Worker.Status.DRAINING and not self._told_to_drain:
            self._told_to_drain = True
            await self.tell("drain")
        for request in await in_database(self._asked)(self.worker):
            self._sent.add(request["id"])
            await self.tell("request", **request)

    async def worker_hint(self, _hint: dict[str, Any]) -> None:
        self.note_due()

    @override
    async def gone(self) -> None:
        assert self.worker is not None  # noqa: S101 - only a known worker enrols
        await self.channel_layer.group_discard(
            hints.worker_group(self.worker.pk), self.channel_name
        )
        await in_database(pool.note_away)(self.worker, now_ms(), after_ms=self._patience_ms())

    @override
    async def disconnect(self, code: int) -> None:
        self._has_left = code == LEAVING
        await super().disconnect(code)

    @override
    async def end(self, code: int) -> None:
        self._ended_with = self._ended_with or code
        await super().end(code)

    def _patience_ms(self) -> int:
        """How long it has to come back: none when it hung or left, long when it is we who went."""
        if self._ended_with == SILENT or self._has_left:
            return 0
        return pool.GONE_AFTER_MS if self._ended_with else pool.CLOSED_AFTER_MS

    async def _enrol(self, enrol: Enrol) -> None:
        if self.worker is None or enrol.worker != self.worker.name:
            await self.end(4403)
            return
        self.worker = await in_database(_enrolled)(self.worker, enrol)
        self.welcome_in()
        # The first heartbeat measures the start, which keeps a core busy: no room would be placed.
        self._beat_written_at = time.monotonic()
        group = hints.worker_group(self.worker.pk)
        await self.channel_layer.group_add(group, self.channel_name)
        await self.channel_layer.group_send(
            group, {"type": "worker.hint", "worker": group, "seq": 0}
        )
        await self.tell("welcome", worker=self.worker.name, heartbeat_ms=HEARTBEAT_MS)
        await self.refresh()

    async def _beat(self, beat: Heartbeat) -> None:
        now = time.monotonic()
        if self.worker is not None and now - self._beat_written_at >= BEAT_WRITTEN_EVERY_S:
            self._beat_written_at = now
            measured = {
                "load": beat.load,
                "peers": beat.peers,
                "packets_per_s": beat.packets_per_s,
            }
            await in_database(pool.beat)(self.worker, measured, now_ms())
        if beat.is_draining and not self._told_to_drain:
            await self._let_go()

    async def _let_go(self) -> None:
        """It wants to leave: its rooms move, or nobody can take them and it need not wait."""
        assert self.worker is not None  # noqa: S101 - `handle` looked
        self._told_to_drain = True
        if not await in_database(pool.let_go)(self.worker, now_ms()):
            await self.tell("leave")

    async def _take(self, event: WorkerEvent) -> None:
        """Acknowledge after the commit; an event that fails to be stored comes again."""
        assert self.worker is not None  # noqa: S101 - `handle` looked
        try:
            await in_database(intake.take)(self.worker.pk, event, now_ms())
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("worker_event_not_stored", kind=event.kind, event=str(event.id))
            return
        await self.tell("ack", id=str(event.id))

    def _settle(self, answer: Answer) -> None:
        assert self.worker is not None  # noqa: S101 - `handle` looked
        dispatch.settle(
            answer.id,
            worker_id=self.worker.pk,
            ok=answer.ok,
            answer=answer.content,
            now_ms=now_ms(),
        )

    def _find_status(self, worker: Worker) -> str | None:
        """None when another socket of the worker speaks, or it was given up."""
        current = Worker.objects.filter(pk=worker.pk, epoch=worker.epoch)
        return current.values_list("status", flat=True).first()

    def _asked(self, worker: Worker) -> list[dict[str, Any]]:
        return [
            {
                "id": str(one.pk),
                "kind": one.kind,
                "room": str(one.room.run_id),
                "generation": one.room.generation,
                "params": one.params,
            }
            for one in rooms.asked_of(worker.pk, now_ms())
            if str(one.pk) not in self._sent
        ]


def _enrolled(worker: Worker, enrol: Enrol) -> Worker:
    facts = {
        "zone": enrol.zone,
        "region": enrol.region,
        "host": enrol.host,
        "udp_port": enrol.udp_port,
        "addresses": list(enrol.addresses),
        "capacity": enrol.capacity,
        "is_standby": enrol.is_standby,
        "version": enrol.version,
    }
    worker = pool.enrol(worker, enrol.rooms, now_ms(), is_draining=enrol.is_draining, **facts)
    pool.close_strays(worker, enrol.rooms, now_ms())
    return worker


def _bearer(scope: Mapping[str, Any]) -> str:
    for name, value in scope.get("headers", []):
        if name.lower() == b"authorization" and value.startswith(b"Bearer "):
            return str(value[7:].decode("latin-1").strip())
    return ""


def _find_worker(token: str) -> Worker | None:
    hashed = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    worker = Worker.objects.filter(token_hash=hashed).first()
    if worker is None or not can(WorkerPass(worker_id=worker.name), "worker.connect"):
        return None
    return worker
