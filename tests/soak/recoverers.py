"""Proof 3: two processes believe they hold the same job; one of them wins, nothing comes twice."""

from __future__ import annotations

import random
import time
from uuid import UUID

from runtime import claims, dispatch
from runtime.clock import now_ms
from runtime.models import Job, RunEvent
from tests.runtime.builders import published
from tests.soak.customers import acts_of, served_flow
from tests.soak.examination import Ack, examine
from tests.soak.processes import Edge, bring, new_run
from tests.soak.result import Result

LAPSED_MS = claims.LEASE_MS + 1_000
_held: dict[UUID, Job] = {}
"""In each process: the job it took from the run, with the fence of that moment."""


def prove(result: Result, trials: int) -> None:
    """The first takes a job and is silent for longer than its lease; then both perform it."""
    chance = random.Random(result.seed)
    version = published(served_flow(wait_s=3600)).pk
    edges = [Edge(), Edge()]
    journal: list[Ack] = []
    try:
        for _ in range(trials):
            journal += _duel(version, edges, chance)
            result.trials += 1
    finally:
        for one in edges:
            one.close()
    examine(result, journal)
    result.duplicated += _answered_twice()
    result.broken += _unanswered(trials)


def _duel(version: UUID, edges: list[Edge], chance: random.Random) -> list[Ack]:
    first, second = chance.sample(edges, 2)
    run = first.ask(new_run, version)
    journal = []
    # A moment ago: what they lead to must be due now.
    for number, event in enumerate(acts_of(now_ms() - 100)):
        journal.append(Ack(run, f"act-{number}", first.ask(bring, run, event, f"act-{number}")))
    first.ask(take, run, 0)
    second.ask(take, run, LAPSED_MS)
    for one in chance.sample(edges, 2):
        time.sleep(chance.choice((0.0, 0.0, 0.001, 0.003)))
        one.begin(perform, run)
    for one in edges:
        one.finish()
    return journal


def take(run: UUID, later_ms: int) -> None:
    """Take the run's queueing as a dispatcher does whose clock says `later_ms` from now."""
    at = now_ms() + later_ms
    dispatch.sweep(at)
    for job in claims.claim(at, limit=1_000):
        if job.run_id == run and job.kind == "Enqueue":
            _held[run] = job
    if run not in _held:
        raise LookupError(f"nothing to take of {run}")


def perform(run: UUID) -> None:
    dispatch.perform(_held.pop(run), now_ms())


def _answered_twice() -> int:
    done = RunEvent.objects.filter(kind="CommandCompleted").values_list("run_id", flat=True)
    return len(done) - len(set(done))


def _unanswered(runs: int) -> list[str]:
    missing = runs - RunEvent.objects.filter(kind="CommandCompleted").count()
    return [f"{missing} jobs were never answered"] if missing > 0 else []
