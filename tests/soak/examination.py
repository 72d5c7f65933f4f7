"""What must hold of the record after any fault: read from the database alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from runtime import driver
from runtime.evidence.verify import verify_events
from runtime.models import Job, QueueEntry, Run, RunEvent
from tests.soak.result import Result


@dataclass(frozen=True, slots=True)
class Ack:
    """What a client wrote in its journal when it was told that its act is stored."""

    run: UUID
    key: str
    seq: int


def examine(result: Result, acks: Iterable[Ack], of: Collection[UUID | str] | None = None) -> None:
    """Acknowledged ⊆ stored, logs without gaps, one effect per key, snapshots true, jobs done.

    Of all runs, or of these.
    """
    told = list(acks)
    result.acknowledged = len(told)
    runs = Run.objects.all() if of is None else Run.objects.filter(pk__in=of)
    _find_lost(result, told, runs)
    _find_doubles(result, runs)
    for run in runs.iterator():
        _examine_run(result, run)
    left = Job.objects.filter(status__in=("ready", "leased", "dead"), run__status="closed")
    left = left.filter(run__in=runs)
    result.broken += [f"job {one.key} is {one.status}: {one.problem}" for one in left]


def _find_lost(result: Result, acks: list[Ack], runs: QuerySet[Run]) -> None:
    events = RunEvent.objects.filter(run__in=runs).values_list("run_id", "key", "seq")
    stored = {(run, key): seq for run, key, seq in events}
    for ack in acks:
        seq = stored.get((ack.run, ack.key))
        if seq is None:
            result.lost += 1
        elif seq != ack.seq:
            result.broken.append(f"{ack.run} told {ack.key} is {ack.seq}, stored as {seq}")


def _find_doubles(result: Result, runs: QuerySet[Run]) -> None:
    answers = RunEvent.objects.filter(run__in=runs, key__startswith="job:")
    answered = Counter(answers.values_list("run_id", "key"))
    result.duplicated += sum(times - 1 for times in answered.values())
    places = QueueEntry.objects.filter(run__in=runs).values("run_id")
    queued = places.annotate(times=Count("pk")).filter(times__gt=1)
    result.duplicated += sum(one["times"] - 1 for one in queued)


def _examine_run(result: Result, run: Run) -> None:
    verdict = verify_events(run)
    if not verdict["ok"]:
        result.broken.append(f"{run.number}: chain breaks at {verdict['broken_at']}")
    if run.seq and not driver.is_snapshot_true(run.pk):
        result.broken.append(f"{run.number}: the snapshot is not what the events make")
