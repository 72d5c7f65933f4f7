"""Undoing what a step did for good: which function undoes which operation of a manifest.

A component names its operation (`compensation` in the manifest); what is to be undone is the
activity's data as it was when the step was left. An operation is performed at least once, so each
function takes the same job twice and undoes once. What nobody can undo fails for good: the run
halts on it and staff decides.
"""

from __future__ import annotations

from runtime.effects import core
from runtime.effects.outcome import Effect, Outcome
from runtime.errors import EffectFailedError
from runtime.models import Job

OPERATIONS: dict[str, Effect] = {"core.undo": core.undo_done}
"""Operation -> what undoes it, by `job.payload["data"]`. Idempotent by `job.key`."""


def compensate(job: Job, now_ms: int) -> Outcome:
    """Compensate: have the operation undone."""
    operation: str = job.payload["operation"]
    undo = OPERATIONS.get(operation)
    if undo is None:
        raise EffectFailedError("unknown_operation", operation, final=True)
    return undo(job, now_ms)
