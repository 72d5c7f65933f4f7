"""What is left of a run when its data must go: that it was, when, and the hashes of what it held.

Its key is destroyed, and with it every event, state and job that was sealed by it; recordings and
pictures are deleted. The rows that carry hashes stay, so the chains still hold.

Nothing brings it back, so it takes two: one admin of the workspace asks for it, another agrees.
Where there is one admin alone, their word is enough.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts import audit
from accounts.models import AuditEvent, Membership, Role, User
from flow.errors import EventRefusedError
from flow.graph import JsonObject
from runtime import doors, driver, hints, outbox, sealing
from runtime.models import (
    ErasureWish,
    Evidence,
    Job,
    Participant,
    PeerOffer,
    RecordingFile,
    Run,
    RunEvent,
    WorkerRequest,
)

Runs: TypeAlias = QuerySet[Run]
_PENDING = (Job.Status.READY, Job.Status.LEASED, Job.Status.WAITING)


class Amount(NamedTuple):
    """What a run and its sub-flows hold, as far as it can be counted."""

    events: int
    recordings: int
    """Files of one person each."""
    pictures: int
    services: int
    """Its sub-flows."""


def amount_of(run: Run) -> Amount:
    """What goes when the run is erased."""
    family, evidence = Q(run=run.home_id) | Q(run__root=run.home_id), Evidence.objects
    files = RecordingFile.objects.filter(
        Q(recording__run=run.home_id) | Q(recording__run__root=run.home_id)
    )
    return Amount(
        events=RunEvent.objects.filter(family).count(),
        recordings=files.count(),
        pictures=evidence.filter(family).count(),
        services=Run.objects.filter(root=run.home_id).count(),
    )


def obstacle_to(run: Run) -> str:
    """Why the run cannot be erased now, as `erase_run` refuses it; "" when it can."""
    runs = Run.objects.filter(Q(pk=run.home_id) | Q(root=run.home_id))
    try:
        _refuse_unless_possible(list(runs))
    except EventRefusedError as error:
        return error.reason
    return ""


def needs_second(run: Run, by: User) -> bool:
    """Whether this admin is not the only one of the workspace."""
    admins = Membership.objects.filter(workspace=run.workspace_id, role=Role.ADMIN)
    return admins.filter(user__is_active=True).exclude(user=by).exists()


def find_wish(run: Run) -> ErasureWish | None:
    """The wish that waits for a second person."""
    return ErasureWish.objects.select_related("asked_by").filter(run=run.home_id).first()


def find_record(run: Run) -> AuditEvent | None:
    """What the audit trail says about how the run was erased."""
    told = AuditEvent.objects.filter(chain=str(run.workspace_id), action="run.erase")
    return told.filter(target=f"run:{run.home_id}").order_by("seq").first()


def ask(run: Run, *, id_: UUID, by: User, reason: str, now_ms: int) -> None:
    """Ask for the run to be erased; where nobody else could agree, it is done at once.

    Raises EventRefusedError as `erase_run`, and `asked_already` when somebody else has asked.
    """
    if not needs_second(run, by):
        erase_run(run, by=by, reason=reason, now_ms=now_ms)
        return
    with transaction.atomic():
        family = _family(run.home_id)
        if all(one.erased_at_ms is not None for one in family):
            return
        _refuse_unless_possible(family)
        wish = find_wish(run)
        if wish is not None and wish.pk != id_:
            raise EventRefusedError(reason="asked_already", message="Somebody has asked for it")
        if wish is None:
            ErasureWish.objects.create(
                id=id_, run_id=run.home_id, asked_by=by, asked_at_ms=now_ms, reason=reason
            )
            _put_on_record(run, "run.erase_asked", by, {"reason": reason})


def agree(run: Run, *, wish_id: UUID, by: User, now_ms: int) -> None:
    """Erase the run as another admin has asked.

    Raises EventRefusedError as `erase_run`, `own_wish` for whoever asked, and `not_asked` when that
    wish is not there any more.
    """
    with transaction.atomic():
        family = _family(run.home_id)
        if all(one.erased_at_ms is not None for one in family):
            return
        wish = find_wish(run)
        if wish is None or wish.pk != wish_id:
            raise EventRefusedError(reason="not_asked", message="Nobody has asked for this")
        if wish.asked_by_id == by.pk:
            raise EventRefusedError(reason="own_wish", message="A second person has to agree")
        erase_run(run, by=by, reason=wish.reason, now_ms=now_ms, asked_by=wish.asked_by)


def drop(run: Run, *, by: User) -> None:
    """Take the wish back, or decline it; harmless when there is none."""
    with transaction.atomic():
        _family(run.home_id)
        gone, _ = ErasureWish.objects.filter(run=run.home_id).delete()
        if gone:
            _put_on_record(run, "run.erase_dropped", by, {})


def erase_run(run: Run, *, by: User, reason: str, now_ms: int, asked_by: User | None = None) -> int:
    """Erase the run with its sub-flows; when that was. Erasing again changes nothing.

    Raises EventRefusedError `going_on` while one of them has not ended or something is still to be
    done for them, and `not_sealed` for one whose log was written before there were keys.
    """
    with transaction.atomic():
        family = _family(run.home_id)
        if all(one.erased_at_ms is not None for one in family):
            return max(one.erased_at_ms or 0 for one in family)
        _refuse_unless_possible(family)
        ids = [one.pk for one in family]
        _destroy(ids, now_ms)
        for one in ids:
            doors.shut(one, now_ms)
        outbox.put(
            "EraseFiles",
            key=f"erase-files:{run.home_id}",
            due_at_ms=now_ms,
            payload={"runs": [str(one) for one in ids]},
        )
        asked = {"asked_by": audit.actor_of(asked_by)} if asked_by is not None else {}
        _put_on_record(run, "run.erase", by, {"reason": reason, "runs": len(ids), **asked})
        transaction.on_commit(lambda: _forget(ids))
    return now_ms


def _put_on_record(run: Run, action: str, by: User, data: JsonObject) -> None:
    audit.append(
        actor=audit.actor_of(by),
        action=action,
        target=f"run:{run.home_id}",
        workspace=run.workspace_id,
        data=data,
    )


def _family(root_id: UUID) -> list[Run]:
    """The run and its sub-flows, held from the top down."""
    runs = Run.objects.select_for_update().filter(Q(pk=root_id) | Q(root=root_id))
    return list(runs.order_by(F("root").asc(nulls_first=True), "pk"))


def _refuse_unless_possible(family: list[Run]) -> None:
    ids = [one.pk for one in family]
    is_over = all(one.status == Run.Status.CLOSED for one in family)
    if not is_over or Job.objects.filter(run__in=ids, status__in=_PENDING).exists():
        raise EventRefusedError(reason="going_on", message="The run has not ended")
    if any(not one.data_key and one.erased_at_ms is None for one in family):
        raise EventRefusedError(reason="not_sealed", message="The run has no key to destroy")


def _destroy(ids: list[UUID], now_ms: int) -> None:
    """Destroy the keys, and whatever else says something about the people of these runs."""
    of_room, of_run = Q(room__run__in=ids), Q(run__in=ids)
    Run.objects.filter(pk__in=ids).update(data_key="", state={}, erased_at_ms=now_ms)
    Participant.objects.filter(of_run, user=None).update(name="", tab="")
    RecordingFile.objects.filter(recording__run__in=ids).update(state=RecordingFile.State.ERASED)
    WorkerRequest.objects.filter(of_room | Q(job__run__in=ids)).delete()
    PeerOffer.objects.filter(of_room).delete()
    Job.objects.filter(of_run).delete()
    ErasureWish.objects.filter(of_run).delete()


def _forget(ids: list[UUID]) -> None:
    for one in ids:
        sealing.forget(one)
        driver.forget(one)
        hints.tell_run(one, 0)
