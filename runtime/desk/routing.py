"""Who is served by whom: queue places, reservations, rings, seats and wrap-up.

The longest waiting of the highest priority is first; of the free agents the one free for longest
is asked. Every change is one transaction; what a run must know goes out as a signal job in the
same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from runtime import hints, outbox
from runtime.desk import positions
from runtime.errors import EffectFailedError
from runtime.models import AgentPresence, Job, Participant, Queue, QueueEntry, Run

RESERVED_FOR_MS = 20_000
WRAP_UP_MS = 60_000
DESK_GRACE_MS = 20_000
"""Longer than the 15 s between two pings of a desk that is still open."""
SEEN_LIMIT_MS = 60_000
Status = AgentPresence.Status
Place = QueueEntry.Status


def enqueue(
    run_id: UUID, *, activity: str, queue: str, skills: list[str], priority: int, now_ms: int
) -> int | None:
    """Take a place in the queue (once; a place already held keeps its time).

    The position, 1 for next.
    """
    with transaction.atomic():
        workspace_id = _workspace_of(run_id)
        line, _ = Queue.objects.get_or_create(workspace_id=workspace_id, key=queue)
        entry, fresh = QueueEntry.objects.exclude(status=Place.LEFT).get_or_create(
            run_id=run_id,
            defaults={
                "queue": line,
                "activity": activity,
                "skills": skills,
                "priority": priority,
                "since_ms": now_ms,
            },
        )
        if not fresh and entry.activity != activity:
            _free_agent(run_id, now_ms)
            entry.queue, entry.activity, entry.priority = line, activity, priority
            entry.status, entry.told = Place.WAITING, ""
            entry.save()
        waiting = [one.pk for one in positions.in_order(line)]
        position = waiting.index(entry.pk) + 1 if entry.pk in waiting else None
        told = positions.as_told(position, None)
        QueueEntry.objects.filter(pk=entry.pk, told="").update(told=told)
        route(workspace_id, now_ms)
    return position


def dequeue(run_id: UUID, now_ms: int) -> None:
    """Leave the queue, keeping nothing reserved."""
    with transaction.atomic():
        held = QueueEntry.objects.filter(run_id=run_id).exclude(status=Place.LEFT)
        left = held.update(status=Place.LEFT)
        freed = _free_agent(run_id, now_ms)
        workspace_id = _workspace_of(run_id)
        if left or freed:
            route(workspace_id, now_ms)
        else:
            _tell_desk(workspace_id)


def ring(
    run_id: UUID, *, activity: str, queue: str, exclude: frozenset[str], now_ms: int
) -> AgentPresence:
    """Ring the agent reserved for this run, or the best free one.

    Raises EffectFailedError `busy`.
    """
    with transaction.atomic():
        workspace_id = _workspace_of(run_id)
        line, _ = Queue.objects.get_or_create(workspace_id=workspace_id, key=queue)
        agent = _reserved_for(run_id)
        if agent is not None and str(agent.user_id) in exclude:
            _free_agent(run_id, now_ms)
            agent = None
        if agent is None:
            agent = _reserve(line, run_id, exclude, now_ms)
        if agent is None:
            raise EffectFailedError("busy", "nobody is free", final=True)
        QueueEntry.objects.exclude(status=Place.LEFT).update_or_create(
            run_id=run_id,
            defaults={"activity": activity, "status": Place.RINGING},
            create_defaults={
                "queue": line,
                "activity": activity,
                "status": Place.RINGING,
                "since_ms": now_ms,
            },
        )
        _tell_desk(workspace_id)
    return agent


def is_customer_here(run_id: UUID) -> bool:
    """Whether somebody is there to be served; who comes or goes waits for this transaction."""
    seats = Participant.objects.filter(run_id=run_id, role=Participant.Role.CUSTOMER)
    return any(seats.select_for_update().values_list("present", flat=True))


def step_aside(run_id: UUID, now_ms: int) -> None:
    """The customer dropped: whoever was only reserved for them is free, their place is kept."""
    with transaction.atomic():
        if QueueEntry.objects.filter(run_id=run_id, status=Place.RESERVED).exists():
            _free_agent(run_id, now_ms)
            route(_workspace_of(run_id), now_ms)


def step_back(run_id: UUID, now_ms: int) -> None:
    """The customer is (back) here: their turn is no longer passed over, a ring put off is due."""
    with transaction.atomic():
        put_off = Job.objects.filter(run_id=run_id, kind="RingAgent", status=Job.Status.WAITING)
        if put_off.update(status=Job.Status.READY, lease_until_ms=None, due_at_ms=now_ms):
            transaction.on_commit(hints.wake_dispatcher)
        if QueueEntry.objects.filter(run_id=run_id, status=Place.WAITING).exists():
            route(_workspace_of(run_id), now_ms)


def stop_ringing(run_id: UUID, agent: str, now_ms: int) -> None:
    """Withdraw the ring; the agent is free again and the run's place is kept for the next ring."""
    with transaction.atomic():
        _free_agent(run_id, now_ms, user_id=agent)
        QueueEntry.objects.filter(run_id=run_id, status=Place.RINGING).update(status=Place.RESERVED)
        route(_workspace_of(run_id), now_ms)


def seat(run_id: UUID, agent: str, now_ms: int) -> Participant:
    """Make the agent a participant, busy until the run ends. Raises EffectFailedError `busy`."""
    with transaction.atomic():
        mine = Q(run_id=run_id) | Q(run=None)
        taken = AgentPresence.objects.filter(mine, user_id=agent).update(
            status=Status.IN_CALL, run=run_id, since_ms=now_ms
        )
        if not taken:
            raise EffectFailedError("busy", "the agent is busy with another run", final=True)
        user = User.objects.get(pk=agent)
        participant, _ = Participant.objects.get_or_create(
            run_id=run_id,
            user=user,
            defaults={
                "role": Participant.Role.AGENT,
                "name": user.shown_name,
                "staff_no": user.staff_no,
                "joined_at_ms": now_ms,
            },
        )
        QueueEntry.objects.filter(run_id=run_id).exclude(status=Place.LEFT).update(
            status=Place.LEFT
        )
        _tell_desk(_workspace_of(run_id))
    return participant


def free(run_id: UUID, now_ms: int) -> None:
    """The run has ended: its place is gone, a ringing agent is free, a seated one wraps up."""
    with transaction.atomic():
        agent = AgentPresence.objects.filter(run_id=run_id, status=Status.IN_CALL).first()
        if agent is not None:
            _set(agent, Status.WRAP_UP, now_ms)
            outbox.put(
                "EndWrapUp",
                key=f"wrap-up:{agent.pk}:{run_id}",
                due_at_ms=now_ms + WRAP_UP_MS,
                payload={"agent": agent.pk, "since_ms": now_ms},
            )
        dequeue(run_id, now_ms)


def end_wrap_up(agent_id: int, since_ms: int, now_ms: int) -> None:
    """The agent is available again, unless they changed that themselves."""
    with transaction.atomic():
        agent = AgentPresence.objects.filter(
            pk=agent_id, status=Status.WRAP_UP, since_ms=since_ms
        ).first()
        if agent is not None:
            _set(agent, Status.AVAILABLE, now_ms)
            route(agent.workspace_id, now_ms)


def release_reservation(run_id: UUID, agent_id: int, now_ms: int) -> None:
    """A reservation that never became a ring: the agent is free, the run keeps its place."""
    with transaction.atomic():
        entry = QueueEntry.objects.filter(run_id=run_id, status=Place.RESERVED).first()
        held = AgentPresence.objects.filter(pk=agent_id, run_id=run_id, status=Status.RINGING)
        if entry is None or not held.exists():
            return
        _free_agent(run_id, now_ms)
        QueueEntry.objects.filter(pk=entry.pk).update(status=Place.LEFT)
        route(_workspace_of(run_id), now_ms)


def set_presence(user: User, workspace_id: UUID, status: str, now_ms: int) -> None:
    """An agent says available or away.

    Raises EffectFailedError `busy` while ringing or in a call.
    """
    with transaction.atomic():
        agent = find_agent(user, workspace_id)
        if agent.status in (Status.RINGING, Status.IN_CALL):
            raise EffectFailedError("busy", "you are busy with a customer", final=True)
        AgentPresence.objects.filter(pk=agent.pk).update(seen_at_ms=now_ms)
        if agent.status != status:
            _set(agent, status, now_ms)
        route(workspace_id, now_ms)


def see(user_ids: Sequence[UUID], now_ms: int) -> None:
    """The desk sockets of these people said something lately."""
    AgentPresence.objects.filter(user_id__in=user_ids).update(seen_at_ms=now_ms)


def leave_desk(agent: AgentPresence, now_ms: int) -> None:
    """A desk socket of the agent is gone.

    In DESK_GRACE_MS it is looked whether another one spoke.
    """
    outbox.put(
        "CheckDesk",
        key=f"desk-gone:{agent.pk}:{now_ms}",
        due_at_ms=now_ms + DESK_GRACE_MS,
        payload={"agent": agent.pk, "gone_at_ms": now_ms},
    )


def check_desk(agent_id: int, gone_at_ms: int, now_ms: int) -> None:
    """A desk socket went away: without another one since, the agent is away."""
    idle = AgentPresence.objects.filter(
        pk=agent_id, seen_at_ms__lte=gone_at_ms, status__in=(Status.AVAILABLE, Status.WRAP_UP)
    ).first()
    if idle is not None:
        _set(idle, Status.AWAY, now_ms)


def sweep_unseen(now_ms: int) -> None:
    """Available agents whose desk has been silent (its web process may have died) are away."""
    unseen = AgentPresence.objects.filter(
        status=Status.AVAILABLE, seen_at_ms__lt=now_ms - SEEN_LIMIT_MS
    )
    for agent in unseen:
        _set(agent, Status.AWAY, now_ms)


def find_agent(user: User, workspace_id: UUID) -> AgentPresence:
    """The desk row of a member of staff, made at first sight."""
    agent, _ = AgentPresence.objects.get_or_create(
        user=user, defaults={"workspace_id": workspace_id}
    )
    return agent


def named(agent: AgentPresence) -> dict[str, Any]:
    """What a run is told of an agent."""
    return {
        "agent": str(agent.user_id),
        "name": agent.user.shown_name,
        "staff_no": agent.user.staff_no,
    }


def route(workspace_id: UUID, now_ms: int) -> None:
    """Give free agents to those who wait; the others will hear of their changed positions.

    Without a free agent nobody's place is looked at: each who leaves a long queue would cost as
    much as it is long.
    """
    with transaction.atomic():
        free = AgentPresence.objects.filter(workspace_id=workspace_id, status=Status.AVAILABLE)
        is_anybody_free = free.exists()
        for line in Queue.objects.filter(workspace_id=workspace_id):
            if is_anybody_free:
                _assign_all(line, now_ms)
            positions.plan_telling(line, now_ms)
        _tell_desk(workspace_id)


def _assign_all(line: Queue, now_ms: int) -> None:
    here = Participant.objects.filter(role=Participant.Role.CUSTOMER, present=True)
    present = set(here.filter(run__queue_entries__queue=line).values_list("run_id", flat=True))
    for entry in positions.in_order(line):
        if entry.run_id in present and not _assign(line, entry, now_ms):
            return  # nobody is free for the others either


def _assign(line: Queue, entry: QueueEntry, now_ms: int) -> bool:
    agent = _reserve(line, entry.run_id, frozenset(), now_ms)
    if agent is None:
        return False
    entry.status = Place.RESERVED
    entry.save(update_fields=["status"])
    positions.signal(entry, "assigned", named(agent), now_ms)
    outbox.put(
        "Release",
        key=f"release:{entry.pk}:{entry.signals}",
        due_at_ms=now_ms + RESERVED_FOR_MS,
        run_id=entry.run_id,
        payload={"agent": agent.pk},
    )
    return True


def _reserve(
    line: Queue, run_id: UUID, exclude: Iterable[str], now_ms: int
) -> AgentPresence | None:
    """The agent free for longest who serves the queue, now held for the run.

    None when nobody is.
    """
    free = AgentPresence.objects.select_related("user").filter(
        workspace_id=line.workspace_id, status=Status.AVAILABLE
    )
    if line.agents.exists():
        free = free.filter(user__in=line.agents.all())
    for agent in free.exclude(user_id__in=list(exclude)).order_by("since_ms", "pk"):
        held = AgentPresence.objects.filter(pk=agent.pk, status=Status.AVAILABLE).update(
            status=Status.RINGING, run=run_id, since_ms=now_ms
        )
        if held:
            agent.refresh_from_db()
            return agent
    return None


def _reserved_for(run_id: UUID) -> AgentPresence | None:
    return (
        AgentPresence.objects.select_related("user")
        .filter(run_id=run_id, status=Status.RINGING)
        .first()
    )


def _free_agent(run_id: UUID, now_ms: int, *, user_id: str | None = None) -> int:
    """How many were ringing for the run."""
    held = AgentPresence.objects.filter(run_id=run_id, status=Status.RINGING)
    if user_id is not None:
        held = held.filter(user_id=user_id)
    return held.update(status=Status.AVAILABLE, run=None, since_ms=now_ms)


def _set(agent: AgentPresence, status: str, now_ms: int) -> None:
    AgentPresence.objects.filter(pk=agent.pk).update(status=status, run=None, since_ms=now_ms)
    _tell_desk(agent.workspace_id)


def _workspace_of(run_id: UUID) -> UUID:
    return Run.objects.values_list("workspace_id", flat=True).get(pk=run_id)


def _tell_desk(workspace_id: UUID) -> None:
    transaction.on_commit(lambda: hints.tell_desk(workspace_id))
