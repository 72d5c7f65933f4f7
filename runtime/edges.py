"""Which media workers a browser may measure before there is a room, and what it found.

Nobody waits for it: a customer's browser measures while they wait for their turn, and whoever
places the room takes what is known by then. Where only one region could take the room, nothing is
asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from flow.graph import JsonValue
from runtime.messages import MOST_EDGES
from runtime.models import Participant, Run, Worker
from runtime.placement import SEEN_LIMIT_MS, Wish

KNOWN_FOR_MS = 5_000
"""Workers come and go more slowly than customers."""


class Edge(NamedTuple):
    """One live worker of a region, where a browser can ask for its own address (STUN)."""

    zone: str
    region: str
    url: str


def has_choice(now_ms: int) -> bool:
    """Whether there is more than one region at all: most sites have one, and need ask no run."""
    return len({one.region for one in _known(now_ms // KNOWN_FOR_MS)}) > 1


def edges_for(wish: Wish, now_ms: int) -> list[dict[str, JsonValue]]:
    """One worker for each region where the room may be; [] when there is no choice."""
    known = _known(now_ms // KNOWN_FOR_MS)
    allowed = [one for one in known if not wish.zones or one.zone in wish.zones]
    by_region = {one.region: one for one in reversed(allowed)}
    if len(by_region) < 2:  # noqa: PLR2004 - a choice begins with two
        return []
    found = sorted(by_region.values(), key=lambda one: one.region)[:MOST_EDGES]
    return [{"region": one.region, "url": one.url} for one in found]


@lru_cache(maxsize=2)
def _known(spell: int) -> tuple[Edge, ...]:
    """The live workers, the least loaded first, as they were when the spell began."""
    seen = Worker.objects.filter(
        status=Worker.Status.LIVE, seen_at_ms__gte=spell * KNOWN_FOR_MS - SEEN_LIMIT_MS
    )
    return tuple(
        Edge(one.zone, one.region, f"stun:{_host(str(one.addresses[0]))}:{one.udp_port}")
        for one in seen.order_by("is_standby", "load", "name")
        if one.addresses and one.udp_port
    )


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def note(participant_id: UUID, measured: Mapping[str, float]) -> None:
    """What somebody's browser has found, for the next room of their run."""
    Participant.objects.filter(pk=participant_id).update(near=dict(measured))


def near_to(run_id: UUID) -> dict[str, float]:
    """Region -> the longest of the round trips to it, by all who have measured and are here."""
    found: dict[str, float] = {}
    here = Participant.objects.filter(run_id=run_id, present=True).exclude(near={})
    for near in here.values_list("near", flat=True):
        for region, rtt_ms in near.items():
            found[region] = max(found.get(region, 0.0), float(rtt_ms))
    return found


def settings_of(run_id: UUID) -> Mapping[str, JsonValue]:
    """The settings of the flow that the run is of."""
    run = Run.objects.select_related("version").only("version__graph").get(pk=run_id)
    settings: Mapping[str, JsonValue] = run.version.graph["settings"]
    return settings
