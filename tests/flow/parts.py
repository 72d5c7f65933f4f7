"""Small components for tests: readable, valid by default, nothing of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from flow.commands import EndChildRun, Request, SetTimer, StartChildRun
from flow.component import (
    ActionTaken,
    Activity,
    BranchArrived,
    Component,
    EventReceived,
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
from flow.events import Role
from flow.expressions import evaluate
from flow.graph import JsonObject, JsonValue, Outcome, Polarity, ValueType, Variable

OK = Outcome(id="ok", polarity=Polarity.POSITIVE, label={"en": "Done", "zh-Hans": "完成"})
FAIL = Outcome(id="fail", polarity=Polarity.NEGATIVE, label={"en": "Failed", "zh-Hans": "失败"})


@dataclass(frozen=True, kw_only=True)
class Scripted:
    """Told what to answer; by default it waits and leaves by the outcome a person names."""

    outcomes_: tuple[Outcome, ...] = (OK, FAIL)
    outputs_: tuple[Variable, ...] = ()
    at_start: Reaction | Callable[[Activity], Reaction] = field(default_factory=Reaction)
    on_stop: Reaction | Callable[[Activity, StopReason], Reaction] = field(default_factory=Reaction)
    on_signal: Callable[[Activity, Signal], Reaction] | None = None
    shows: Callable[[Activity, Role], JsonObject] | None = None
    awaits: str = "awaited"

    def start(self, activity: Activity) -> Reaction:
        return self.at_start(activity) if callable(self.at_start) else self.at_start

    def react(  # noqa: PLR0911 - one line for each kind of signal
        self, activity: Activity, signal: Signal
    ) -> Reaction:
        if self.on_signal is not None:
            return self.on_signal(activity, signal)
        match signal:
            case ActionTaken():
                return self._acted(signal)
            case Performed(kind=kind):
                return Reaction(data={**activity.data, "performed": kind})
            case NotPerformed() | TimeUp():
                return Reaction(outcome="fail")
            case EventReceived(name=name) if name == self.awaits:
                return Reaction(outcome="ok")
            case Told(name=name):
                return Reaction(data={**activity.data, "told": name})
        return Reaction()

    def _acted(self, taken: ActionTaken) -> Reaction:
        if taken.action == "write":
            return Reaction(outputs=taken.data)
        if taken.action not in {one.id for one in self.outcomes_}:
            raise EventRefusedError(reason="unknown_action", message=f"no action {taken.action}")
        return Reaction(outcome=taken.action)

    def stop(self, activity: Activity, reason: StopReason) -> Reaction:
        return self.on_stop(activity, reason) if callable(self.on_stop) else self.on_stop

    def present(self, activity: Activity, role: Role) -> JsonObject:
        if self.shows is not None:
            return self.shows(activity, role)
        return {"role": role, "data": dict(activity.data), "variables": dict(activity.variables)}

    def outputs(self, config: Mapping[str, JsonValue]) -> tuple[Variable, ...]:
        return self.outputs_

    def outcomes(self, config: Mapping[str, JsonValue]) -> tuple[Outcome, ...]:
        return self.outcomes_

    def takes(self, config: Mapping[str, JsonValue], event: EventReceived) -> bool:
        return event.name == self.awaits

    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        return ""


def component(
    key: str,
    behaviour: Scripted | None = None,
    *,
    panels: Mapping[Role, str] | None = None,
    span: str | None = None,
    closes: str | None = None,
    entry: bool = False,
    end: bool = False,
    bounded: bool = False,
    requires: tuple[str, ...] = (),
    provides: tuple[str, ...] = (),
    config_schema: JsonObject | None = None,
) -> Component:
    """A component with a scripted behaviour; what is left out is plain."""
    behaviour = behaviour or Scripted()
    manifest = Manifest(
        key=key,
        version="1.0.0",
        group="logic",
        title={"en": key, "zh-Hans": key},
        summary={"en": key, "zh-Hans": key},
        outcomes=behaviour.outcomes_,
        config_schema=config_schema or {"type": "object"},
        panels=panels or {},
        span=span,
        closes=closes,
        entry=entry,
        end=end,
        bounded=bounded,
        requires=requires,
        provides=provides,
    )
    return Component(manifest=manifest, behaviour=behaviour)


def waits(
    key: str = "test.wait",
    *,
    requires: tuple[str, ...] = (),
    provides: tuple[str, ...] = (),
    outputs: tuple[Variable, ...] = (),
    config_schema: JsonObject | None = None,
) -> Component:
    """Waits for a person to name an outcome, ok or fail; both roles have a panel."""
    return component(
        key,
        Scripted(outputs_=outputs),
        panels={"customer": "wait", "agent": "wait"},
        requires=requires,
        provides=provides,
        config_schema=config_schema,
    )


def passes(key: str = "test.pass", *, entry: bool = False) -> Component:
    """Goes on at once by ok."""
    behaviour = Scripted(outcomes_=(OK,), at_start=Reaction(outcome="ok"))
    return component(key, behaviour, entry=entry)


def asks(*requests: Request, key: str = "test.ask") -> Component:
    """Makes requests at start, then waits as `waits` does."""
    return component(key, Scripted(at_start=Reaction(requests=requests)))


def times_out(after_ms: int = 1_000, key: str = "test.timer") -> Component:
    """Waits for a person, or fails when its timer `limit` is up."""

    def start(activity: Activity) -> Reaction:
        timer = SetTimer(name="limit", due_at_ms=activity.at_ms + after_ms)
        return Reaction(requests=(timer,))

    return component(key, Scripted(at_start=start))


def opens_span(name: str = "recording", on_stop: Reaction | None = None) -> Component:
    """Goes on at once by ok and leaves a span."""
    behaviour = Scripted(at_start=Reaction(outcome="ok"), on_stop=on_stop or Reaction())
    return component("test.open", behaviour, span=name)


def closes_span(name: str = "recording") -> Component:
    """Goes on at once by ok and ends the span."""
    behaviour = Scripted(outcomes_=(OK,), at_start=Reaction(outcome="ok"))
    return component("test.close", behaviour, closes=name)


def sets(variable: Variable, value: JsonValue, key: str = "test.set") -> Component:
    """Writes a variable and goes on by ok."""
    reaction = Reaction(outcome="ok", outputs={variable.name: value})
    return component(key, Scripted(outcomes_=(OK,), outputs_=(variable,), at_start=reaction))


def branches(key: str = "test.branch") -> Component:
    """Goes by `ok` when the expression in config `when` is true, else by `fail`."""

    def start(activity: Activity) -> Reaction:
        holds = evaluate(str(activity.config["when"]), activity.variables, activity.types)
        return Reaction(outcome="ok" if holds else "fail")

    schema: JsonObject = {
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


def splits(*branches: str, key: str = "test.split") -> Component:
    """Takes all its branches at once."""
    outcomes = tuple(Outcome(id=one, polarity=Polarity.NEUTRAL) for one in branches or ("a", "b"))
    split = component(key, Scripted(outcomes_=outcomes, at_start=Reaction(outcome=outcomes[0].id)))
    return replace(split, manifest=replace(split.manifest, splits=True))


def joins(mode: str = "all", after_ms: int = 60_000, key: str = "test.join") -> Component:
    """Goes on by `all` or by `any`, or by `timeout` when its timer `limit` is up."""
    leaving = Outcome(id=mode, polarity=Polarity.POSITIVE)
    timeout = Outcome(id="timeout", polarity=Polarity.NEGATIVE)

    def start(activity: Activity) -> Reaction:
        timer = SetTimer(name="limit", due_at_ms=activity.at_ms + after_ms)
        return Reaction(requests=(timer,))

    def react(activity: Activity, signal: Signal) -> Reaction:
        match signal:
            case BranchArrived(missing=missing):
                return Reaction(outcome=mode if mode == "any" or not missing else None)
            case TimeUp():
                return Reaction(outcome="timeout")
        return Reaction()

    behaviour = Scripted(outcomes_=(leaving, timeout), at_start=start, on_signal=react)
    join = component(key, behaviour)
    return replace(join, manifest=replace(join.manifest, joins=True))


def books(number: int, key: str = "test.book") -> Component:
    """Does something for good, which `core.cancel` undoes by its number."""
    reaction = Reaction(data={"booking": number}, outcome="ok")
    booked = component(f"{key}{number}", Scripted(at_start=reaction))
    return replace(booked, manifest=replace(booked.manifest, compensation="core.cancel"))


def hears(name: str) -> Component:
    """Waits for an event of that name and goes on by ok; `evt.<name>` gets what each brings."""
    heard = Variable(name=f"evt.{name}", type=ValueType.LIST)

    def react(activity: Activity, signal: Signal) -> Reaction:
        if not isinstance(signal, EventReceived) or signal.name != name:
            return Reaction()
        before = activity.variables.get(heard.name)
        brought = [*(before if isinstance(before, list) else []), signal.data.get("n")]
        return Reaction(outcome="ok", outputs={heard.name: brought})

    behaviour = Scripted(outcomes_=(OK,), outputs_=(heard,), on_signal=react, awaits=name)
    return component(f"test.hears_{name}", behaviour)


def calls(request: StartChildRun, key: str = "test.subflow") -> Component:
    """Lets another flow run and goes on by how it ended; ends it when the token is taken away."""

    def react(activity: Activity, signal: Signal) -> Reaction:
        match signal:
            case Performed(result=result):
                return Reaction(data={"run": result.get("run")})
            case Told(name="child_ended", data=data):
                return Reaction(outcome="ok" if data.get("kind") == "success" else "fail")
            case NotPerformed():
                return Reaction(outcome="fail")
        return Reaction()

    behaviour = Scripted(
        at_start=Reaction(requests=(request,)),
        on_signal=react,
        on_stop=Reaction(requests=(EndChildRun(),)),
    )
    calling = component(key, behaviour)
    return replace(calling, manifest=replace(calling.manifest, calls=True))


def ends(kind: str = "success") -> Component:
    return component(f"end.{kind}", Scripted(outcomes_=()), end=True)


def enters() -> Component:
    return passes("entry.test", entry=True)
