"""Which worker gets a room: one that may take it, is heard of, and has the most to spare.

Nothing is written here. New rooms leave those that stand by alone: they are kept free for the rooms
of a worker that is lost or leaves. A room that had a place before may be put closer: people in the
middle of a call rather have a worker that is nearly full than none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from uuid import UUID

from django.db.models import Count, Q

from runtime.errors import EffectFailedError
from runtime.models import Room, Worker

SEEN_LIMIT_MS = 5_000
"""A worker unseen for this long gets no new room (heartbeats are written every second)."""
LOAD_LIMIT = 0.75
"""Share of a core up to which a worker takes new rooms: above it, packets begin to wait."""
PRESSED_LIMIT = 0.9
"""The same for rooms that had a place before."""
NEAR_MS = 20
FRESH_MS = 2_000
ROOM_SHARE = 0.02
"""What a room is taken to cost until the worker's measured load shows it."""
HOLDING = (Room.Status.OPENING, Room.Status.OPEN, Room.Status.MOVING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Where a room may stand. Empty zones: in any; regions in order of preference.

    What was measured comes before that order: differences of a NEAR_MS are none.
    """

    zones: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    near: Mapping[str, float] = field(default_factory=dict)
    """Region -> round trip in ms of whoever is furthest from it."""
    is_pressed: bool = False
    """It had a place before."""
    not_on: UUID | None = None


def choose(wish: Wish, now_ms: int) -> Worker:
    """The nearest region first, then the least loaded, then by name.

    Raises EffectFailedError: `zone_not_served` when no worker stands where the room may be,
    `no_worker` when none there is alive, `no_capacity` when all are full.
    """
    placed = _placed(wish)
    live = [one for one in placed if one.status == Worker.Status.LIVE]
    heard = [one for one in live if one.seen_at_ms >= now_ms - SEEN_LIMIT_MS]
    if not placed and wish.zones and Worker.objects.exists():
        zones = ", ".join(wish.zones)
        raise EffectFailedError("zone_not_served", f"no media worker in zone {zones}")
    if not heard:
        raise EffectFailedError("no_worker", "no media worker is alive")
    held = _held(heard, now_ms)
    fit = [one for one in _willing(heard, wish) if _has_room(one, held, wish)]
    if not fit:
        raise EffectFailedError("no_capacity", "every media worker that may take the room is full")
    return min(fit, key=lambda one: (*_distance(one, wish), _load(one, held), one.name))


def has_another(worker: Worker, now_ms: int) -> bool:
    """Whether some other worker could take rooms of this one."""
    seen = Worker.objects.filter(status=Worker.Status.LIVE, seen_at_ms__gte=now_ms - SEEN_LIMIT_MS)
    return seen.exclude(pk=worker.pk).filter(load__lte=PRESSED_LIMIT).exists()


def _placed(wish: Wish) -> list[Worker]:
    placed = Worker.objects.all()
    if wish.zones:
        placed = placed.filter(zone__in=wish.zones)
    return list(placed.exclude(pk=wish.not_on) if wish.not_on else placed)


def _willing(heard: list[Worker], wish: Wish) -> list[Worker]:
    """Without those that stand by, unless the room had a place, or nobody else is alive."""
    active = [one for one in heard if not one.is_standby]
    return heard if wish.is_pressed or not active else active


def _held(workers: Iterable[Worker], now_ms: int) -> dict[UUID, tuple[int, int]]:
    """Rooms of each worker, and how many of them are younger than its measured load."""
    fresh = Q(opened_at_ms__gt=now_ms - FRESH_MS)
    rooms = Room.objects.filter(worker__in=workers, status__in=HOLDING).values("worker_id")
    counted = rooms.annotate(all=Count("id"), young=Count("id", filter=fresh))
    return {one["worker_id"]: (one["all"], one["young"]) for one in counted}


def _load(worker: Worker, held: dict[UUID, tuple[int, int]]) -> tuple[float, int]:
    """Expected share of a core, then rooms."""
    rooms, young = held.get(worker.pk, (0, 0))
    return round(worker.load + young * ROOM_SHARE, 2), rooms


def _has_room(worker: Worker, held: dict[UUID, tuple[int, int]], wish: Wish) -> bool:
    load, rooms = _load(worker, held)
    limit = PRESSED_LIMIT if wish.is_pressed else LOAD_LIMIT
    return load <= limit and (not worker.capacity or rooms < worker.capacity)


def _distance(worker: Worker, wish: Wish) -> tuple[float, int, bool]:
    """How far as it was measured, place in the order of regions, those that stand by last."""
    known, rtt_ms = wish.regions, wish.near.get(worker.region)
    far = rtt_ms // NEAR_MS if rtt_ms is not None else inf
    place = known.index(worker.region) if worker.region in known else len(known)
    return far if wish.near else 0.0, place, worker.is_standby
