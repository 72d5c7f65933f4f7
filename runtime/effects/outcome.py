"""What performing a job can come to; `dispatch` turns it into the run's next event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from flow.events import Event
from flow.graph import JsonValue
from runtime.models import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Performed: the run gets `CommandCompleted` with this result."""

    result: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Happened:
    """The job was to bring this fact to the run.

    `still_true` is asked in the transaction that would store it; False makes the job silent.
    """

    event: Event
    still_true: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """Performed, and the run need not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Asked of somebody; `dispatch.settle` brings the answer, or the deadline passes."""

    until_ms: int


Outcome: TypeAlias = Done | Happened | Silent | Waiting
Effect: TypeAlias = Callable[[Job, int], Outcome]
"""(job, now_ms) -> Outcome; idempotent by `job.key`. Raises EffectFailedError."""
TakeBack: TypeAlias = Callable[[Job, Mapping[str, JsonValue], int], None]
