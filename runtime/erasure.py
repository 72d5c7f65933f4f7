"""What is left of a run when its data must go: that it was, when, and the hashes of what it held.

Its key is destroyed, and with it every event, state and job that was sealed by it; recordings and
pictures are deleted. The rows that carry hashes stay, so the chains still hold.
"""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts import audit
from accounts.models import User
from flow.errors import EventRefusedError
from runtime import doors, driver, hints, outbox, sealing
from runtime.models import (
    Job,
    Participant,
    PeerOffer,
    RecordingFile,
    Run,
    WorkerRequest,
)

Runs: TypeAlias = QuerySet[Run]
_PENDING = (Job.Status.READY, Job.Status.LEASED, Job.Status.WAITING)


def erase_run(run: Run, *, by: User, reason: str, now_ms: int) -> int:
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
        audit.append(
            actor=audit.actor_of(by),
            action="run.erase",
            target=f"run:{run.home_id}",
            workspace=run.workspace_id,
            data={"reason": reason, "runs": len(ids)},
        )
        transaction.on_commit(lambda: _forget(ids))
    return now_ms


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


def _forget(ids: list[UUID]) -> None:
    for one in ids:
        sealing.forget(one)
        driver.forget(one)
        hints.tell_run(one, 0)
