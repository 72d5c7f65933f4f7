"""How people are in a call as its worker is told it: the rows' side of `runtime.media.hearing`."""

from __future__ import annotations

from uuid import UUID

from flow.graph import JsonObject, JsonValue
from runtime.models import Participant


def place_of(one: Participant) -> JsonObject:
    """Somebody's place in the room's table, as a request to the worker names it."""
    return {"mode": one.mode, "to": one.heard_by, "muted": one.muted, "turn": one.turn}


def table_of(run_id: UUID) -> list[JsonValue]:
    """The places of all who are not in the call like anybody else."""
    seats = Participant.objects.filter(run_id=run_id, removed_at_ms=None)
    placed = seats.exclude(mode=Participant.Mode.NORMAL, turn=0).order_by("joined_at_ms")
    return [{"party": str(one.pk), "role": one.role, **place_of(one)} for one in placed]
