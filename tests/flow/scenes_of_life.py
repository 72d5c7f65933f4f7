"""Golden histories of a run as a whole: it waits, stands still, is undone, is moved elsewhere."""

from __future__ import annotations

from dataclasses import replace

from flow.events import (
    RUN,
    ActivityId,
    CommandCompleted,
    CommandFailed,
    Event,
    EventHandedOn,
    ExternalEventReceived,
    IncidentRetried,
    RunCancelled,
    RunMigrated,
    RunResumed,
    RunSuspended,
    Signalled,
    TimerFired,
)
from flow.graph import Boundary, BoundaryKind, Graph, Group, NodeId
from tests.builders import STARTED, acted, joined, left
from tests.flow.played import AMOUNT, drawn


def waits_and_groups() -> tuple[Graph, list[Event]]:
    """A group's time and weak network, an external event, a supervisor."""
    named = {
        "enter": "entry.test",
        "ask": "test.wait",
        "sign": "test.wait",
        "wait": "test.wait",
        "talk": "test.wait",
        "done": "end.success",
        "refused": "end.reject",
    }
    edges = ["enter ok ask", "ask ok sign", "ask fail refused", "sign ok wait", "sign fail refused"]
    edges += ["wait ok talk", "wait fail refused", "talk ok done", "talk fail refused"]
    pair, wait = NodeId("pair"), NodeId("wait")
    boundaries = (
        Boundary(kind=BoundaryKind.TIMEOUT, target=wait, scope=pair, after_s=60),
        Boundary(kind=BoundaryKind.WEAK_NETWORK, target=NodeId("ask"), scope=pair, after_s=5),
        Boundary(kind=BoundaryKind.SUPERVISOR, target=NodeId("refused")),
    )
    flow = drawn(named, edges, boundaries=boundaries)
    group = Group(id=pair, nodes=(NodeId("ask"), NodeId("sign")), title={"en": "Papers"})
    return replace(flow, groups=(group,)), [
        STARTED,
        acted("ask.1", "ok", at_ms=2_000),
        Signalled(at_ms=3_000, activity=RUN, name="weak_network", data={"active": True}),
        TimerFired(at_ms=8_000, key="run:1"),
        Signalled(at_ms=9_000, activity=RUN, name="weak_network", data={"active": False}),
        TimerFired(at_ms=61_000, key="run:0"),
        ExternalEventReceived(at_ms=62_000, name="awaited", data={"id": "c1"}),
        Signalled(at_ms=63_000, activity=RUN, name="supervisor"),
    ]


def comes_early() -> tuple[Graph, list[Event]]:
    """Two events of one name before their steps, one at its step and one for a sub-flow."""
    named = {
        "enter": "entry.test",
        "ask": "test.wait",
        "first": "test.hears_booked",
        "second": "test.hears_booked",
        "third": "test.hears_booked",
        "service": "test.subflow",
        "done": "end.success",
        "refused": "end.reject",
    }
    edges = ["enter ok ask", "ask ok first", "ask fail refused", "first ok second"]
    edges += ["second ok third", "third ok service", "service ok done", "service fail refused"]

    def booked(n: int, at_ms: int, name: str = "booked") -> ExternalEventReceived:
        return ExternalEventReceived(at_ms=at_ms, name=name, data={"n": n}, id=f"b-{n}")

    return drawn(named, edges), [
        STARTED,
        booked(1, 1_100),
        booked(9, 1_200, "printed"),
        booked(2, 1_300),
        RunSuspended(at_ms=1_400, by="lin", reason="fire alarm"),
        RunResumed(at_ms=1_500, by="lin"),
        acted("ask.1", "ok", at_ms=2_000),
        booked(3, 2_100),
        CommandCompleted(at_ms=2_200, key="service.1:0", result={"run": "c"}),
        EventHandedOn(at_ms=2_300, id="b-9", run="c"),
        Signalled(
            at_ms=2_400,
            activity=ActivityId("service.1"),
            name="child_ended",
            data={"kind": "success"},
        ),
    ]


def stands_still() -> tuple[Graph, list[Event]]:
    """Suspended twice: timers that fire meanwhile and afterwards, a fact, an absence."""
    named = {
        "enter": "entry.test",
        "hold": "test.timer",
        "again": "test.timer",
        "done": "end.success",
        "refused": "end.reject",
    }
    edges = ["enter ok hold", "hold ok done", "hold fail again", "again ok done"]
    drop = Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=NodeId("refused"), after_s=60)
    return drawn(named, [*edges, "again fail refused"], boundaries=(drop,)), [
        STARTED,
        joined(),
        left(at_ms=1_600),
        RunSuspended(at_ms=1_700, by="lin", reason="fire alarm"),
        TimerFired(at_ms=2_000, key="hold.1:0"),
        Signalled(at_ms=2_100, activity=ActivityId("hold.1"), name="late"),
        RunResumed(at_ms=11_700, by="lin"),
        TimerFired(at_ms=12_000, key="hold.1:1"),
        RunSuspended(at_ms=12_100, by="lin", reason="again"),
        RunResumed(at_ms=12_600, by="lin"),
        TimerFired(at_ms=13_000, key="again.1:0"),
        TimerFired(at_ms=13_500, key="again.1:1"),
    ]


def fires_late() -> tuple[Graph, list[Event]]:
    """Nobody fired timers for a while: one due before the pause, one due in it, one afterwards."""
    named = dict.fromkeys(("first", "second", "third"), "test.timer")
    edges = ["enter ok first", "first fail second", "second fail third", "third fail done"]
    edges += [f"{one} ok done" for one in named]
    return drawn({"enter": "entry.test", **named, "done": "end.success"}, edges), [
        STARTED,
        RunSuspended(at_ms=2_500, by="lin", reason="fire alarm"),
        TimerFired(at_ms=9_000, key="first.1:0", due_at_ms=2_000),
        RunResumed(at_ms=12_500, by="lin"),
        TimerFired(at_ms=12_600, key="first.1:1", due_at_ms=12_500),
        RunSuspended(at_ms=13_000, by="lin", reason="again"),
        TimerFired(at_ms=20_000, key="second.1:0", due_at_ms=13_600),
        RunResumed(at_ms=23_000, by="lin"),
        TimerFired(at_ms=23_600, key="second.1:1", due_at_ms=23_600),
        RunSuspended(at_ms=24_000, by="lin", reason="once more"),
        RunResumed(at_ms=25_000, by="lin"),
        TimerFired(at_ms=40_000, key="third.1:0", due_at_ms=24_600),
        TimerFired(at_ms=40_100, key="third.1:1", due_at_ms=25_600),
    ]


def undoes() -> tuple[Graph, list[Event]]:
    """Two things done for good, then cancelled: one fails to be undone, then all are."""
    named = {
        "enter": "entry.test",
        "first": "test.book1",
        "second": "test.book2",
        "ask": "test.wait",
        "done": "end.success",
        "refused": "end.reject",
    }
    edges = ["enter ok first", "first ok second", "first fail refused", "second ok ask"]
    edges += ["second fail refused", "ask ok done", "ask fail refused"]
    return drawn(named, edges), [
        STARTED,
        RunCancelled(at_ms=2_000, by="lin", reason="wrong person"),
        CommandFailed(at_ms=3_000, key="run:0", code="core_down"),
        IncidentRetried(at_ms=4_000, by="lin"),
        CommandCompleted(at_ms=5_000, key="run:1"),
        CommandCompleted(at_ms=6_000, key="run:2"),
    ]


def moves() -> tuple[Graph, list[Event], Graph, Graph]:
    """Moved to a version that calls a step otherwise and has another limit, and on to a third."""
    named = {"enter": "entry.test", "ask": "test.wait", "hold": "test.timer", "done": "end.success"}
    edges = ["enter ok ask", "ask ok hold", "ask fail done", "hold ok done", "hold fail done"]
    limit = Boundary(kind=BoundaryKind.TIMEOUT, target=NodeId("done"), after_s=600)
    renamed = {"enter": "entry.test", "sign": "test.wait", **{one: named[one] for one in named}}
    del renamed["ask"]
    second = drawn(
        renamed,
        ["enter ok sign", "sign ok hold", "sign fail done", "hold ok done", "hold fail done"],
        boundaries=(replace(limit, after_s=60),),
        variables=(replace(AMOUNT, initial=3.0),),
    )
    third = drawn(
        {**renamed, "more": "test.wait"},
        [
            *("enter ok sign", "sign ok more", "sign fail done", "more ok hold", "more fail done"),
            *("hold ok done", "hold fail more"),
        ],
    )
    events: list[Event] = [
        STARTED,
        joined(),
        RunMigrated(at_ms=2_000, by="lin", to=second.content_hash, nodes={"ask": "sign"}),
        acted("ask.1", "ok", at_ms=3_000),
        RunMigrated(at_ms=3_500, by="lin", to=third.content_hash),
        TimerFired(at_ms=4_000, key="hold.1:0"),
        acted("more.1", "fail", at_ms=5_000),
    ]
    return drawn(named, edges, boundaries=(limit,)), events, second, third


def late_and_anew() -> tuple[Graph, list[Event]]:
    """Late as a step and as a run, a service that fails where a boundary waits, a final drop."""
    named = {
        "enter": "entry.test",
        "ask": "test.wait",
        "query": "test.query",
        "by_hand": "test.wait",
        "done": "end.success",
        "refused": "end.reject",
    }
    edges = ["enter ok ask", "ask ok query", "ask fail refused", "query ok done"]
    edges += ["query fail refused", "by_hand ok done", "by_hand fail refused"]
    fails = Boundary(
        kind=BoundaryKind.PROVIDER_ERROR, target=NodeId("by_hand"), scope=NodeId("query")
    )
    flow = drawn(
        named,
        edges,
        boundaries=(fails,),
        settings={"sla_s": 30, "drop_policy": "fresh_session"},
    )
    ask = replace(flow.nodes[NodeId("ask")], sla_s=10)
    flow = replace(flow, nodes={**flow.nodes, ask.id: ask})
    return flow, [
        STARTED,
        joined(),
        TimerFired(at_ms=11_000, key="run:1"),
        acted("ask.1", "ok", at_ms=12_000),
        CommandFailed(at_ms=13_000, key="query.1:0", code="timeout"),
        TimerFired(at_ms=31_000, key="run:0"),
        left(at_ms=40_000),
        joined(at_ms=41_000),
    ]
