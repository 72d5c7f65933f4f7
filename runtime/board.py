"""What the desk shows.

One agent's presence, ring and queue, as docs/protocol.md describes `Desk`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from accounts.models import User
from flow.interpreter.bound import BoundGraph
from flow.state import RunState
from runtime import driver
from runtime.desk import routing
from runtime.models import AgentPresence, Job, Participant, Queue, QueueEntry

DAY_MS = 24 * 3600 * 1000
_WAITING_SHOWN = 50
_RUN = {"en": "Call", "zh-Hans": "业务编号"}
_LINE = {"en": "Customer's network", "zh-Hans": "客户网络"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What the desks of a workspace have in common: read once for all of them."""

    began_s: float
    """Monotonic; whatever was stored before is in here."""
    waiting: list[dict[str, Any]]
    queues: list[Queue]
    chosen: Mapping[int, frozenset[UUID]]
    """Queue -> who alone serves it."""
    agents: Mapping[UUID, AgentPresence]


_floors: dict[UUID, Floor] = {}
"""The last that was read of each workspace."""


def floor_since(workspace_id: UUID, moment_s: float) -> Floor:
    """The floor as read at `moment_s` (monotonic) or later: now, if nobody has."""
    floor = _floors.get(workspace_id)
    if floor is None or floor.began_s < moment_s:
        floor = _floors[workspace_id] = _read_floor(workspace_id)
    return floor


def _read_floor(workspace_id: UUID) -> Floor:
    began_s = time.monotonic()
    queues = Queue.objects.filter(workspace_id=workspace_id)
    chosen: defaultdict[int, set[UUID]] = defaultdict(set)
    for pk, agent in queues.exclude(agents=None).values_list("pk", "agents"):
        chosen[pk].add(agent)
    agents = AgentPresence.objects.filter(workspace_id=workspace_id)
    return Floor(
        began_s=began_s,
        waiting=_waiting(workspace_id),
        queues=list(queues.order_by("key")),
        chosen={pk: frozenset(found) for pk, found in chosen.items()},
        agents={one.user_id: one for one in agents},
    )


def desk_of(
    user: User, workspace_id: UUID, now_ms: int, *, since_s: float | None = None
) -> dict[str, Any]:
    """The `Desk` document of docs/protocol.md for one agent, as it was at `since_s` or later."""
    floor = floor_since(workspace_id, time.monotonic() if since_s is None else since_s)
    agent = floor.agents.get(user.pk) or routing.find_agent(user, workspace_id)
    mine = [one for one in floor.queues if user.pk in floor.chosen.get(one.pk, (user.pk,))]
    seated = agent.run_id if agent.status == AgentPresence.Status.IN_CALL else None
    standing = (agent.status, agent.since_ms, agent.run_id)
    return {
        "presence": agent.status,
        "since_ms": agent.since_ms,
        "run": str(seated) if seated else None,
        "ring": _ring(agent),
        "waiting": floor.waiting,
        "handled_today": _handled(user.pk, now_ms - now_ms % DAY_MS, standing),
        "queues": [one.key for one in mine],
        "queue_titles": [one.title for one in mine],
    }


def stirred_among(user_ids: Collection[UUID]) -> Mapping[UUID, Hashable]:
    """For each of these people a value that changes when their desk may look different."""
    waiting: defaultdict[UUID, list[Hashable]] = defaultdict(list)
    live = QueueEntry.objects.exclude(status=QueueEntry.Status.LEFT).order_by("pk")
    for of, *entry in live.values_list("queue__workspace_id", "pk", "status", "priority"):
        waiting[of].append(tuple(entry))
    lines = {of: hash(tuple(entries)) for of, entries in waiting.items()}
    agents = AgentPresence.objects.filter(user_id__in=user_ids)
    return {
        person: (lines.get(of), *standing)
        for person, of, *standing in agents.values_list(
            "user_id", "workspace_id", "status", "since_ms", "run_id"
        )
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
    snapshot = driver.read_run(run.pk)
    return {
        "run": str(run.pk),
        "activity": entry.activity,
        "flow": run.version.flow.name,
        "reason": entry.queue.title or _queue_title(snapshot.bound, entry.queue.key),
        "customer": _customer(run.pk),
        "waited_ms": max(0, agent.since_ms - entry.since_ms),
        "expires_at_ms": _expires_at_ms(run.pk, entry.activity, agent),
        "locale": run.locale,
        "facts": [{"label": _RUN, "value": run.number}, *_facts(snapshot.bound, snapshot.state)],
    }


def _queue_title(bound: BoundGraph, key: str) -> dict[str, str]:
    """A queue nobody has named is called as the step in which one waits for it."""
    for one in bound.graph.nodes.values():
        component = bound.components[one.id].manifest.key
        if component == "queue.wait" and one.config.get("queue") == key:
            return dict(bound.title(one.id))
    return {"en": key, "zh-Hans": key}


def _facts(bound: BoundGraph, state: RunState) -> list[dict[str, Any]]:
    """What the run knows that helps to decide on a call.

    Consents given and the customer's line; nothing personal before the call is accepted.
    """
    consents = [
        (dict(bound.title(node)), bound.outcomes(node)[passed.outcome].label)
        for node, passed in state.passed.items()
        if bound.components[node].manifest.group == "consent"
        and passed.outcome in bound.outcomes(node)
    ]
    facts: list[dict[str, Any]] = [
        {"label": title, "value": dict(said)} for title, said in consents
    ]
    kbps, rtt_ms = state.variables.get("net.kbps"), state.variables.get("net.rtt_ms")
    if isinstance(kbps, int) and isinstance(rtt_ms, int) and kbps > 0:
        facts.append({"label": _LINE, "value": f"{kbps / 1000:.1f} Mbit/s · {rtt_ms} ms"})
    return facts


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
                "queue_title": entry.queue.title,
                "since_ms": entry.since_ms,
                "locale": entry.run.locale,
                "position": places[entry.queue_id],
                "late": driver.is_late(entry.run),
            }
        )
    return shown


@lru_cache(maxsize=4096)
def _handled(user_id: UUID, midnight_ms: int, _standing: Hashable) -> int:
    """Runs this person was seated in since midnight UTC.

    Whoever is seated has a new standing since then, so one standing has one answer.
    """
    return Participant.objects.filter(
        user=user_id, role=Participant.Role.AGENT, joined_at_ms__gte=midnight_ms
    ).count()
