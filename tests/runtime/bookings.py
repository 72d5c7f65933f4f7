"""Runs that book at a core, and how tests let time, faults and deaths happen to them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_network
from typing import Any
from unittest import mock

from flow.events import RunCancelled
from flow.graph import JsonValue
from runtime import claims, dispatch, driver
from runtime.clock import now_ms
from runtime.effects.table import OUTSIDE
from runtime.models import Connection, Job, Run
from tests.runtime import builders
from tests.runtime.core_peer import CorePeer

HOUR_MS = 3_600_000


class KilledError(BaseException):
    """Stands for the end of the process: nothing catches it."""


def reach(peer: CorePeer, settings: Any) -> None:
    """Let runs of the workspace reach the peer as `core`."""
    settings.EGRESS_PRIVATE = (ip_network("127.0.0.0/8"),)
    settings.EGRESS_PORTS = frozenset({peer.port})
    Connection.objects.update_or_create(
        workspace=builders.workspace(),
        name="core",
        defaults={
            "kind": "core",
            "base_url": f"http://127.0.0.1:{peer.port}",
            "private": True,
            "timeout_ms": 500,
        },
    )


def booking_graph(**config: Any) -> dict[str, Any]:
    """link → book → consent (as a step to stand in) → done; each other way out has an end."""
    asked = {
        "connection": "core",
        "operation": "place_order",
        "effect": "commit",
        "payload": [{"name": "amount", "expression": "5"}],
        "timeout_s": 30,
        **config,
    }
    outcomes = ("declined", "error", "timeout")
    nodes = [
        builders.node("link", "entry.link"),
        builders.node("book", "int.core", **asked),
        builders.consent(),
        builders.end(),
        *(builders.end(one, "defer") for one in outcomes),
    ]
    edges = [
        builders.edge("link", "ok", "book"),
        builders.edge("link", "expired", "error"),
        builders.edge("book", "ok", "consent"),
        *(builders.edge("book", one, one) for one in outcomes),
        *(builders.edge("consent", one, "done") for one in ("ok", "declined", "timeout")),
    ]
    return builders.graph(nodes, edges)


def begun(**config: Any) -> Run:
    return builders.entered(booking_graph(**config))


def work_off(run: Run, *, kills: int = 0, until_ms: int = HOUR_MS) -> int:
    """Perform everything of the run that comes due within the time; when it is then.

    The first `kills` times that something outside has answered, the process dies before the answer
    is stored, and another one takes over when the lease has lapsed.
    """
    at, end = now_ms(), now_ms() + until_ms
    left = [kills]
    while at <= end:
        dispatch.sweep(at)
        jobs = [one for one in claims.claim(at, limit=10) if one.kind != "SetTimer"]
        for job in jobs:
            perform(job, at, left)
        at = at if jobs else next_ms(run, at)
    return at


def perform(job: Job, at_ms: int, kills: list[int]) -> None:
    if job.kind not in OUTSIDE or not kills[0]:
        dispatch.perform(job, at_ms)
        return
    kills[0] -= 1
    with mock.patch.object(dispatch, "conclude", side_effect=KilledError), suppress(KilledError):
        dispatch.perform(job, at_ms)


def next_ms(run: Run, at_ms: int) -> int:
    """When the next thing of the run comes due; its timers do not."""
    open_jobs = Job.objects.filter(run=run, status__in=("ready", "leased")).exclude(kind="SetTimer")
    due = [one.lease_until_ms or one.due_at_ms for one in open_jobs]
    return max(min(due, default=at_ms + 2 * HOUR_MS), at_ms) + 1


def outcome(run: Run) -> str:
    passed = driver.read_run(run.pk).state.passed
    return passed["book"].outcome if "book" in passed else ""  # type: ignore[index]


def variables(run: Run) -> Mapping[str, JsonValue]:
    return driver.read_run(run.pk).state.variables


def cancel(run: Run) -> None:
    cancelled = RunCancelled(at_ms=now_ms(), by="user:1", reason="wrong person")
    driver.advance_run(run.pk, cancelled, key=str(uuid.uuid4()), actor="test")
