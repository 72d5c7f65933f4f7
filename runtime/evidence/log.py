"""The log of a run as a person reads it: its events with what they say, or the traces they left."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from runtime.models import Run, RunEvent


def traces_of(run: Run, *, after: int, limit: int) -> list[dict[str, Any]]:
    """What is left of an erased run's log: kinds, times and hashes."""
    return [trace_of(one) for one in found_after(run, after, limit)]


def found_after(run: Run, after: int, limit: int) -> QuerySet[RunEvent]:
    """The rows after seq `after`, at most `limit`."""
    return RunEvent.objects.filter(run=run, seq__gt=after).order_by("seq")[:limit]


def trace_of(event: RunEvent) -> dict[str, Any]:
    """An event without what it says."""
    return {
        "seq": event.seq,
        "kind": event.kind,
        "actor": event.actor,
        "at_ms": event.at_ms,
        "data": {},
        "node": None,
        "title": None,
        "hash": event.hash,
    }
