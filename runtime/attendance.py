"""Who is in a run right now.

Arrivals, departures with a moment of grace, and one speaking tab per person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models import F

from flow.events import Mode, ParticipantId, ParticipantJoined, ParticipantLeft, Role
from runtime import driver, outbox
from runtime.desk import routing
from runtime.models import Participant
from runtime.standing import Seat

GRACE_MS = 2_000
"""A reload takes about a second: who is back within this was never away."""
UNSEEN_LIMIT_MS = 60_000
"""Present people silent for this long have left: their web process may have died."""
SEEN_AT_ONCE = 500
"""Rows of one statement, so that no other writer waits for long."""


def arrive(participant_id: UUID, tab: str, now_ms: int) -> Seat:
    """The tab speaks for the participant from now on.

    The run learns of it unless they were there already.
    """
    with transaction.atomic():
        Participant.objects.filter(pk=participant_id).update(
            epoch=F("epoch") + 1, tab=tab, seen_at_ms=now_ms
        )
        one = Participant.objects.get(pk=participant_id)
        seat = _seat(one)
        if not one.present:
            Participant.objects.filter(pk=participant_id).update(present=True)
            joined = ParticipantJoined(
                at_ms=now_ms,
                participant=ParticipantId(str(one.pk)),
                role=seat.role,
                name=one.name,
                staff_no=one.staff_no,
                mode=cast("Mode", one.mode),
            )
            key = f"joined:{one.pk}:{one.epoch}"
            driver.advance_run(one.run_id, joined, key=key, actor=f"participant:{one.pk}")
            if seat.role == "customer":
                routing.step_back(one.run_id, now_ms)
    return seat


def see(participants: Sequence[UUID], now_ms: int) -> None:
    """Their sockets said something lately."""
    for start in range(0, len(participants), SEEN_AT_ONCE):
        some = participants[start : start + SEEN_AT_ONCE]
        Participant.objects.filter(pk__in=some).update(seen_at_ms=now_ms)


def depart(seat: Seat, now_ms: int) -> None:
    """The socket is gone: they have left unless a tab of theirs is back within the grace."""
    _plan_leaving(seat.run, seat.participant, seat.epoch, now_ms + GRACE_MS)


def leave(seat: Seat, *, key: str, now_ms: int) -> driver.Advanced:
    """They pressed Leave or End: nobody need wait for them."""
    with transaction.atomic():
        Participant.objects.filter(pk=seat.participant).update(present=False)
        left = ParticipantLeft(
            at_ms=now_ms,
            participant=ParticipantId(str(seat.participant)),
            role=seat.role,
            deliberate=True,
        )
        actor = f"participant:{seat.participant}"
        return driver.advance_run(seat.run, left, key=key, actor=actor)


def sweep_unseen(now_ms: int) -> None:
    """Whoever has been silent for UNSEEN_LIMIT_MS has left."""
    unseen = Participant.objects.filter(
        present=True, seen_at_ms__lt=now_ms - UNSEEN_LIMIT_MS, run__ending=""
    )
    for run_id, pk, epoch in unseen.values_list("run_id", "pk", "epoch"):
        _plan_leaving(run_id, pk, epoch, now_ms)


def _plan_leaving(run_id: UUID, participant_id: UUID, epoch: int, due_at_ms: int) -> None:
    outbox.put(
        "NoteLeft",
        key=f"{run_id}/left:{participant_id}:{epoch}",
        due_at_ms=due_at_ms,
        run_id=run_id,
        payload={"participant": str(participant_id), "epoch": epoch},
    )


def _seat(one: Participant) -> Seat:
    return Seat(
        participant=one.pk,
        run=one.run_id,
        role=cast("Role", one.role),
        name=one.name,
        tab=one.tab,
        epoch=one.epoch,
    )
