"""What a participant's socket shows next.

The view of their role, and the media messages that wait for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from designer.models import FlowVersion
from flow import media
from flow.events import ParticipantId, Role
from flow.graph import JsonObject
from flow.nesting import Nested, Past, nest
from flow.projection import STAFF, RunFacts, project
from runtime import driver, family, negotiation
from runtime.models import PeerOffer, Run
from runtime.standing import Seat


class Shown(NamedTuple):
    """`view` is {} when `seq` is not newer than what was seen."""

    seq: int
    view: JsonObject
    media: list[dict[str, Any]]
    is_over: bool


def look(seat: Seat, seen_seq: int, talks: negotiation.Talks | None, now_ms: int) -> Shown:
    """Everything the socket should send now."""
    snapshot = driver.read_run(seat.run)
    kin = family.read_kin(seat.run) if snapshot.bound.calls else family.NOBODY
    seq = snapshot.seq + kin.seq
    view = view_of(seat, snapshot, now_ms, kin) if seq > seen_seq else {}
    media = talks.due(snapshot.state.room, now_ms) if talks is not None else []
    return Shown(seq, view, media, snapshot.state.ending is not None)


@dataclass(frozen=True, slots=True)
class Stirred:
    """What has happened in runs, read for all sockets of a process at once."""

    seqs: Mapping[UUID, int]
    offered: frozenset[UUID]
    """Runs in which a worker's offer waits for a tab."""

    @staticmethod
    def among(run_ids: Collection[UUID]) -> Stirred:
        offers = PeerOffer.objects.filter(answered=False, room__run__in=run_ids)
        offered = offers.values_list("room__run_id", flat=True)
        return Stirred(family.seqs_of(run_ids), frozenset(offered))

    def is_news(self, run_id: UUID, seen_seq: int) -> bool:
        return self.seqs.get(run_id, 0) > seen_seq or run_id in self.offered


def view_of(seat: Seat, snapshot: driver.Snapshot, now_ms: int, kin: family.Kin) -> JsonObject:
    """The view of docs/protocol.md for one seat, sub-flows and all."""

    def seen(run_id: UUID, found: driver.Snapshot) -> JsonObject:
        view = project(
            found.bound,
            found.state,
            seat.role,
            ParticipantId(str(seat.participant)),
            at_ms=now_ms,
            run=_facts_of(run_id, found.version_id),
        )
        past = _past_below(run_id, seat.role, kin.ended) if seat.role in STAFF else []
        return nest(view, [inner(one) for one in kin.living if one.parent == run_id], past)

    def inner(one: family.Member) -> Nested:
        mark, view = family.mark_of(one.run), seen(one.run, one.snapshot)
        return Nested(run=str(one.run), mark=mark, activity=one.activity, view=view)

    shown = seen(seat.run, snapshot)
    if kin.living:  # a sub-flow's steps may have changed the call they are in
        runs = [snapshot, *(one.snapshot for one in kin.living)]
        profile = media.profile_of((one.bound.graph, one.state) for one in runs)
        shown = {**shown, "media": media.to_json(profile)}
    return shown


def _past_below(run_id: UUID, role: Role, ended: Iterable[family.Gone]) -> list[Past]:
    """What went on in the sub-flows of the run that have ended, the latest last."""
    return [
        Past(
            mark=family.mark_of(one.run),
            activity=one.activity,
            steps=_past_steps(one.run, role),
        )
        for one in ended
        if one.parent == run_id
    ]


@lru_cache(maxsize=512)
def _past_steps(run_id: UUID, role: Role) -> tuple[JsonObject, ...]:
    """The steps of a run that has ended, and so will not change; no value is among them."""
    found = driver.read_run(run_id)
    facts = _facts_of(run_id, found.version_id)
    view = project(found.bound, found.state, role, ParticipantId(""), at_ms=0, run=facts)
    below = Run.objects.filter(parent=run_id).order_by("pk")
    rows = below.values_list("pk", "parent_id", "parent_activity")
    past = _past_below(run_id, role, (family.Gone(*row) for row in rows))
    steps = nest(view, [], past)["steps"]
    return tuple(one for one in steps if isinstance(one, dict)) if isinstance(steps, list) else ()


@lru_cache(maxsize=512)
def _facts_of(run_id: UUID, version_id: UUID) -> RunFacts:
    number: str = Run.objects.values_list("number", flat=True).get(pk=run_id)
    version = FlowVersion.objects.select_related("flow").get(pk=version_id)
    return RunFacts(id=str(run_id), number=number, flow=version.flow.name, version=version.number)
