"""A room told where to be, or to go to another worker, by staff or another system, not by a flow.

Both are asked for by a job, so that a process that dies costs a repetition; people in the call go
over without an interruption (`effects.moves`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from runtime import outbox, rooms
from runtime.errors import EffectFailedError
from runtime.models import Room, Run
from runtime.placement import choose


def set_route(run: Run, zones: Sequence[str], regions: Sequence[str], now_ms: int) -> bool:
    """Where the run's room is to be from now on; whether it moves there. [] takes a bound away.

    The same again changes nothing. Raises EffectFailedError: `no_room`; `zone_not_allowed` for a
    zone that flow and queue do not have; and as `placement.choose` when nobody could take it there.
    """
    room = rooms.get_open(run.home_id)
    allowed, _ = rooms.allowed_to(run.home_id)
    strange = [zone for zone in zones if allowed and zone not in allowed]
    if strange:
        raise EffectFailedError("zone_not_allowed", f"the flow allows {', '.join(allowed)}")
    route = {"zones": [*zones], "regions": [*regions]} if zones or regions else {}
    fits = _fits(room, zones, regions)
    if not fits:
        wish = replace(rooms.wish_of(run.home_id, route), is_pressed=True, not_on=room.worker_id)
        choose(wish, now_ms)
    Room.objects.filter(pk=room.pk).update(route=route)
    if not fits:
        _move(room, now_ms)
    return not fits


def migrate(run: Run, now_ms: int) -> int:
    """The run's room goes to another worker; the generation it leaves. Raises as `set_route`."""
    room = rooms.get_open(run.home_id)
    wish = replace(rooms.wish_of(run.home_id, room.route), is_pressed=True, not_on=room.worker_id)
    choose(wish, now_ms)
    _move(room, now_ms)
    return room.generation


def _fits(room: Room, zones: Sequence[str], regions: Sequence[str]) -> bool:
    in_zone = not zones or room.worker.zone in zones
    return in_zone and (not regions or room.worker.region in regions)


def _move(room: Room, now_ms: int) -> None:
    """The same job as when its worker leaves: whoever asks first."""
    outbox.put(
        "MoveRoom",
        key=f"{room.run_id}/MoveRoom:{room.generation}",
        due_at_ms=now_ms,
        run_id=room.run_id,
        payload={"generation": room.generation},
    )
