"""Golden histories of a run that lets another flow run, and of the run that does so."""

from __future__ import annotations

from dataclasses import replace

from flow.events import (
    RUN,
    ActivityId,
    Attendee,
    Caller,
    CommandCompleted,
    CommandFailed,
    Event,
    MediaInterrupted,
    MediaRestored,
    ParticipantId,
    RunCancelled,
    RunResumed,
    RunSuspended,
    Signalled,
    TimerFired,
)
from flow.graph import Boundary, BoundaryKind, Graph, JsonObject, NodeId
from tests.builders import STARTED, acted, joined, left
from tests.flow.played import drawn

SERVICE = ActivityId("service.1")
CALLER = Caller(
    root="r0",
    run="r1",
    activity=SERVICE,
    depth=2,
    people=(
        Attendee(
            participant=ParticipantId("anna"),
            role="customer",
            name="anna",
            staff_no="",
            present=True,
            since_ms=500,
        ),
        Attendee(
            participant=ParticipantId("bo"),
            role="agent",
            name="bo",
            staff_no="7",
            present=False,
            since_ms=700,
        ),
    ),
    generation=2,
    worker="w1",
    facts={"weak_network": 800},
    wanted=("limit.new",),
)


def calls_another() -> tuple[Graph, list[Event]]:
    """Three sub-flows: one succeeds, one cannot begin, one is cancelled with the run."""
    named = {
        "enter": "entry.test",
        "service": "test.subflow",
        "second": "test.subflow",
        "third": "test.subflow",
        "done": "end.success",
        "refused": "end.reject",
    }
    edges = ["enter ok service", "service ok second", "service fail refused", "second ok refused"]
    edges += ["second fail third", "third ok done", "third fail refused"]
    begun: JsonObject = {"run": "c1", "flow": "child", "number": 3, "hash": "ab" * 32}
    ended: JsonObject = {"run": "c1", "kind": "success", "code": "ok", "outputs": {}}
    return drawn(named, edges), [
        STARTED,
        joined(),
        CommandCompleted(at_ms=2_000, key="service.1:0", result=begun),
        Signalled(at_ms=3_000, activity=SERVICE, name="child_ended", data=ended),
        Signalled(at_ms=3_001, activity=SERVICE, name="child_ended", data=ended),
        CommandFailed(at_ms=4_000, key="second.1:0", code="unknown_flow"),
        CommandCompleted(at_ms=5_000, key="third.1:0", result={**begun, "run": "c2"}),
        RunCancelled(at_ms=6_000, by="user", reason="test"),
        CommandCompleted(at_ms=7_000, key="third.1:1", result={}),
    ]


def called_by_another() -> tuple[Graph, list[Event]]:
    """People and a room from the start; a drop of its own but no default; closes no room."""
    named = {
        "enter": "entry.test",
        "form": "test.wait",
        "wait": "test.wait",
        "book": "test.book1",
        "sign": "test.wait",
        "done": "end.success",
        "refused": "end.reject",
    }
    edges = ["enter ok form", "form ok book", "form fail refused", "wait ok form"]
    edges += ["wait fail refused", "book ok sign", "book fail refused", "sign ok done"]
    edges += ["sign fail refused"]
    boundaries = (
        Boundary(
            kind=BoundaryKind.CUSTOMER_DROP,
            target=NodeId("wait"),
            scope=NodeId("form"),
            after_s=30,
        ),
    )
    return drawn(named, edges, boundaries=boundaries), [
        replace(STARTED, caller=CALLER, variables={"limit.old": 200}),
        left(at_ms=2_000),
        TimerFired(at_ms=32_000, key="run:0"),
        joined(at_ms=33_000),
        acted("wait.1", "ok", at_ms=34_000),
        MediaInterrupted(at_ms=35_000, generation=2, reason="worker lost"),
        MediaRestored(at_ms=36_000, generation=3, worker="w2"),
        Signalled(at_ms=36_500, activity=RUN, name="weak_network", data={"active": False}),
        acted("form.2", "ok", at_ms=37_000),
        RunSuspended(at_ms=38_000, by="user", reason="test"),
        RunResumed(at_ms=39_000, by="user"),
        left(at_ms=40_000, deliberate=True),
        RunCancelled(at_ms=41_000, by="system", reason="its caller ended it"),
        CommandCompleted(at_ms=42_000, key="run:1", result={}),
    ]
