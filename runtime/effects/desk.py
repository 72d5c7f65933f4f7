"""Performing what a run asks of the desk: thin calls into `runtime.desk.routing`."""

from __future__ import annotations

from uuid import UUID

from runtime.desk import routing
from runtime.effects.outcome import Done, Outcome
from runtime.models import Job


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
    """RingAgent: ring the reserved agent, or the best free one."""
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


def seat_agent(job: Job, now_ms: int) -> Outcome:
    """SeatAgent: make the agent a participant."""
    participant = routing.seat(_run_id(job), job.payload["agent"], now_ms)
    return Done(result={"participant": str(participant.pk)})


def _run_id(job: Job) -> UUID:
    assert job.run_id is not None  # noqa: S101 - the driver makes these jobs for a run
    return job.run_id
