"""Events of media workers: each is stored once, whichever way it comes again."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from runtime import hints
from runtime.errors import GrantError
from runtime.evidence import files, recordings
from runtime.evidence.recordings import BrokenChainError, MissingSegmentError
from runtime.messages import WorkerEvent
from runtime.models import PeerOffer, Room


def take(worker_id: UUID, event: WorkerEvent, now_ms: int) -> None:
    """Store one event of a worker.

    What concerns no room of its own is passed over, and so acknowledged.
    """
    room = (
        Room.objects.select_related("run", "worker")
        .filter(worker_id=worker_id, run_id=event.room, generation=event.generation)
        .first()
    )
    if room is None:
        return
    if room.run.erased_at_ms is not None:
        files.remove_run(room.run_id)  # it may have delivered just now
        return
    match event.kind:
        case "offer":
            _offer(room, event, now_ms)
        case "recording" | "delivered":
            _recording(room, event, now_ms)
        case _:
            return  # peer_state: the participant's own socket says whether they are there


def _offer(room: Room, event: WorkerEvent, now_ms: int) -> None:
    peer = str(event.data.get("peer", ""))[:60]
    party = str(event.data.get("party", ""))[:60]
    with transaction.atomic():
        PeerOffer.objects.get_or_create(
            pk=event.id,
            defaults={
                "room": room,
                "participant": party,
                "peer": peer,
                "sdp": str(event.data.get("sdp", "")),
                "at_ms": now_ms,
            },
        )
        transaction.on_commit(lambda: hints.tell_run(room.run_id, 0))


def _recording(room: Room, event: WorkerEvent, now_ms: int) -> None:
    """What cannot be true is reported and not asked for again.

    Sending it again would not make it true.
    """
    take_it = recordings.take_segments if event.kind == "recording" else recordings.take_delivery
    try:
        take_it(room, event.data, now_ms)
    except MissingSegmentError:
        raise
    except (GrantError, BrokenChainError, KeyError, TypeError, ValueError) as error:
        recordings.report_refused(room, event.data, error)
