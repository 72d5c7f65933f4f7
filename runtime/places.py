"""How people are in a call, and what media it has, as its worker is told it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Q

from flow import media
from flow.graph import JsonObject, JsonValue
from runtime import edges
from runtime.models import Participant


def place_of(one: Participant) -> JsonObject:
    """Somebody's place in the room's table, as a request to the worker names it."""
    return {"mode": one.mode, "to": one.heard_by, "muted": one.muted, "turn": one.turn}


def awaited(one: Participant) -> JsonObject:
    """Somebody on their way into the room, for whom the others can make ready."""
    told: JsonObject = {"party": str(one.pk), "role": one.role, **place_of(one)}
    return {**told, "sends": ["audio", "video"]} if one.mode == Participant.Mode.NORMAL else told


def table_of(run_id: UUID) -> list[JsonValue]:
    """All who are here, and the places of who is not in the call like anybody else."""
    seats = Participant.objects.filter(run_id=run_id, removed_at_ms=None)
    placed = ~Q(mode=Participant.Mode.NORMAL, turn=0)
    return [awaited(one) for one in seats.filter(placed | Q(present=True)).order_by("joined_at_ms")]


def profile_of(home_id: UUID, changes: Mapping[str, JsonValue]) -> JsonObject:
    """The profile of a room as the flow of the run at the top says it, with a step's changes."""
    said = edges.settings_of(home_id).get("media", {})
    return media.to_json(media.made_of(said if isinstance(said, dict) else {}, changes))
