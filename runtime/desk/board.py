"""What the desk shows.

One agent's presence, ring and queue, as docs/protocol.md describes `Desk`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.models import User
from runtime.desk import routing
from runtime.models import AgentPresence, Job, Participant, Queue, QueueEntry

DAY_MS = 24 * 3600 * 1000
_WAITING_SHOWN = 50


def desk_of(user: User, workspace_id: UUID, now_ms: int) -> dict[str, Any]:
    """The `Desk` document of docs/protocol.md for one agent."""
    agent = routing.find_agent(user, workspace_id)
    queues = Queue.objects.filter(workspace_id=workspace_id).order_by("key")
    seated = agent.run_id if agent.status == AgentPresence.Status.IN_CALL else None
    return {
        "presence": agent.status,
        "since_ms": agent.since_ms,
        "run": str(seated) if seated else None,
        "ring": _ring(agent),
        "waiting": _waiting(workspace_id),
        "handled_today": _handled(user, now_ms),
        "queues": [line.key for line in queues if _serves(user, line)],
    }


def rings_for(user: User, run_id: UUID, activity: str) -> bool:
    """Whether this activity of the run rings at this person's desk right now."""
    held = AgentPresence.objects.filter(
        user=user, run_id=run_id, status=AgentPresence.Status.RINGING
    ).exists()
    return (
        held
        and QueueEntry.objects.filter(
            run_id=run_id, activity=activity, status=QueueEntry.Status.RINGING
        ).exists()
    )


def _serves(user: User, line: Queue) -> bool:
    return not line.agents.exists() or line.agents.filter(pk=user.pk).exists()


def _ring(agent: AgentPresence) -> dict[str, Any] | None:
    if agent.status != AgentPresence.Status.RINGING or agent.run_id is None:
        return None
    entry = (
        QueueEntry.objects.select_related("run__version__flow", "queue")
        .filter(run_id=agent.run_id, status=QueueEntry.Status.RINGING)
        .first()
    )
    if entry is None:  # reserved, not ringing yet
        return None
    run = entry.run
    return {
        "run": str(run.pk),
        "activity": entry.activity,
        "flow": run.version.flow.name,
        "reason": entry.queue.title or {"en": entry.queue.key, "zh-Hans": entry.queue.key},
        "customer": _customer(run.pk),
        "waited_ms": max(0, agent.since_ms - entry.since_ms),
        "expires_at_ms": _expires_at_ms(run.pk, entry.activity, agent),
        "locale": run.locale,
        "facts": [],
    }


def _customer(run_id: UUID) -> str:
    names = Participant.objects.filter(run_id=run_id, role=Participant.Role.CUSTOMER)
    return names.values_list("name", flat=True).first() or ""


def _expires_at_ms(run_id: UUID, activity: str, agent: AgentPresence) -> int:
    """When the ringing activity's own timer comes due.

    It is the flow's setting that ends a ring.
    """
    timers = Job.objects.filter(
        run_id=run_id, activity=activity, kind="SetTimer", status=Job.Status.READY
    )
    due = timers.order_by("due_at_ms").values_list("due_at_ms", flat=True).first()
    return due if due is not None else agent.since_ms


def _waiting(workspace_id: UUID) -> list[dict[str, Any]]:
    waiting = (
        QueueEntry.objects.select_related("run__version__flow", "queue")
        .filter(queue__workspace_id=workspace_id, status=QueueEntry.Status.WAITING)
        .order_by("queue__key", "-priority", "since_ms", "pk")[:_WAITING_SHOWN]
    )
    places: dict[int, int] = {}
    shown = []
    for entry in waiting:
        places[entry.queue_id] = places.get(entry.queue_id, 0) + 1
        shown.append(
            {
                "run": str(entry.run_id),
                "flow": entry.run.version.flow.name,
                "queue": entry.queue.key,
                "since_ms": entry.since_ms,
                "locale": entry.run.locale,
                "position": places[entry.queue_id],
            }
        )
    return shown


def _handled(user: User, now_ms: int) -> int:
    """Runs this person was seated in since midnight UTC."""
    midnight_ms = now_ms - now_ms % DAY_MS
    return Participant.objects.filter(
        user=user, role=Participant.Role.AGENT, joined_at_ms__gte=midnight_ms
    ).count()
