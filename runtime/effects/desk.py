"""Performing what a run asks of the desk: thin calls into `runtime.desk.routing`."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flow.graph import JsonValue
from runtime import rooms
from runtime.desk import routing
from runtime.effects.outcome import Done, Outcome, Waiting
from runtime.models import Job, Room
from runtime.places import awaited

AWAY_LIMIT_MS = 15 * 60_000
"""A customer away for longer than any flow would wait is not rung for any more."""
TOLD_LIMIT_MS = 8_000
"""An agent whose page has taken longer is there by now, or is told of when they come."""


def enqueue(job: Job, now_ms: int) -> Outcome:
    """Enqueue: take a place in the queue."""
    position = routing.enqueue(
        _run_id(job),
        activity=job.activity,
        queue=job.payload["queue"],
        skills=list(job.payload["skills"]),
        priority=job.payload["priority"],
        now_ms=now_ms,
    )
    return Done(result={"position": position})


def dequeue(job: Job, now_ms: int) -> Outcome:
    """Dequeue: leave the queue."""
    routing.dequeue(_run_id(job), now_ms)
    return Done()


def ring_agent(job: Job, now_ms: int) -> Outcome:
    """RingAgent: ring the reserved agent, or the best free one, once the customer is here."""
    if not routing.is_customer_here(_run_id(job)):
        return Waiting(until_ms=now_ms + AWAY_LIMIT_MS)
    agent = routing.ring(
        _run_id(job),
        activity=job.activity,
        queue=job.payload["queue"],
        exclude=frozenset(job.payload["exclude"]),
        now_ms=now_ms,
    )
    return Done(result=routing.named(agent))


def stop_ringing(job: Job, now_ms: int) -> Outcome:
    """StopRinging: withdraw the ring."""
    routing.stop_ringing(_run_id(job), job.payload["agent"], now_ms)
    return Done()


def take_back_ring(job: Job, result: Mapping[str, JsonValue], now_ms: int) -> None:
    """Nobody waits for the ring any more: its agent is free again."""
    routing.stop_ringing(_run_id(job), str(result["agent"]), now_ms)


def seat_agent(job: Job, now_ms: int) -> Outcome:
    """SeatAgent: make the agent a participant; the room makes ready while their page loads."""
    participant = routing.seat(_run_id(job), job.payload["agent"], now_ms)
    room = rooms.find_live(participant.run_id)
    if room is not None and room.status == Room.Status.OPEN:
        told = awaited(participant)
        rooms.ask(room, "party.add", told, now_ms=now_ms, limit_ms=TOLD_LIMIT_MS)
    return Done(result={"participant": str(participant.pk)})


def _run_id(job: Job) -> UUID:
    assert job.run_id is not None  # noqa: S101 - the driver makes these jobs for a run
    return job.run_id
