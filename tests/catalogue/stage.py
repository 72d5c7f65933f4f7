"""A stage for one component: the real interpreter, one node of it, and a script of what happens.

hold → node → one end for each outcome; a join gets a split before it, whose second branch waits in
`late` until `arrives`. `hold` keeps the token until people are there, so that a
component can be met by people who were present before it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from components.registry import get_component, get_entry
from flow.commands import Command, SetTimer
from flow.component import Activity, Behaviour, Component, Manifest, Reaction, Signal, Told
from flow.errors import EventRefusedError
from flow.events import (
    Acted,
    ActivityId,
    CommandCompleted,
    CommandFailed,
    Event,
    ExternalEventReceived,
    ParticipantId,
    ParticipantJoined,
    ParticipantLeft,
    Role,
    RunStarted,
    Signalled,
    TimerFired,
)
from flow.graph import (
    Boundary,
    BoundaryKind,
    Edge,
    Graph,
    JsonValue,
    Node,
    NodeId,
    ValueType,
    Variable,
)
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import BoundGraph, bind
from flow.interpreter.turn import Step
from flow.state import ActivityState, RunState, RunStatus
from tests.flow.parts import Scripted, component

EventAt: TypeAlias = Callable[[int], Event]
Line: TypeAlias = tuple[str, tuple[Any, ...], "Json"]
Json: TypeAlias = dict[str, Any]
"""JSON whose shape the test knows."""

VERSION = "1.0.0"
START_MS = 1_000_000
TYPES: Mapping[type, ValueType] = {
    str: ValueType.STRING,
    int: ValueType.INT,
    float: ValueType.NUMBER,
    bool: ValueType.BOOL,
    list: ValueType.LIST,
    dict: ValueType.OBJECT,
}
NAMES: Mapping[str, tuple[str, str]] = {
    "customer": ("Anna Vogel", ""),
    "agent": ("Daniel Okafor", "40217"),
    "supervisor": ("Lin Mei", "30011"),
}


def _held(_activity: Activity, signal: Signal) -> Reaction:
    return Reaction(outcome="ok") if isinstance(signal, Told) else Reaction()


class Stage:
    """Every line of a script is one event; `at_ms` moves on by `ms` before it."""

    def __init__(
        self,
        key: str,
        config: Json | None = None,
        *,
        variables: Json | None = None,
        present: tuple[Role, ...] = ("customer",),
        locale: str = "en",
        back: str = "",
        behaviour: Behaviour | None = None,
    ) -> None:
        entry = get_entry(key, VERSION)
        self.key = key
        self.config: Json = {**entry.defaults, **(config or {})}
        self.manifest: Manifest = entry.component.manifest
        self.behaviour: Behaviour = behaviour or entry.component.behaviour
        self.bound = self._bound(variables or {}, back)
        self.state: RunState = initial_state()
        self.commands: list[Command] = []
        self.at_ms = START_MS
        self.events: list[Event] = []
        self._tell(
            RunStarted(at_ms=START_MS, seed="5eed", locale=locale, variables=variables or {})
        )
        for role in present:
            self.joins(role)
        self._tell(Signalled(at_ms=self.at_ms, activity=ActivityId("hold.1"), name="go"))

    def _bound(self, variables: Json, back: str) -> BoundGraph:
        node, hold, dropped = NodeId("node"), NodeId("hold"), NodeId("dropped")
        ends = {one.id: f"out_{one.id}" for one in self.behaviour.outcomes(self.config)}
        nodes = {
            hold: Node(id=hold, component="test.hold", version=VERSION),
            node: Node(id=node, component=self.key, version=VERSION, config=self.config),
        }
        for name in (*ends.values(), "dropped"):
            nodes[NodeId(name)] = Node(
                id=NodeId(name),
                component="end.abort" if name == "dropped" else "end.success",
                version=VERSION,
                config={"reason_code": name, "message": {"en": name}},
            )
        edges = [Edge(source=hold, outcome="ok", target=node)]
        if self.manifest.joins:
            edges = self._split_before(nodes)
        ends |= {back: node} if back else {}
        edges += [Edge(source=node, outcome=o, target=NodeId(end)) for o, end in ends.items()]
        declared = tuple(
            Variable(name=name, type=TYPES[type(one)]) for name, one in variables.items()
        )
        drop = Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=dropped, after_s=90)
        graph = Graph(
            start=hold,
            nodes=nodes,
            edges=tuple(edges),
            variables=declared,
            boundaries=(drop,),
        )
        return bind(graph, {name: self._component(one) for name, one in nodes.items()})

    def _split_before(self, nodes: dict[NodeId, Node]) -> list[Edge]:
        split, late = NodeId("split"), NodeId("late")
        branches: list[JsonValue] = [{"id": one, "label": {"en": one}} for one in ("early", "late")]
        nodes[split] = Node(
            id=split, component="logic.parallel", version=VERSION, config={"branches": branches}
        )
        nodes[late] = Node(id=late, component="test.hold", version=VERSION)
        wires = [("hold", "ok", "split"), ("split", "early", "node")]
        wires += [("split", "late", "late"), ("late", "ok", "node")]
        return [Edge(source=NodeId(a), outcome=o, target=NodeId(b)) for a, o, b in wires]

    def _component(self, node: Node) -> Component:
        if node.component == "test.hold":
            return component("test.hold", Scripted(on_signal=_held))
        if node.component == self.key and node.id == "node":
            return Component(manifest=self.manifest, behaviour=self.behaviour)
        return get_component(node.component, node.version)

    # what happens

    def act(self, role: Role, action: str, /, *, ms: int = 100, **data: Any) -> Stage:
        return self._happens(
            ms,
            lambda at: Acted(
                at_ms=at,
                activity=ActivityId("node.1"),
                action=action,
                participant=ParticipantId(role),
                role=role,
                data=data,
            ),
        )

    def time(self, name: str) -> Stage:
        """The timer comes due, at its time."""
        key = self.activity().timers[name]
        due = next(
            one.request.due_at_ms
            for one in self.commands
            if one.key == key and isinstance(one.request, SetTimer)
        )
        return self._happens(due - self.at_ms, lambda at: TimerFired(at_ms=at, key=key))

    def done(self, kind: str, /, *, ms: int = 100, **result: Any) -> Stage:
        key = self._pending(kind)
        return self._happens(ms, lambda at: CommandCompleted(at_ms=at, key=key, result=result))

    def fails(self, kind: str, code: str = "internal", *, ms: int = 100) -> Stage:
        key = self._pending(kind)
        return self._happens(ms, lambda at: CommandFailed(at_ms=at, key=key, code=code))

    def told(self, name: str, /, *, ms: int = 100, **data: Any) -> Stage:
        node = ActivityId("node.1")
        return self._happens(
            ms, lambda at: Signalled(at_ms=at, activity=node, name=name, data=data)
        )

    def notified(self, name: str, /, *, ms: int = 100, **data: Any) -> Stage:
        """Another system says that something has happened."""
        return self._happens(ms, lambda at: ExternalEventReceived(at_ms=at, name=name, data=data))

    def arrives(self, *, ms: int = 100) -> Stage:
        """The second branch comes to the join."""
        late = ActivityId("late.1")
        return self._happens(ms, lambda at: Signalled(at_ms=at, activity=late, name="go"))

    def joins(self, role: Role, *, ms: int = 0) -> Stage:
        name, staff_no = NAMES[role]
        return self._happens(
            ms,
            lambda at: ParticipantJoined(
                at_ms=at,
                participant=ParticipantId(role),
                role=role,
                name=name,
                staff_no=staff_no,
            ),
        )

    def leaves(self, role: Role, *, ms: int = 100, deliberate: bool = False) -> Stage:
        who = ParticipantId(role)
        return self._happens(
            ms,
            lambda at: ParticipantLeft(at_ms=at, participant=who, role=role, deliberate=deliberate),
        )

    def waits(self, ms: int) -> Stage:
        self.at_ms += ms
        return self

    def refuses(self, role: Role, action: str, /, *, ms: int = 100, **data: Any) -> str:
        """The reason for which the action is refused; the state must stand."""
        before = self.state
        try:
            self.act(role, action, ms=ms, **data)
        except EventRefusedError as error:
            assert self.state is before
            return f"{error.reason} {error.field or ''}".strip()
        raise AssertionError(f"{action} was taken")

    # what is there

    @property
    def outcome(self) -> str | None:
        """How the node was left; None while it is active."""
        passed = self.state.passed.get(NodeId("node"))
        return passed.outcome if passed else None

    @property
    def incident(self) -> str | None:
        return self.state.incident.code if self.state.incident else None

    @property
    def outputs(self) -> Json:
        """The declared outputs that have been set."""
        declared = {one.name for one in self.behaviour.outputs(self.config)}
        return {name: one for name, one in self.state.variables.items() if name in declared}

    @property
    def data(self) -> Json:
        return dict(self.activity().data)

    @property
    def asked(self) -> list[str]:
        """Kinds of everything the node has asked for, in order."""
        return [type(one.request).__name__ for one in self.commands if one.activity == "node.1"]

    def requests(self, kind: str) -> list[object]:
        return [
            one.request
            for one in self.commands
            if one.activity == "node.1" and type(one.request).__name__ == kind
        ]

    def activity(self) -> ActivityState:
        return self.state.activities[ActivityId("node.1")]

    def seen(self) -> Activity:
        """The activity as the behaviour sees it now."""
        one = self.activity()
        return Activity(
            id=one.id,
            node=one.node,
            visit=one.visit,
            config=self.config,
            data=one.data,
            variables=self.state.variables,
            people=(),
            at_ms=self.at_ms,
            started_at_ms=one.started_at_ms,
            locale=self.state.locale,
            chance=self.state.seed,
            types=self.bound.types,
        )

    def panel(self, role: Role) -> Json:
        shown = self.behaviour.present(self.seen(), role)
        json.dumps(shown)
        return shown

    def is_active(self) -> bool:
        return self.state.status is RunStatus.OPEN and ActivityId("node.1") in self.state.activities

    def _pending(self, kind: str) -> str:
        return next(key for key, one in self.activity().pending.items() if one == kind)

    def _happens(self, ms: int, event_at: EventAt) -> Stage:
        self._tell(event_at(self.at_ms + ms))
        self.at_ms += ms
        return self

    def _tell(self, event: Event) -> None:
        step: Step = advance(self.bound, self.state, event)
        self.state = step.state
        self.commands += step.commands
        self.events.append(event)


@dataclass(frozen=True, kw_only=True)
class Way:
    """One scripted way through a component: lines are method calls on the stage."""

    outcome: str
    lines: tuple[Line, ...] = ()
    config: Json = field(default_factory=dict)
    variables: Json = field(default_factory=dict)
    present: tuple[Role, ...] = ("customer",)
    back: str = ""
    """An outcome that leads back to the node itself."""

    def stage(self, key: str, *, until: int | None = None) -> Stage:
        """A stage after the first `until` lines, or all of them."""
        stage = Stage(
            key, self.config, variables=self.variables, present=self.present, back=self.back
        )
        for method, args, named in self.lines[:until]:
            getattr(stage, method)(*args, **named)
        return stage


def line(method: str, /, *args: Any, **named: Any) -> Line:
    """A line of a script: `line("act", "customer", "agree", ms=3_000)`."""
    return method, args, named
