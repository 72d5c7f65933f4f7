"""Set variables: each takes the value of an expression, in order, seeing the ones before it."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, plural, said
from components.catalogue.reading import objects, text
from components.catalogue.values import declared, fitting, type_of
from flow.component import Activity, Reaction
from flow.expressions import evaluate
from flow.graph import JsonValue, Variable


class SetVariables(PlainBehaviour):
    """All or nothing: when one expression fails the run stops and no variable has changed."""

    @override
    def start(self, activity: Activity) -> Reaction:
        values = dict(activity.variables)
        outputs: dict[str, JsonValue] = {}
        types = {**activity.types}
        for one in objects(self.settings(activity.config), "assignments"):
            name, source = text(one, "name"), text(one, "expression")
            types[name] = type_of(one)
            outputs[name] = fitting(source, evaluate(source, values, types), types[name])
            values[name] = outputs[name]
        return Reaction(outcome="ok", outputs=outputs)

    @override
    def outputs(self, config: Mapping[str, JsonValue]) -> tuple[Variable, ...]:
        return tuple(declared(one) for one in objects(self.settings(config), "assignments"))

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        assignments = objects(self.settings(config), "assignments")
        if len(assignments) == 1:
            return f"{text(assignments[0], 'name')} = {text(assignments[0], 'expression')}"
        return said(
            locale, en=plural(len(assignments), "variable"), zh=f"{len(assignments)} 个变量"
        )
