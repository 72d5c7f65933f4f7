"""A room moves to another worker while people are in it: first the new place, then the old ends.

Nobody is told of an interruption. Browsers that see the new generation go there beside the old
one, which carries their media until they have arrived.
"""

from __future__ import annotations

from runtime import rooms
from runtime.effects import media
from runtime.effects.outcome import Outcome, Silent, Waiting
from runtime.models import Job, Room


def move_room(job: Job, now_ms: int) -> Outcome:
    """MoveRoom: open the room of one generation anew on another worker."""
    run = media.run_of(job)
    if run.ending:
        return Silent()
    if job.attempt > 1:
        media.give_up_opening(run, now_ms)
    room = rooms.begin_move(run.pk, job.payload["generation"], now_ms)
    if room is None:
        return Silent()
    if room.status == Room.Status.OPEN:
        return media.opened(job, room, now_ms)
    media.ask_to_open(job, room, now_ms)
    return Waiting(until_ms=now_ms + media.OPEN_LIMIT_MS)


def end_move(job: Job, now_ms: int) -> Outcome:
    """EndMove: everybody has had the time to leave the old room."""
    rooms.end_moves(media.run_of(job).pk, job.payload["generation"], now_ms)
    return Silent()
