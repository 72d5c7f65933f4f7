"""Runs worth keeping as golden histories. `python -m tests.flow.scenes` writes those not yet kept.

A kept history is never edited, only added to: it protects runs that are already live when the
interpreter changes. The parts of `tests.flow.parts` it uses must keep behaving as they do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from flow.codec import command_to_json, event_to_json, graph_to_json, state_to_json
from flow.events import (
    ActivityId,
    CommandCompleted,
    CommandFailed,
    Event,
    IncidentEnded,
    IncidentRetried,
    IncidentSkipped,
    MediaInterrupted,
    MediaRestored,
    RecordingNoted,
    RunCancelled,
    RunMigrated,
    Signalled,
    TimerFired,
)
from flow.graph import (
    Boundary,
    BoundaryKind,
    Graph,
    JsonObject,
    JsonValue,
    NodeId,
)
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import BoundGraph, bind
from tests.builders import STARTED, acted, joined, left
from tests.flow.played import AMOUNT, PARTS, RECORDING, Scene, drawn
from tests.flow.scenes_of_family import called_by_another, calls_another
from tests.flow.scenes_of_life import (
    comes_early,
    fires_late,
    late_and_anew,
    moves,
    stands_still,
    undoes,
    waits_and_groups,
)

FOLDER = Path(__file__).parent / "histories"


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
    return drawn(
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
    return drawn(named, edges, boundaries=boundaries), [
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
    return drawn(
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
    return drawn(named, edges, config=config, variables=(AMOUNT,)), [
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
    return drawn(named, edges), [
        STARTED,
        joined(),
        acted("form.1", "ok", at_ms=1_800),
        acted("script.1", "write", at_ms=1_850, data={"nobody": 1}),
        TimerFired(at_ms=2_000, key="script.1:0"),
        IncidentRetried(at_ms=2_500, by="lin"),
        TimerFired(at_ms=3_500, key="script.2:0"),
    ]


SCENES: tuple[Scene, ...] = (
    call,
    drops,
    faults,
    halts,
    splits_and_joins,
    waits_and_groups,
    comes_early,
    stands_still,
    fires_late,
    undoes,
    moves,
    late_and_anew,
    calls_another,
    called_by_another,
)


def history(flow: Graph, events: Iterable[Event], *later: Graph) -> JsonObject:
    """What is kept: the graph, what each event led to, and the graphs that the run was moved to."""
    bounds = {one.content_hash: _bound(one) for one in (flow, *later)}
    bound, state = bounds[flow.content_hash], initial_state()
    steps: list[JsonValue] = []
    for event in events:
        if isinstance(event, RunMigrated):
            bound = bounds[event.to]
        step = advance(bound, state, event)
        state = step.state
        commands: list[JsonValue] = [command_to_json(one) for one in step.commands]
        steps.append(
            {"event": event_to_json(event), "commands": commands, "state": state_to_json(state)}
        )
    kept: JsonObject = {"graph": graph_to_json(flow), "hash": flow.content_hash, "steps": steps}
    return {**kept, "later": [graph_to_json(one) for one in later]} if later else kept


def _bound(flow: Graph) -> BoundGraph:
    return bind(flow, {node.id: PARTS[node.component] for node in flow.nodes.values()})


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
