"""Small flows and components for tests: readable, valid by default, nothing of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flow.commands import Request, SetTimer
from flow.component import (
    ActionTaken,
    Activity,
    Component,
    Manifest,
    NotPerformed,
    Performed,
    Reaction,
    Signal,
    StopReason,
    TimeUp,
    Told,
)
from flow.errors import EventRefusedError
from flow.events import Acted, ActivityId, Event, ParticipantId, Role, RunStarted
from flow.expressions import evaluate
from flow.graph import (
    Boundary,
    Edge,
    Graph,
    JsonObject,
    JsonValue,
    Node,
    NodeId,
    Outcome,
    Polarity,
    Variable,
)
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import BoundGraph, bind
from flow.interpreter.turn import Step
from flow.state import RunState

OK = Outcome(id="ok", polarity=Polarity.POSITIVE, label={"en": "Done", "zh-Hans": "完成"})
FAIL = Outcome(id="fail", polarity=Polarity.NEGATIVE, label={"en": "Failed", "zh-Hans": "失败"})


@dataclass(frozen=True, kw_only=True)
class Scripted:
    """A behaviour told what to answer; by default it waits and leaves by the outcome a person names."""

    outcomes_: tuple[Outcome, ...] = (OK, FAIL)
    outputs_: tuple[Variable, ...] = ()
    at_start: Reaction | Callable[[Activity], Reaction] = field(default_factory=Reaction)
    on_stop: Reaction | Callable[[Activity, StopReason], Reaction] = field(default_factory=Reaction)
    on_signal: Callable[[Activity, Signal], Reaction] | None = None

    def start(self, activity: Activity) -> Reaction:
        return self.at_start(activity) if callable(self.at_start) else self.at_start

    def react(self, activity: Activity, signal: Signal) -> Reaction:
        if self.on_signal is not None:
            return self.on_signal(activity, signal)
        match signal:
            case ActionTaken(action="write", data=data):
                return Reaction(outputs=data)
            case ActionTaken(action=action) if action in {one.id for one in self.outcomes_}:
                return Reaction(outcome=action)
            case ActionTaken(action=action):
                raise EventRefusedError(reason="unknown_action", message=f"no action {action}")
            case Performed(kind=kind):
                return Reaction(data={**activity.data, "performed": kind})
            case NotPerformed() | TimeUp():
                return Reaction(outcome="fail")
            case Told(name=name):
                return Reaction(data={**activity.data, "told": name})
            case _:
                return Reaction()

    def stop(self, activity: Activity, reason: StopReason) -> Reaction:
        return self.on_stop(activity, reason) if callable(self.on_stop) else self.on_stop

    def present(self, activity: Activity, role: Role) -> JsonObject:
        return {"role": role, "data": dict(activity.data), "variables": dict(activity.variables)}

    def outputs(self, config: Mapping[str, JsonValue]) -> tuple[Variable, ...]:
        return self.outputs_

    def outcomes(self, config: Mapping[str, JsonValue]) -> tuple[Outcome, ...]:
        return self.outcomes_

    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        return ""


def _manifest(key: str, outcomes: tuple[Outcome, ...], **face: object) -> Manifest:
    plain = Manifest(
        key=key,
        version="1.0.0",
        group="logic",
        title={"en": key, "zh-Hans": key},
        summary={"en": key, "zh-Hans": key},
        outcomes=outcomes,
        config_schema={"type": "object"},
    )
    return replace(plain, **face)  # type: ignore[arg-type] - a test names what it needs


def component(key: str, behaviour: Scripted | None = None, **face: object) -> Component:
    """A component with a scripted behaviour; `face` are fields of its manifest."""
    behaviour = behaviour or Scripted()
    return Component(manifest=_manifest(key, behaviour.outcomes_, **face), behaviour=behaviour)


def waits(key: str = "test.wait", **face: object) -> Component:
    """Waits for a person to name an outcome, ok or fail; both roles have a panel."""
    panels = {"customer": "wait", "agent": "wait"}
    return component(key, **{"panels": panels, **face})


def passes(key: str = "test.pass", **face: object) -> Component:
    """Goes on at once by ok."""
    return component(key, Scripted(outcomes_=(OK,), at_start=Reaction(outcome="ok")), **face)


def asks(*requests: Request, key: str = "test.ask", **face: object) -> Component:
    """Makes requests at start, then waits as `waits` does."""
    return component(key, Scripted(at_start=Reaction(requests=requests)), **face)


def times_out(after_ms: int = 1_000, key: str = "test.timer") -> Component:
    """Waits for a person, or fails when its timer `limit` is up."""

    def start(activity: Activity) -> Reaction:
        timer = SetTimer(name="limit", due_at_ms=activity.at_ms + after_ms)
        return Reaction(requests=(timer,))

    return component(key, Scripted(at_start=start))


def opens_span(name: str = "recording", key: str = "test.open", **face: object) -> Component:
    """Goes on at once by ok and leaves a span."""
    behaviour = Scripted(outcomes_=(OK, FAIL), at_start=Reaction(outcome="ok"))
    return component(key, behaviour, **{"span": name, **face})


def closes_span(name: str = "recording", key: str = "test.close") -> Component:
    """Goes on at once by ok and ends the span."""
    return component(
        key, Scripted(outcomes_=(OK,), at_start=Reaction(outcome="ok")), closes=name
    )


def sets(variable: Variable, value: JsonValue, key: str = "test.set") -> Component:
    """Writes a variable and goes on by ok."""
    reaction = Reaction(outcome="ok", outputs={variable.name: value})
    return component(key, Scripted(outcomes_=(OK,), outputs_=(variable,), at_start=reaction))


def branches(key: str = "test.branch") -> Component:
    """Goes by `ok` when the expression in config `when` is true, else by `fail`."""

    def start(activity: Activity) -> Reaction:
        holds = evaluate(str(activity.config["when"]), activity.variables, activity.types)
        return Reaction(outcome="ok" if holds else "fail")

    schema = {
        "type": "object",
        "properties": {"when": {"type": "string", "x-cel": "bool"}},
        "required": ["when"],
    }
    return component(key, Scripted(at_start=start), config_schema=schema)


def retries(most: int = 3, key: str = "test.retry") -> Component:
    """Lets a loop through `most` times: again, then exhausted."""
    again = Outcome(id="again", polarity=Polarity.NEUTRAL)
    exhausted = Outcome(id="exhausted", polarity=Polarity.NEGATIVE)

    def start(activity: Activity) -> Reaction:
        return Reaction(outcome="again" if activity.visit <= most else "exhausted")

    return component(key, Scripted(outcomes_=(again, exhausted), at_start=start), bounded=True)


def ends(kind: str = "success") -> Component:
    return component(f"end.{kind}", Scripted(outcomes_=()), end=True)


def enters() -> Component:
    return passes("entry.test", entry=True)


Parts = Mapping[str, Component]


def graph(parts: Parts, edges: Sequence[str], **more: object) -> Graph:
    """A graph of the parts by node id; an edge is written `a ok b`. It starts at the first part.

    `more`: `config` (node id -> config), `variables`, `boundaries`, `settings`.
    """
    config = more.pop("config", {})
    assert isinstance(config, Mapping)
    nodes = {
        NodeId(name): Node(
            id=NodeId(name),
            component=part.manifest.key,
            version=part.manifest.version,
            config=config.get(name, {}),
        )
        for name, part in parts.items()
    }
    wires = [one.split() for one in edges]
    return Graph(
        start=NodeId(next(iter(parts))),
        nodes=nodes,
        edges=tuple(Edge(source=NodeId(a), outcome=o, target=NodeId(b)) for a, o, b in wires),
        **more,  # type: ignore[arg-type] - fields of Graph, named by the test
    )


def bound(parts: Parts, edges: Sequence[str], **more: object) -> BoundGraph:
    return bind(graph(parts, edges, **more), components(parts))


def components(parts: Parts) -> dict[NodeId, Component]:
    return {NodeId(name): part for name, part in parts.items()}


def linear(*middle: Component, boundaries: tuple[Boundary, ...] = ()) -> BoundGraph:
    """enter → n1 → n2 → … → done; every `fail` and other bad outcome leads to `refused`."""
    parts = {"enter": enters()}
    parts |= {f"n{index}": part for index, part in enumerate(middle, start=1)}
    names = [*parts, "done"]
    edges = [f"{names[i]} ok {names[i + 1]}" for i in range(len(names) - 1)]
    for name, part in parts.items():
        others = [one.id for one in part.manifest.outcomes if one.id != "ok"]
        edges += [f"{name} {other} refused" for other in others]
    parts |= {"done": ends(), "refused": ends("reject")}
    return bound(parts, edges, boundaries=boundaries)


STARTED = RunStarted(at_ms=1_000, seed="5eed")


def run(flow: BoundGraph, *events: Event, state: RunState | None = None) -> Step:
    """The step after folding the events; all commands on the way are in it."""
    step = Step(state=state or initial_state())
    for event in events:
        after = advance(flow, step.state, event)
        step = Step(state=after.state, commands=(*step.commands, *after.commands))
    return step


def started(flow: BoundGraph, *events: Event) -> Step:
    return run(flow, STARTED, *events)


def acted(activity: str, action: str, at_ms: int = 2_000, **data: JsonValue) -> Acted:
    """The customer presses something."""
    return Acted(
        at_ms=at_ms,
        activity=ActivityId(activity),
        action=action,
        participant=ParticipantId("anna"),
        role="customer",
        data=data,
    )
