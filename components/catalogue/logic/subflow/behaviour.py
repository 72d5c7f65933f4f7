"""Sub-flow: another published flow runs as a step, in a run of its own, until it ends."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, said
from components.catalogue.reading import integer, mapping, objects, text
from components.catalogue.values import declared, fitting, type_of
from flow.commands import EndChildRun, StartChildRun
from flow.component import Activity, NotPerformed, Performed, Reaction, StopReason, Told
from flow.expressions import evaluate
from flow.graph import JsonObject, JsonValue, Variable


class RunSubflow(PlainBehaviour):
    """Data: run (id of the child), number (its version), once it has begun."""

    @override
    def start(self, activity: Activity) -> Reaction:
        settings = self.settings(activity.config)
        pinned = mapping(settings, "pinned") if text(settings, "version") == "pin" else {}
        inputs: JsonObject = {
            text(one, "name"): evaluate(text(one, "value"), activity.variables, activity.types)
            for one in objects(settings, "inputs")
        }
        request = StartChildRun(
            flow=text(settings, "flow"),
            number=integer(pinned, "number"),
            hash=text(pinned, "hash"),
            inputs=inputs,
            wanted=tuple(text(one, "from") for one in objects(settings, "outputs")),
        )
        return Reaction(data={}, requests=(request,))

    @override
    def performed(self, activity: Activity, done: Performed) -> Reaction:
        if done.kind != "StartChildRun":
            return Reaction()
        return Reaction(
            data={"run": text(done.result, "run"), "number": integer(done.result, "number")}
        )

    @override
    def failed(self, activity: Activity, failure: NotPerformed) -> Reaction:
        return Reaction(outcome="fail", outputs={"subflow.kind": "", "subflow.code": failure.code})

    @override
    def told(self, activity: Activity, fact: Told) -> Reaction:
        if fact.name != "child_ended" or fact.data.get("run") != activity.data.get("run"):
            return Reaction()
        kind = text(fact.data, "kind")
        ended: JsonObject = {"subflow.kind": kind, "subflow.code": text(fact.data, "code")}
        if kind != "success":
            return Reaction(outcome="fail", outputs=ended)
        given = mapping(fact.data, "outputs")
        taken: JsonObject = {
            text(one, "name"): fitting(
                text(one, "from"), given.get(text(one, "from")), type_of(one)
            )
            for one in objects(self.settings(activity.config), "outputs")
        }
        return Reaction(outcome="ok", outputs={**ended, **taken})

    @override
    def stop(self, activity: Activity, reason: StopReason) -> Reaction:
        return Reaction(requests=(EndChildRun(),))

    @override
    def outputs(self, config: Mapping[str, JsonValue]) -> tuple[Variable, ...]:
        taken = objects(self.settings(config), "outputs")
        return (*self.declared_outputs, *(declared(one, ("ok",)) for one in taken))

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        flow = text(settings, "flow") or said(locale, en="no flow yet", zh="尚未选择流程")
        if text(settings, "version") == "latest":
            return said(locale, en=f"{flow}, newest version", zh=f"{flow}，最新版本")
        number = integer(mapping(settings, "pinned"), "number")
        if number:
            return said(locale, en=f"{flow}, version {number}", zh=f"{flow}，第 {number} 版")
        return said(locale, en=f"{flow}, fixed version", zh=f"{flow}，固定版本")
