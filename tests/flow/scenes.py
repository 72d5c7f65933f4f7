"""Runs worth keeping as golden histories. `python -m tests.flow.scenes` writes those not yet kept.

A kept history is never edited, only added to: it protects runs that are already live when the
interpreter changes. The parts of `tests.flow.parts` it uses must keep behaving as they do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from flow.codec import command_to_json, event_to_json, graph_to_json, state_to_json
from flow.commands import GrabFrame, OpenRoom, StartRecording, StopRecording
from flow.component import Component, Reaction
from flow.events import (
    RUN,
    ActivityId,
    CommandCompleted,
    CommandFailed,
    Event,
    ExternalEventReceived,
    IncidentEnded,
    IncidentRetried,
    IncidentSkipped,
    MediaInterrupted,
    MediaRestored,
    RecordingId,
    RecordingNoted,
    RunCancelled,
    RunResumed,
    RunSuspended,
    Signalled,
    TimerFired,
)
from flow.graph import (
    Boundary,
    BoundaryKind,
    Graph,
    Group,
    JsonObject,
    JsonValue,
    NodeId,
    ValueType,
    Variable,
)
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import bind
from tests.builders import STARTED, acted, graph, joined, left
from tests.flow.parts import (
    Scripted,
    asks,
    books,
    branches,
    closes_span,
    component,
    ends,
    enters,
    joins,
    opens_span,
    retries,
    sets,
    splits,
    times_out,
    waits,
)

FOLDER = Path(__file__).parent / "histories"
AMOUNT = Variable(name="form.amount", type=ValueType.NUMBER)
RECORDING = RecordingId("r1")
_ROOM_AND_RECORDING = Reaction(requests=(OpenRoom(), StartRecording(recording=RECORDING)))

PARTS: dict[str, Component] = {
    one.manifest.key: one
    for one in (
        enters(),
        waits(),
        branches(),
        retries(2),
        times_out(),
        asks(GrabFrame(role="customer", label="id")),
        component("test.call", Scripted(at_start=_ROOM_AND_RECORDING)),
        asks(StopRecording(recording=RECORDING), key="test.stop"),
        opens_span("recording"),
        closes_span("recording"),
        sets(AMOUNT, 12),
        splits("left", "right"),
        joins("all", key="test.join_all"),
        joins("any", key="test.join_any"),
        books(1),
        books(2),
        ends("success"),
        ends("reject"),
        ends("defer"),
    )
}
"""Component of each key a history can name."""

Scene = Callable[[], tuple[Graph, list[Event]]]


def call() -> tuple[Graph, list[Event]]:
    """A recorded call: worker lost and replaced, picture taken, branch, recording stopped, end."""
    named = {
        "enter": "entry.test",
        "call": "test.call",
        "span": "test.open",
        "shot": "test.ask",
        "amount": "test.set",
        "large": "test.branch",
        "stop": "test.stop",
        "close": "test.close",
        "done": "end.success",
        "refused": "end.reject",
    }
    edges = ["enter ok call", "call ok span", "call fail refused", "span ok shot"]
    edges += ["span fail refused", "shot ok amount", "shot fail refused", "amount ok large"]
    edges += ["large ok stop", "large fail refused", "stop ok close", "stop fail close"]
    room: JsonObject = {"room": "r", "generation": 1, "worker": "w1"}
    recording: JsonObject = {"recording": "r1", "started_at_ms": 2_100}
    return _graph(
        named, [*edges, "close ok done"], config={"large": {"when": "form.amount > 10"}}
    ), [
        STARTED,
        joined(),
        joined("bo", "agent", at_ms=1_600),
        CommandCompleted(at_ms=2_000, key="call.1:0", result=room),
        CommandCompleted(at_ms=2_100, key="call.1:1", result=recording),
        RecordingNoted(at_ms=2_101, recording=RECORDING, what="started"),
        acted("call.1", "ok", at_ms=2_500),
        MediaInterrupted(at_ms=3_000, generation=1, reason="worker lost"),
        RecordingNoted(at_ms=3_001, recording=RECORDING, what="gap"),
        MediaRestored(at_ms=4_000, generation=2, worker="w2"),
        CommandCompleted(at_ms=5_000, key="shot.1:0", result={"evidence": "e1"}),
        CommandCompleted(at_ms=5_001, key="shot.1:0", result={"evidence": "e1"}),
        acted("shot.1", "ok", at_ms=6_000),
        CommandCompleted(at_ms=7_000, key="stop.1:0", result={"recording": "r1"}),
        acted("stop.1", "ok", at_ms=7_100),
        CommandCompleted(at_ms=8_000, key="run:0", result={}),
        left(at_ms=9_000, deliberate=True),
    ]


def drops() -> tuple[Graph, list[Event]]:
    """Customer gone and back, gone again; a node's handler, then the flow's."""
    named = {
        "enter": "entry.test",
        "ask": "test.wait",
        "hold": "test.timer",
        "later": "end.defer",
        "done": "end.success",
    }
    edges = ["enter ok ask", "ask ok done", "ask fail hold", "hold ok ask", "hold fail later"]
    drop = BoundaryKind.CUSTOMER_DROP
    boundaries = (
        Boundary(kind=drop, target=NodeId("hold"), scope=NodeId("ask"), after_s=5),
        Boundary(kind=drop, target=NodeId("later"), after_s=60),
        Boundary(kind=BoundaryKind.TIMEOUT, target=NodeId("later"), after_s=3_600),
    )
    return _graph(named, edges, boundaries=boundaries), [
        STARTED,
        joined(),
        left(at_ms=3_000),
        joined(at_ms=4_000),
        TimerFired(at_ms=8_000, key="run:1"),
        left(at_ms=9_000),
        TimerFired(at_ms=14_000, key="run:3"),
        joined(at_ms=14_500),
        acted("hold.1", "ok", at_ms=14_600),
        left(at_ms=15_000, deliberate=True),
        TimerFired(at_ms=16_000, key="hold.2:0"),
    ]


def faults() -> tuple[Graph, list[Event]]:
    """Retries to the bound, an effect that fails, a variable without value, a person's end."""
    named = {
        "enter": "entry.test",
        "shot": "test.ask",
        "again": "test.retry",
        "branch": "test.branch",
        "done": "end.success",
        "refused": "end.reject",
    }
    edges = ["enter ok shot", "shot ok branch", "shot fail again", "again again shot"]
    edges += ["again exhausted refused", "branch ok done", "branch fail refused"]
    failed = [
        CommandFailed(at_ms=2_000 + n, key=f"shot.{n}:0", code="no_video") for n in range(1, 3)
    ]
    return _graph(
        named, edges, config={"branch": {"when": "form.amount > 1"}}, variables=(AMOUNT,)
    ), [
        STARTED,
        *failed,
        acted("shot.3", "ok", at_ms=3_000),
        RunCancelled(at_ms=4_000, by="admin", reason="halted"),
    ]


def halts() -> tuple[Graph, list[Event]]:
    """Halted three times: retried with a fact that came meanwhile, skipped, ended."""
    named = {
        "enter": "entry.test",
        "span": "test.open",
        "shot": "test.ask",
        "branch": "test.branch",
        "ask": "test.wait",
        "done": "end.success",
        "refused": "end.reject",
    }
    edges = ["enter ok span", "span ok shot", "span fail refused", "shot ok branch"]
    edges += ["shot fail refused", "branch ok ask", "branch fail refused"]
    edges += ["ask ok done", "ask fail refused"]
    config: dict[str, JsonObject] = {"branch": {"when": "form.amount > 1"}}
    return _graph(named, edges, config=config, variables=(AMOUNT,)), [
        STARTED,
        acted("shot.1", "write", at_ms=2_000, data={"nobody": 1}),
        CommandCompleted(at_ms=2_100, key="shot.1:0"),
        Signalled(at_ms=2_200, activity=ActivityId("span.1"), name="late", data={"n": 1}),
        IncidentRetried(at_ms=3_000, by="lin"),
        acted("shot.2", "ok", at_ms=4_000),
        IncidentSkipped(at_ms=5_000, by="lin", outcome="ok", reason="read on paper"),
        acted("ask.1", "write", at_ms=6_000, data={"nobody": 1}),
        IncidentEnded(at_ms=7_000, by="lin", reason="cannot be mended"),
    ]


def splits_and_joins() -> tuple[Graph, list[Event]]:
    """Two branches joined when both have come, then two of which the first is enough."""
    named = {
        "enter": "entry.test",
        "both": "test.split",
        "form": "test.wait",
        "script": "test.timer",
        "meet": "test.join_all",
        "either": "test.split",
        "span": "test.open",
        "shot": "test.ask",
        "first": "test.join_any",
        "close": "test.close",
        "done": "end.success",
        "refused": "end.reject",
    }
    edges = ["enter ok both", "both left form", "both right script", "form ok meet"]
    edges += ["form fail refused", "script ok meet", "script fail meet", "meet all either"]
    edges += ["meet timeout refused", "either left span", "either right shot", "span ok first"]
    edges += ["span fail refused", "shot ok first", "shot fail refused", "first any close"]
    edges += ["first timeout refused", "close ok done"]
    return _graph(named, edges), [
        STARTED,
        joined(),
        acted("form.1", "ok", at_ms=1_800),
        acted("script.1", "write", at_ms=1_850, data={"nobody": 1}),
        TimerFired(at_ms=2_000, key="script.1:0"),
        IncidentRetried(at_ms=2_500, by="lin"),
        TimerFired(at_ms=3_500, key="script.2:0"),
    ]


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
    drawn = _graph(named, edges, boundaries=boundaries)
    group = Group(id=pair, nodes=(NodeId("ask"), NodeId("sign")), title={"en": "Papers"})
    return replace(drawn, groups=(group,)), [
        STARTED,
        acted("ask.1", "ok", at_ms=2_000),
        Signalled(at_ms=3_000, activity=RUN, name="weak_network", data={"active": True}),
        TimerFired(at_ms=8_000, key="run:1"),
        Signalled(at_ms=9_000, activity=RUN, name="weak_network", data={"active": False}),
        TimerFired(at_ms=61_000, key="run:0"),
        ExternalEventReceived(at_ms=62_000, name="awaited", data={"id": "c1"}),
        Signalled(at_ms=63_000, activity=RUN, name="supervisor"),
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
    return _graph(named, [*edges, "again fail refused"], boundaries=(drop,)), [
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
    return _graph(named, edges), [
        STARTED,
        RunCancelled(at_ms=2_000, by="lin", reason="wrong person"),
        CommandFailed(at_ms=3_000, key="run:0", code="core_down"),
        IncidentRetried(at_ms=4_000, by="lin"),
        CommandCompleted(at_ms=5_000, key="run:1"),
        CommandCompleted(at_ms=6_000, key="run:2"),
    ]


def _graph(
    named: dict[str, str],
    edges: list[str],
    *,
    config: dict[str, JsonObject] | None = None,
    variables: tuple[Variable, ...] = (),
    boundaries: tuple[Boundary, ...] = (),
) -> Graph:
    parts = {node: PARTS[key] for node, key in named.items()}
    return graph(parts, edges, config=config, variables=variables, boundaries=boundaries)


SCENES: tuple[Scene, ...] = (
    call,
    drops,
    faults,
    halts,
    splits_and_joins,
    waits_and_groups,
    stands_still,
    undoes,
)


def history(drawn: Graph, events: Iterable[Event]) -> JsonObject:
    """What is kept: the graph, and for each event what it led to."""
    components = {node.id: PARTS[node.component] for node in drawn.nodes.values()}
    bound, state = bind(drawn, components), initial_state()
    steps: list[JsonValue] = []
    for event in events:
        step = advance(bound, state, event)
        state = step.state
        commands: list[JsonValue] = [command_to_json(one) for one in step.commands]
        steps.append(
            {"event": event_to_json(event), "commands": commands, "state": state_to_json(state)}
        )
    return {"graph": graph_to_json(drawn), "hash": drawn.content_hash, "steps": steps}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for scene in SCENES:
        kept = FOLDER / f"{scene.__name__}.json"
        if kept.exists():
            continue
        text = json.dumps(history(*scene()), indent=1, ensure_ascii=False, sort_keys=True)
        kept.write_text(text + "\n", encoding="utf-8")
        sys.stdout.write(f"{kept.name}\n")


if __name__ == "__main__":
    main()
