"""Placing rooms on workers, asking workers for things, and noticing that a worker is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q

from flow.graph import JsonValue
from runtime import hints, outbox
from runtime.errors import EffectFailedError
from runtime.models import Job, Room, Run, Worker, WorkerRequest

SEEN_LIMIT_MS = 5_000
"""A worker unseen for this long gets no new room (heartbeats are written every second)."""
SILENT_LIMIT_MS = 30_000
"""Unseen for this long it is lost, whatever became of the web process that held its socket.

Longer than a web process takes to start again: calls outlive it, and its own death is no worker's.
"""
GONE_AFTER_MS = 1_500
"""Without its socket for this long it is lost."""
LOAD_LIMIT = 0.9
LIVE = (Room.Status.OPENING, Room.Status.OPEN)


def find_live(run_id: UUID) -> Room | None:
    """The run's opening or open room, or None."""
    return Room.objects.select_related("worker").filter(run_id=run_id, status__in=LIVE).first()


def get_open(run_id: UUID) -> Room:
    """The run's open room. Raises EffectFailedError `no_room`."""
    room = find_live(run_id)
    if room is None or room.status != Room.Status.OPEN:
        raise EffectFailedError("no_room", "the run has no open room")
    return room


def place(run_id: UUID, now_ms: int) -> Room:
    """The run's live room, or a new one on the least loaded live worker, with the next generation.

    Raises EffectFailedError `no_capacity` when no worker may take it.
    """
    with transaction.atomic():
        room = find_live(run_id)
        if room is not None:
            return room
        last = Room.objects.filter(run_id=run_id).aggregate(last=Max("generation"))["last"] or 0
        return Room.objects.create(
            run_id=run_id, worker=_choose_worker(now_ms), generation=last + 1, opened_at_ms=now_ms
        )


def _choose_worker(now_ms: int) -> Worker:
    """Least loaded, then fewest rooms, then by name. `load` is a share of a core in 0..1."""
    fit = Worker.objects.filter(
        status=Worker.Status.LIVE, seen_at_ms__gte=now_ms - SEEN_LIMIT_MS, load__lte=LOAD_LIMIT
    ).annotate(held=Count("rooms", filter=Q(rooms__status__in=LIVE)))
    for worker in fit.order_by("load", "held", "name"):
        if not worker.capacity or worker.held < worker.capacity:
            return worker
    raise EffectFailedError("no_capacity", "no media worker is free")


def ask(
    room: Room,
    kind: str,
    params: Mapping[str, JsonValue],
    *,
    now_ms: int,
    limit_ms: int,
    job: Job | None = None,
) -> WorkerRequest:
    """Ask the room's worker for something; the same job asks the same room only once."""
    wanted = {
        "worker": room.worker,
        "kind": kind,
        "params": dict(params),
        "asked_at_ms": now_ms,
        "deadline_ms": now_ms + limit_ms,
    }
    with transaction.atomic():
        if job is None:
            request = WorkerRequest.objects.create(room=room, **wanted)
        else:
            request, _ = WorkerRequest.objects.get_or_create(job=job, room=room, defaults=wanted)
        transaction.on_commit(lambda: hints.tell_worker(room.worker_id))
    return request


def record_answer(
    request_id: UUID, worker_id: UUID, *, ok: bool, answer: Mapping[str, Any]
) -> WorkerRequest | None:
    """Store the asked worker's answer, once; None when there is nothing to answer (any more)."""
    status = WorkerRequest.Status.ANSWERED if ok else WorkerRequest.Status.FAILED
    changed = WorkerRequest.objects.filter(
        pk=request_id, worker_id=worker_id, status=WorkerRequest.Status.ASKED
    ).update(status=status, answer=dict(answer))
    if not changed:
        return None
    request = WorkerRequest.objects.select_related("room", "room__worker").get(pk=request_id)
    if request.job_id is None:
        run_id = request.room.run_id
        transaction.on_commit(lambda: hints.tell_run(run_id, 0))
    return request


def asked_of(worker_id: UUID, now_ms: int) -> list[WorkerRequest]:
    """What the worker has not answered yet and may still, in order of asking."""
    asked = WorkerRequest.objects.filter(
        worker_id=worker_id, status=WorkerRequest.Status.ASKED, deadline_ms__gt=now_ms
    )
    return list(asked.select_related("room").order_by("id"))


def close(room: Room, now_ms: int) -> None:
    """The room is over; its worker is told and need not answer for it to be so."""
    with transaction.atomic():
        closed = Room.objects.filter(pk=room.pk, status__in=LIVE).update(
            status=Room.Status.CLOSED, ended_at_ms=now_ms
        )
        if closed:
            ask(room, "room.close", {}, now_ms=now_ms, limit_ms=60_000)


def enrol(worker: Worker, held: Iterable[tuple[str, int]], now_ms: int, **facts: Any) -> Worker:
    """A worker's socket is (back) here.

    `held` is the (room, generation) it still holds; others are lost.
    """
    with transaction.atomic():
        Worker.objects.filter(pk=worker.pk).update(
            status=Worker.Status.LIVE, seen_at_ms=now_ms, load=0, epoch=worker.epoch + 1, **facts
        )
        worker.refresh_from_db()
        still = {(str(room), generation) for room, generation in held}
        for room in Room.objects.filter(worker=worker, status=Room.Status.OPEN):
            if (str(room.run_id), room.generation) not in still:
                lose(room, now_ms)
        _hasten_placing(now_ms)
    return worker


def _hasten_placing(now_ms: int) -> None:
    """Rooms that found no place need not wait out their pause: there is a worker now."""
    kinds = ("OpenRoom", "PlaceRoom")
    waiting = Job.objects.filter(kind__in=kinds, status=Job.Status.READY, due_at_ms__gt=now_ms)
    if waiting.update(due_at_ms=now_ms):
        transaction.on_commit(hints.wake_dispatcher)


def close_strays(worker: Worker, held: Iterable[tuple[str, int]], now_ms: int) -> None:
    """Close rooms the worker still holds that were replaced or ended while it was away."""
    for run_id, generation in held:
        room = Room.objects.filter(worker=worker, run_id=run_id, generation=generation).first()
        if room is not None and room.status not in LIVE:
            ask(room, "room.close", {}, now_ms=now_ms, limit_ms=60_000)


def beat(worker_id: UUID, load: float, now_ms: int) -> None:
    """The worker is there, with this load."""
    Worker.objects.filter(pk=worker_id).update(load=load, seen_at_ms=now_ms)


def plan_check(worker: Worker, now_ms: int) -> None:
    """Its socket is gone: without a new one soon, it is lost."""
    outbox.put(
        "CheckWorker",
        key=f"worker-gone:{worker.pk}:{worker.epoch}",
        due_at_ms=now_ms + GONE_AFTER_MS,
        payload={"worker": str(worker.pk), "epoch": worker.epoch},
    )


def lose_worker(worker_id: UUID, epoch: int, now_ms: int) -> None:
    """Everything the worker held is lost, unless it has come back since `epoch`."""
    with transaction.atomic():
        gone = Worker.objects.filter(pk=worker_id, epoch=epoch).exclude(status=Worker.Status.LOST)
        if not gone.update(status=Worker.Status.LOST, epoch=epoch + 1):
            return
        for room in Room.objects.filter(worker_id=worker_id, status__in=LIVE):
            lose(room, now_ms)


def lose(room: Room, now_ms: int) -> None:
    """The room's media is gone: the run is told, and a new place is looked for."""
    with transaction.atomic():
        lost = Room.objects.filter(pk=room.pk, status__in=LIVE).update(
            status=Room.Status.LOST, ended_at_ms=now_ms
        )
        if not lost:
            return
        _give_up_requests(room, now_ms)
        if not Run.objects.filter(pk=room.run_id, ending="").exists():
            return
        payload: dict[str, JsonValue] = {"generation": room.generation}
        if room.status == Room.Status.OPEN:  # an opening room is still its OpenRoom job's business
            for kind in ("MediaLost", "PlaceRoom"):
                key = f"{room.run_id}/{kind}:{room.generation}"
                outbox.put(kind, key=key, due_at_ms=now_ms, run_id=room.run_id, payload=payload)


def _give_up_requests(room: Room, now_ms: int) -> None:
    """What was asked of the lost worker fails; its jobs try again at once."""
    asked = WorkerRequest.objects.filter(room=room, status=WorkerRequest.Status.ASKED)
    jobs = list(asked.filter(job__isnull=False).values_list("job_id", flat=True))
    asked.update(status=WorkerRequest.Status.FAILED, answer={"code": "worker_lost", "message": ""})
    Job.objects.filter(pk__in=jobs, status=Job.Status.WAITING).update(
        status=Job.Status.READY, lease_until_ms=None, due_at_ms=now_ms
    )
    transaction.on_commit(lambda: hints.tell_run(room.run_id, 0))


def lose_silent(now_ms: int) -> None:
    """Workers nobody has heard of for SILENT_LIMIT_MS are lost."""
    silent = Worker.objects.exclude(status=Worker.Status.LOST).filter(
        seen_at_ms__lt=now_ms - SILENT_LIMIT_MS
    )
    for worker_id, epoch in silent.values_list("pk", "epoch"):
        lose_worker(worker_id, epoch, now_ms)
