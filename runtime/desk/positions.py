"""Where customers stand in a queue, and telling them when it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from runtime import outbox
from runtime.models import AgentPresence, Job, Participant, Queue, QueueEntry, Run

TELL_EVERY_MS = 1_000
"""Each customer who leaves moves all behind them: changes in between are told as one."""
_TOGETHER = 100
"""Places written by one statement."""
_RECENT = 10
_ETA_STEP_S = 30


def in_order(line: Queue) -> list[QueueEntry]:
    """Those who wait, the next one first."""
    waiting = line.entries.filter(status=QueueEntry.Status.WAITING)
    return list(waiting.order_by("-priority", "since_ms", "pk"))


def plan_telling(line: Queue, now_ms: int) -> None:
    """Let `tell_changes` come at the end of this second, once for all changes until then."""
    turn = now_ms // TELL_EVERY_MS + 1
    outbox.put(
        "TellPositions",
        key=f"positions:{line.pk}:{turn}",
        due_at_ms=turn * TELL_EVERY_MS,
        payload={"queue": line.pk},
    )


def tell_changes(queue_id: int, now_ms: int) -> None:
    """Signal their place to those who stand elsewhere than they were told last.

    Who has not heard the last one yet is told in a later second: a site that lags behind would
    only fall back further for everything it still has to say.
    """
    line = Queue.objects.get(pk=queue_id)
    waiting = in_order(line)
    eta_of = _eta(line) if waiting else None
    unheard, is_behind = _unheard(line), False
    moved, jobs = list[QueueEntry](), list[Job]()
    for position, entry in enumerate(waiting, start=1):
        eta_s = eta_of(position) if eta_of else None
        if entry.told == as_told(position, eta_s):
            continue
        if entry.run_id in unheard:
            is_behind = True
            continue
        entry.told = as_told(position, eta_s)
        jobs.append(_signal(entry, "position", {"position": position, "eta_s": eta_s}, now_ms))
        moved.append(entry)
    QueueEntry.objects.bulk_update(moved, ["told", "signals"], batch_size=_TOGETHER)
    outbox.put_all(jobs)
    if is_behind:
        plan_telling(line, now_ms)


def _unheard(line: Queue) -> set[UUID | None]:
    """Runs that wait there and have a signal still to come."""
    waiting = line.entries.filter(status=QueueEntry.Status.WAITING).values("run")
    coming = Job.objects.filter(
        run__in=waiting, kind="Signal", status__in=(Job.Status.READY, Job.Status.LEASED)
    )
    return set(coming.values_list("run_id", flat=True))


def signal(entry: QueueEntry, name: str, data: dict[str, Any], now_ms: int) -> None:
    """Tell the activity that waits at this place something."""
    outbox.put_all([_signal(entry, name, data, now_ms)])
    entry.save(update_fields=["signals"])


def _signal(entry: QueueEntry, name: str, data: dict[str, Any], now_ms: int) -> Job:
    """The job that tells it, still to be put, as the entry is to be saved."""
    entry.signals += 1
    key = f"{entry.pk}:{entry.signals}"
    return outbox.signal_job(entry.run_id, entry.activity, name, data, key=key, at_ms=now_ms)


def as_told(position: int | None, eta_s: int | None) -> str:
    """What `QueueEntry.told` keeps."""
    return f"{position}:{eta_s}"


def _eta(line: Queue) -> Callable[[int], int | None]:
    """How long a place still waits, in seconds: None without experience to go by.

    Position times the usual call, shared among those who serve.
    """
    serving = AgentPresence.objects.filter(workspace_id=line.workspace_id)
    count = serving.exclude(status=AgentPresence.Status.AWAY).count()
    usual_s = _usual_call_s(line)

    def eta_s(position: int) -> int | None:
        if usual_s is None or count == 0:
            return None
        return max(_ETA_STEP_S, round(position * usual_s / count / _ETA_STEP_S) * _ETA_STEP_S)

    return eta_s


def _usual_call_s(line: Queue) -> float | None:
    """Mean length of the workspace's latest calls, from the agent's seat to the end, in seconds."""
    ended = Participant.objects.filter(
        role=Participant.Role.AGENT,
        run__workspace_id=line.workspace_id,
        run__status=Run.Status.CLOSED,
    )
    rows = ended.order_by("-joined_at_ms").values_list("joined_at_ms", "run__ended_at_ms")[:_RECENT]
    lengths = [(end - start) / 1000 for start, end in rows if end is not None]
    return sum(lengths) / len(lengths) if lengths else None
