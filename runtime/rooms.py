"""A run's rooms: placed on a worker, moved to another, asked for things, closed, lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction

from flow.graph import JsonValue
from runtime import edges, hints, outbox
from runtime.errors import EffectFailedError
from runtime.models import Job, QueueEntry, Room, Run, WorkerRequest
from runtime.placement import Wish, choose

LIVE = (Room.Status.OPENING, Room.Status.OPEN)
CARRYING = (Room.Status.OPEN, Room.Status.MOVING)
"""Their media runs at a worker."""
HELD = (*LIVE, Room.Status.MOVING)


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
    """The run's live room, or a new one with the next generation.

    Raises EffectFailedError with the reason why no worker may take it.
    """
    with transaction.atomic():
        return find_live(run_id) or _place_next(run_id, now_ms)


def begin_move(run_id: UUID, generation: int, now_ms: int) -> Room | None:
    """The room that takes the place of that `generation`, which carries media until then.

    The same again gives the same; None when there is nothing to move any more. Raises
    EffectFailedError as `place` does: the room stays where it is.
    """
    with transaction.atomic():
        live, held = find_live(run_id), Room.objects.filter(run_id=run_id, status__in=CARRYING)
        old = held.filter(generation=generation).first()
        if live is not None and live.generation > generation:
            return live
        if old is None:
            return None
        Room.objects.filter(pk=old.pk).update(status=Room.Status.MOVING)
        return _place_next(run_id, now_ms, leaves=old.worker_id)


def stay(run_id: UUID, generation: int) -> None:
    """The new place came to nothing: the room of that `generation` is the run's again."""
    if find_live(run_id) is None:
        Room.objects.filter(run_id=run_id, generation=generation, status=Room.Status.MOVING).update(
            status=Room.Status.OPEN
        )


def end_moves(run_id: UUID, before: int, now_ms: int) -> None:
    """Rooms older than generation `before` that were left are over; their workers are told."""
    left = Room.objects.filter(run_id=run_id, status=Room.Status.MOVING, generation__lt=before)
    for room in left.select_related("worker"):
        _end(room, (Room.Status.MOVING,), now_ms)


def _place_next(run_id: UUID, now_ms: int, leaves: UUID | None = None) -> Room:
    last = Room.objects.filter(run_id=run_id).order_by("generation").last()
    generation, route = (last.generation, last.route) if last is not None else (0, {})
    wish = replace(wish_of(run_id, route), is_pressed=generation > 0, not_on=leaves)
    worker = choose(wish, now_ms)
    return Room.objects.create(
        run_id=run_id,
        worker=worker,
        generation=generation + 1,
        route=route,
        opened_at_ms=now_ms,
    )


def wish_of(run_id: UUID, route: Mapping[str, list[str]]) -> Wish:
    """Where the run's room may be: by its flow and its queue, closer by `route`, near to all.

    Raises EffectFailedError `zone_not_allowed` when flow and queue have no zone in common.
    """
    zones, regions = allowed_to(run_id)
    return Wish(
        zones=tuple(route.get("zones") or zones),
        regions=(*route.get("regions", ()), *regions),
        near={} if route.get("regions") else edges.near_to(run_id),
    )


def allowed_to(run_id: UUID) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Zones and regions by flow and queue. Raises EffectFailedError `zone_not_allowed`."""
    settings = edges.settings_of(run_id)
    zones, regions = settings.get("media_zones") or (), settings.get("media_regions") or ()
    entries = QueueEntry.objects.select_related("queue").filter(run_id=run_id)
    entry = entries.order_by("since_ms").last()
    if entry is None:
        return _texts(zones), _texts(regions)
    theirs, both = _texts(entry.queue.media_zones), _texts(zones)
    common = tuple(one for one in both if one in theirs) if theirs and both else theirs or both
    if theirs and both and not common:
        told = f"the flow and the queue {entry.queue.key} have no zone in common"
        raise EffectFailedError("zone_not_allowed", told)
    return common, (*_texts(entry.queue.media_regions), *_texts(regions))


def _texts(names: object) -> tuple[str, ...]:
    return tuple(map(str, names)) if isinstance(names, list | tuple) else ()


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
    _end(room, LIVE, now_ms)


def _end(room: Room, those: tuple[str, ...], now_ms: int) -> None:
    with transaction.atomic():
        closed = Room.objects.filter(pk=room.pk, status__in=those).update(
            status=Room.Status.CLOSED, ended_at_ms=now_ms
        )
        if closed:
            ask(room, "room.close", {}, now_ms=now_ms, limit_ms=60_000)


def lose(room: Room, now_ms: int) -> None:
    """The room's media is gone: the run is told, and a new place is looked for."""
    with transaction.atomic():
        lost = Room.objects.filter(pk=room.pk, status__in=HELD).update(
            status=Room.Status.LOST, ended_at_ms=now_ms
        )
        if not lost:
            return
        _give_up_requests(room, now_ms)
        if not Run.objects.filter(pk=room.run_id, ending="").exists():
            return
        # An opening room is still its job's business, and so is one that had been left already.
        if room.status in CARRYING and find_live(room.run_id) is None:
            payload: dict[str, JsonValue] = {"generation": room.generation}
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
