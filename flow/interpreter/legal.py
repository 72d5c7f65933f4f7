"""When a person may do what to a run as a whole: one table, which tests read too."""

from __future__ import annotations

from collections.abc import Mapping

from flow.errors import EventRefusedError
from flow.events import (
    Acted,
    Event,
    ExternalEventReceived,
    IncidentEnded,
    IncidentRetried,
    IncidentSkipped,
    RunCancelled,
    RunMigrated,
    RunResumed,
    RunStarted,
    RunSuspended,
)
from flow.state import RunStatus

LEGAL: Mapping[type[Event], frozenset[RunStatus]] = {
    RunStarted: frozenset({RunStatus.OPEN, RunStatus.INCIDENT, RunStatus.SUSPENDED}),
    Acted: frozenset({RunStatus.OPEN}),
    ExternalEventReceived: frozenset({RunStatus.OPEN, RunStatus.INCIDENT, RunStatus.SUSPENDED}),
    RunCancelled: frozenset({RunStatus.OPEN, RunStatus.INCIDENT, RunStatus.SUSPENDED}),
    RunSuspended: frozenset({RunStatus.OPEN}),
    RunMigrated: frozenset({RunStatus.OPEN}),
    RunResumed: frozenset({RunStatus.SUSPENDED}),
    IncidentRetried: frozenset({RunStatus.INCIDENT, RunStatus.COMPENSATING}),
    IncidentSkipped: frozenset({RunStatus.INCIDENT, RunStatus.COMPENSATING}),
    IncidentEnded: frozenset({RunStatus.INCIDENT}),
}
"""Events that are decisions, or whose sender must hear when they come in vain.

Facts are not listed: one that no longer matters changes nothing.
"""

_WHY: Mapping[RunStatus, tuple[str, str]] = {
    RunStatus.OPEN: ("going_on", "The run is going on"),
    RunStatus.INCIDENT: ("halted", "The run has stopped on a problem"),
    RunStatus.SUSPENDED: ("suspended", "The run is suspended"),
    RunStatus.COMPENSATING: ("run_ended", "The run has ended"),
    RunStatus.CLOSED: ("run_ended", "The run has ended"),
}


def check(event: Event, status: RunStatus) -> None:
    """Raises EventRefusedError for a decision that cannot be taken in this status."""
    allowed = LEGAL.get(type(event))
    if allowed is None or status in allowed:
        return
    reason, message = _WHY[status]
    raise EventRefusedError(reason=reason, message=message)
