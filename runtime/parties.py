"""Who is in a call beside its customer and agent, and how: asked in, overseen, placed, sent away.

Each verb is one transaction: the seat's row, the run's log, the audit trail, and what the room's
worker is asked. The log says by whom; a customer's view does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.db import transaction

from accounts import audit, links
from accounts.models import JoinLink, User
from flow.errors import EventRefusedError
from flow.events import (
    GUESTS,
    HIDDEN,
    Mode,
    ParticipantId,
    ParticipantLeft,
    ParticipantPlaced,
    RecordingConsented,
    Role,
)
from flow.graph import JsonObject
from runtime import driver, hints, rooms
from runtime.effects.media import record_params
from runtime.models import Participant, Recording, Room, Run
from runtime.places import place_of
from runtime.standing import Seat

INVITATION_TTL = timedelta(minutes=30)
TOLD_LIMIT_MS = 60_000
"""A worker that takes longer has lost the room, and the next one is given the whole table."""
OTHERS: frozenset[Mode] = frozenset({"normal", "hold", "waiting"})
"""What staff can do to others; to listen or whisper is for who oversees, and for themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A seat that is kept for somebody, and the link that leads to it."""

    seat: Participant
    link: links.NewLink


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be different about somebody's place; None: as it was."""

    mode: Mode | None = None
    to: Sequence[UUID] | None = None
    muted: Sequence[str] | None = None


def invite(run: Run, role: Role, name: str, *, by: User, now: datetime) -> Invitation:
    """Keep a seat for a guest, who comes to it by a link; once, within INVITATION_TTL."""
    _refuse_ended(run)
    with transaction.atomic():
        seat = Participant.objects.create(run=run, role=role, name=name)
        target = links.Target(workspace=run.workspace, kind=JoinLink.Kind.SEAT, id=seat.pk)
        link = links.create(target, created_by=by, now=now, ttl=INVITATION_TTL)
        _note(run, "run.invite", audit.actor_of(by), {"seat": str(seat.pk), "role": role})
    return Invitation(seat=seat, link=link)


def oversee(run: Run, mode: Mode, *, by: User, now_ms: int) -> Participant:
    """A supervisor's seat, from which they listen first, then whisper to the agents or step in.

    Raises EventRefusedError `own_call` for who serves the customer there.
    """
    _refuse_ended(run)
    with transaction.atomic():
        seat, is_new = Participant.objects.get_or_create(
            run=run,
            user=by,
            defaults={
                "role": Participant.Role.SUPERVISOR,
                "mode": Participant.Mode.MONITOR,
                "name": by.shown_name,
                "staff_no": by.staff_no,
                "joined_at_ms": now_ms,
            },
        )
        if seat.role != Participant.Role.SUPERVISOR:
            raise EventRefusedError(reason="own_call", message="They serve this customer")
        Participant.objects.filter(pk=seat.pk).update(removed_at_ms=None)
        if is_new:
            _note(run, "run.oversee", audit.actor_of(by), {"seat": str(seat.pk), "mode": seat.mode})
            return seat
        agents = Participant.objects.filter(run=run, role=Participant.Role.AGENT)
        to = list(agents.values_list("pk", flat=True)) if mode == "whisper" else []
        return _place(run, seat.pk, Change(mode=mode, to=to), audit.actor_of(by), now_ms)


def direct(run: Run, seat_id: UUID, change: Change, *, by: User, now_ms: int) -> Participant:
    """Staff puts somebody on hold, lets them wait, takes them back, mutes them.

    Raises EventRefusedError `unknown_person`, `invalid_data`.
    """
    _refuse_ended(run)
    if change.mode is not None and change.mode not in OTHERS:
        raise EventRefusedError(reason="invalid_data", message="Not of others", field="/mode")
    with transaction.atomic():
        _find_other(run, seat_id)
        return _place(run, seat_id, change, audit.actor_of(by), now_ms)


def mute(seat: Seat, kinds: Sequence[str], *, now_ms: int) -> int:
    """Somebody mutes themself, or is heard again; the seq of the log that says so."""
    run = Run.objects.get(pk=seat.run)
    with transaction.atomic():
        _place(run, seat.participant, Change(muted=kinds), _actor_of(seat), now_ms, is_own=True)
    return driver.read_run(run.pk).seq


def send_away(run: Run, seat_id: UUID, *, by: User, now_ms: int) -> None:
    """Take a guest's or a supervisor's seat away for good; again changes nothing."""
    with transaction.atomic():
        seat = _find_other(run, seat_id)
        if seat.role not in GUESTS:
            raise EventRefusedError(reason="unknown_person", message="Not a guest")
        taken = Participant.objects.filter(pk=seat.pk, removed_at_ms=None)
        if not taken.update(removed_at_ms=now_ms, present=False):
            return
        left = ParticipantLeft(
            at_ms=now_ms,
            participant=ParticipantId(str(seat.pk)),
            role=seat.role,
            deliberate=True,
        )
        actor = audit.actor_of(by)
        driver.advance_run(run.pk, left, key=f"sent-away:{seat.pk}:{seat.epoch}", actor=actor)
        _tell_worker(run, "party.remove", seat, now_ms)
        _note(run, "run.send_away", actor, {"seat": str(seat.pk), "role": seat.role})
        transaction.on_commit(lambda: hints.tell_person(seat.user_id or seat.device))


def consent(seat: Seat, *, now_ms: int) -> int:
    """A newcomer agrees to be recorded: from now on they are; the seq of the log that says so."""
    run = Run.objects.get(pk=seat.run)
    with transaction.atomic():
        waiting = Participant.objects.filter(pk=seat.participant, consented=False)
        if waiting.update(consented=True):
            agreed = RecordingConsented(
                at_ms=now_ms, participant=ParticipantId(str(seat.participant)), role=seat.role
            )
            key = f"consented:{seat.participant}"
            driver.advance_run(run.pk, agreed, key=key, actor=_actor_of(seat))
            _record_too(run, now_ms)
    return driver.read_run(run.pk).seq


def _record_too(run: Run, now_ms: int) -> None:
    room = rooms.find_live(run.pk)
    if room is None or room.status != Room.Status.OPEN:
        return  # the room that opens next is asked with everybody
    for recording in Recording.objects.filter(run=run, ended_at_ms=None):
        params = record_params(room, recording, now_ms)
        rooms.ask(room, "record.start", params, now_ms=now_ms, limit_ms=TOLD_LIMIT_MS)


def _place(
    run: Run, seat_id: UUID, change: Change, by: str, now_ms: int, *, is_own: bool = False
) -> Participant:
    seat = Participant.objects.select_for_update().get(pk=seat_id, run=run)
    former = place_of(seat)
    if change.mode is not None:
        seat.mode = Participant.Mode(change.mode)
        seat.heard_by = [str(one) for one in change.to or ()]
    if change.muted is not None:
        seat.muted = sorted(set(change.muted))
    if place_of(seat) == former:
        return seat
    seat.turn += 1
    seat.save(update_fields=["mode", "heard_by", "muted", "turn"])
    driver.advance_run(
        run.pk, _placed(seat, by, now_ms), key=f"placed:{seat.pk}:{seat.turn}", actor=by
    )
    _tell_worker(run, "party.add", seat, now_ms)
    if not is_own:
        said: JsonObject = {"seat": str(seat.pk), "mode": seat.mode, "muted": seat.muted}
        _note(run, "run.oversee" if seat.mode in HIDDEN else "run.place", by, said)
    return seat


def _placed(seat: Participant, by: str, now_ms: int) -> ParticipantPlaced:
    return ParticipantPlaced(
        at_ms=now_ms,
        participant=ParticipantId(str(seat.pk)),
        by=by,
        mode=cast("Mode", str(seat.mode)),
        to=tuple(ParticipantId(one) for one in seat.heard_by),
        muted=tuple(seat.muted),
        turn=seat.turn,
    )


def _tell_worker(run: Run, kind: str, seat: Participant, now_ms: int) -> None:
    """Without an open room nobody need be told: the next one opens with the whole table."""
    room = rooms.find_live(run.pk)
    if room is not None and room.status == Room.Status.OPEN:
        params = {"party": str(seat.pk), "role": seat.role, **place_of(seat)}
        rooms.ask(room, kind, params, now_ms=now_ms, limit_ms=TOLD_LIMIT_MS)


def _find_other(run: Run, seat_id: UUID) -> Participant:
    """Somebody in the call who can be told of: who listens unseen is not there for others."""
    seat = Participant.objects.filter(pk=seat_id, run=run, removed_at_ms=None).first()
    if seat is None or seat.role == Participant.Role.SUPERVISOR:
        raise EventRefusedError(reason="unknown_person", message="No such person in the call")
    return seat


def _refuse_ended(run: Run) -> None:
    if run.ending or run.root_id is not None:
        raise EventRefusedError(reason="run_ended", message="The run has ended")


def _note(run: Run, action: str, actor: str, data: JsonObject) -> None:
    audit.append(
        actor=actor, action=action, target=f"run:{run.pk}", workspace=run.workspace_id, data=data
    )


def _actor_of(seat: Seat) -> str:
    return f"participant:{seat.participant}"
