"""The media workers of the site: who has come, is heard of, leaves, or is lost.

A worker's socket says that it lives. When it closes, the worker's calls may still go on: it is
`away` and has a moment to come back before its rooms are given to another. A worker that says
nothing on an open socket has had its moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from runtime import hints, outbox, rooms
from runtime.models import Job, Room, Worker
from runtime.placement import has_another

SILENT_LIMIT_MS = 30_000
"""Unseen for this long it is lost, whatever became of the web process that held its socket.

Longer than a web process takes to start again: calls outlive it, and its own death is no worker's.
"""
GONE_AFTER_MS = 1_500
"""Without its socket for this long it is lost."""
CLOSED_AFTER_MS = 300
"""The same when the other end closed the socket, as at the worker's death, and another worker
can take its rooms. One that lives dials again at once."""
_THERE = (Worker.Status.LIVE, Worker.Status.DRAINING)


def enrol(
    worker: Worker,
    held: Iterable[tuple[str, int]],
    now_ms: int,
    *,
    is_draining: bool = False,
    **facts: Any,
) -> Worker:
    """A worker's socket is (back) here.

    `held` is the (room, generation) it still holds; others are lost.
    """
    still = {(str(room), generation) for room, generation in held}
    with transaction.atomic():
        was_told = worker.status == Worker.Status.DRAINING and bool(still)
        status = Worker.Status.DRAINING if is_draining or was_told else Worker.Status.LIVE
        Worker.objects.filter(pk=worker.pk).update(
            status=status, seen_at_ms=now_ms, load=0, epoch=F("epoch") + 1, **facts
        )
        worker.refresh_from_db()
        for room in Room.objects.filter(worker=worker, status__in=rooms.CARRYING):
            if (str(room.run_id), room.generation) not in still:
                rooms.lose(room, now_ms)
        _hasten_placing(now_ms)
    return worker


def _hasten_placing(now_ms: int) -> None:
    """Rooms that found no place need not wait out their pause: there is a worker now."""
    kinds = ("OpenRoom", "PlaceRoom", "MoveRoom")
    waiting = Job.objects.filter(kind__in=kinds, status=Job.Status.READY, due_at_ms__gt=now_ms)
    if waiting.update(due_at_ms=now_ms):
        transaction.on_commit(hints.wake_dispatcher)


def close_strays(worker: Worker, held: Iterable[tuple[str, int]], now_ms: int) -> None:
    """Close rooms the worker still holds that were replaced or ended while it was away."""
    for run_id, generation in held:
        room = Room.objects.filter(worker=worker, run_id=run_id, generation=generation).first()
        if room is not None and room.status not in rooms.HELD:
            rooms.ask(room, "room.close", {}, now_ms=now_ms, limit_ms=60_000)


def beat(worker: Worker, measured: dict[str, float], now_ms: int) -> None:
    """The worker is there, with this load; a socket that was given up says nothing any more."""
    Worker.objects.filter(pk=worker.pk, epoch=worker.epoch).update(seen_at_ms=now_ms, **measured)


def note_away(worker: Worker, now_ms: int, *, after_ms: int) -> None:
    """Its socket is gone: without a new one in `after_ms`, it is lost.

    If nobody else could take its rooms, it has GONE_AFTER_MS at least.
    """
    current = Worker.objects.filter(pk=worker.pk, epoch=worker.epoch)
    if current.filter(status=Worker.Status.LIVE).update(status=Worker.Status.AWAY):
        worker.status = Worker.Status.AWAY
    if after_ms < GONE_AFTER_MS and not has_another(worker, now_ms):
        after_ms = GONE_AFTER_MS
    outbox.put(
        "CheckWorker",
        key=f"worker-gone:{worker.pk}:{worker.epoch}",
        due_at_ms=now_ms + after_ms,
        payload={"worker": str(worker.pk), "epoch": worker.epoch},
    )


def lose_worker(worker_id: UUID, epoch: int, now_ms: int) -> None:
    """Everything the worker held is lost, unless it has come back since `epoch`."""
    with transaction.atomic():
        gone = Worker.objects.filter(pk=worker_id, epoch=epoch).exclude(status=Worker.Status.LOST)
        if not gone.update(status=Worker.Status.LOST, epoch=epoch + 1):
            return
        for room in Room.objects.filter(worker_id=worker_id, status__in=rooms.HELD):
            rooms.lose(room, now_ms)


def lose_silent(now_ms: int) -> None:
    """Workers nobody has heard of for SILENT_LIMIT_MS are lost."""
    silent = Worker.objects.exclude(status=Worker.Status.LOST).filter(
        seen_at_ms__lt=now_ms - SILENT_LIMIT_MS
    )
    for worker_id, epoch in silent.values_list("pk", "epoch"):
        lose_worker(worker_id, epoch, now_ms)


def drain(worker: Worker, now_ms: int) -> int:
    """Give the worker no more rooms and move those it has; how many those are.

    Told again it changes nothing.
    """
    with transaction.atomic():
        there = Worker.objects.filter(pk=worker.pk, status__in=(*_THERE, Worker.Status.AWAY))
        if not there.update(status=Worker.Status.DRAINING):
            return 0
        moving = list(Room.objects.filter(worker=worker, status=Room.Status.OPEN))
        for room in moving:
            outbox.put(
                "MoveRoom",
                key=f"{room.run_id}/MoveRoom:{room.generation}",
                due_at_ms=now_ms,
                run_id=room.run_id,
                payload={"generation": room.generation},
            )
        transaction.on_commit(lambda: hints.tell_worker(worker.pk))
    return len(moving)


def let_go(worker: Worker, now_ms: int) -> bool:
    """A worker that was told to stop: whether it should wait until its rooms have moved."""
    with transaction.atomic():
        could_move = has_another(worker, now_ms)
        if could_move:
            drain(worker, now_ms)
        else:
            Worker.objects.filter(pk=worker.pk).update(status=Worker.Status.DRAINING)
    return could_move
