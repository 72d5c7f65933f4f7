"""The shipped flows, and runs of them told what happens at the step where their token waits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from components.registry import components_of
from flow.codec import graph_from_json
from flow.events import (
    Acted,
    CommandCompleted,
    CommandFailed,
    Event,
    ParticipantId,
    ParticipantJoined,
    ParticipantLeft,
    Role,
    RunStarted,
    Signalled,
    TimerFired,
)
from flow.graph import Graph
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import bind
from flow.state import ActivityState, RunState
from flow.verification.calls import callee_of
from flow.verification.finding import Finding
from flow.verification.neighbours import Callee, Neighbours
from flow.verification.verify import verify

FOLDER = Path(__file__).parents[2] / "designer" / "templates" / "flows"
KEYS = sorted(path.stem for path in FOLDER.glob("*.json"))
DEVICE = {
    "camera": "ok",
    "microphone": "ok",
    "speaker": "heard",
    "kbps": 2_000,
    "rtt_ms": 40,
    "label_camera": "Camera",
    "audio_only": False,
}
AGENT = {"agent": "u1", "name": "Daniel Okafor", "staff_no": "40217"}
FRAME = {
    "evidence": "e1",
    "sha256": "ab" * 32,
    "sharpness": 300.0,
    "width": 1280,
    "height": 720,
    "at_ms": 5,
}


def template(key: str) -> Any:
    return json.loads((FOLDER / f"{key}.json").read_text(encoding="utf-8"))


def graph_of(key: str) -> Graph:
    return graph_from_json(template(key)["graph"])


def is_called(key: str) -> bool:
    """Whether it is for other flows to call."""
    graph = graph_of(key)
    return components_of(graph)[graph.start].manifest.called


def callee(key: str) -> Callee:
    graph = graph_of(key)
    return callee_of(key, graph, components_of(graph), Neighbours(key=key))


CALLEES = {key: callee(key) for key in KEYS if is_called(key)}


def findings(key: str) -> tuple[Finding, ...]:
    graph = graph_of(key)
    return tuple(verify(graph, components_of(graph), Neighbours(key=key, callees=CALLEES)))


class Call:
    """A run of a shipped flow, told what happens at the step where its token waits."""

    def __init__(self, key: str, variables: dict[str, Any] | None = None) -> None:
        graph = graph_of(key)
        self.bound = bind(graph, components_of(graph))
        self.state: RunState = initial_state()
        self.at_ms = 1_000
        self.tell(RunStarted(at_ms=1_000, seed="5eed", variables=variables or {}))
        self.joins("customer")

    def tell(self, event: Event) -> Call:
        self.state = advance(self.bound, self.state, event).state
        self.at_ms += 10_000
        return self

    @property
    def step(self) -> ActivityState:
        return next(one for one in self.state.activities.values() if one.span is None)

    @property
    def ending(self) -> str:
        assert self.state.ending is not None
        return str(self.state.ending.node)

    def joins(self, role: Role) -> Call:
        who = ParticipantId(role)
        return self.tell(ParticipantJoined(at_ms=self.at_ms, participant=who, role=role, name=role))

    def leaves(self, role: Role) -> Call:
        who = ParticipantId(role)
        return self.tell(
            ParticipantLeft(at_ms=self.at_ms, participant=who, role=role, deliberate=True)
        )

    def act(self, role: Role, action: str, /, **data: Any) -> Call:
        return self.tell(
            Acted(
                at_ms=self.at_ms,
                activity=self.step.id,
                action=action,
                participant=ParticipantId(role),
                role=role,
                data=data,
            )
        )

    def pending(self, kind: str) -> str:
        return next(key for key, one in self.step.pending.items() if one == kind)

    def done(self, kind: str, /, **result: Any) -> Call:
        return self.tell(CommandCompleted(at_ms=self.at_ms, key=self.pending(kind), result=result))

    def fails(self, kind: str, code: str = "internal") -> Call:
        return self.tell(CommandFailed(at_ms=self.at_ms, key=self.pending(kind), code=code))

    def told(self, name: str, /, **data: Any) -> Call:
        return self.tell(Signalled(at_ms=self.at_ms, activity=self.step.id, name=name, data=data))

    def time(self, name: str) -> Call:
        return self.tell(TimerFired(at_ms=self.at_ms, key=self.step.timers[name]))

    # pieces of a good call

    def checked(self) -> Call:
        return self.act("customer", "report", **DEVICE)

    def agreed(self) -> Call:
        return self.act("customer", "agree")

    def queued(self) -> Call:
        return self.done("Enqueue", position=1).told("assigned", **AGENT)

    def connected(self) -> Call:
        self.done("OpenRoom", room="r", generation=1, worker="w").done("RingAgent", **AGENT)
        return self.act("agent", "accept").done("SeatAgent", participant="p").joins("agent")

    def recording(self) -> Call:
        return self.done("StartRecording", recording="r1", started_at_ms=self.at_ms)

    def read(self) -> Call:
        for phrase in self.bound.graph.nodes[self.step.node].config["phrases"]:  # type: ignore[union-attr]
            self.act("agent", "tick", phrase=phrase["id"])  # type: ignore[index,call-overload]
        return self.act("agent", "done")

    def pictures(self, count: int) -> Call:
        for _ in range(count):
            self.act("agent", "shoot").done("GrabFrame", **FRAME)
        return self.act("agent", "accept")

    def form(self, **values: Any) -> Call:
        given = {
            "full_name": "Anna Vogel",
            "mobile": "+49 170 4471",
            "request": "mobile",
            "confirmed": True,
            **values,
        }
        for field, value in given.items():
            self.act("customer", "edit", field=field, value=value)
        return self.act("customer", "submit")

    def served(self, flow: str, *, kind: str = "success", **outputs: Any) -> Call:
        """The sub-flow of this step begins and ends."""
        self.done("StartChildRun", run="c1", flow=flow, number=1, hash="ab" * 32)
        return self.told("child_ended", run="c1", kind=kind, code="x", outputs=outputs)

    def stopped(self) -> Call:
        return self.done("StopRecording", recording="r1", head="cd" * 32, duration_ms=60_000)
