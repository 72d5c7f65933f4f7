"""Called by a flow: the flow begins as a step of another one, with the values it is given."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, plural, said
from components.catalogue.reading import objects
from components.catalogue.values import declared, fitting
from flow.component import Activity, Reaction
from flow.graph import JsonValue, Variable


class BeginCalled(PlainBehaviour):
    """The caller's values are the run's variables already; one that is missing is a fault."""

    @override
    def start(self, activity: Activity) -> Reaction:
        for one in self.outputs(activity.config):
            fitting(one.name, activity.variables.get(one.name), one.type)
        return Reaction(outcome="ok")

    @override
    def outputs(self, config: Mapping[str, JsonValue]) -> tuple[Variable, ...]:
        return tuple(declared(one) for one in objects(self.settings(config), "inputs"))

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        count = len(objects(self.settings(config), "inputs"))
        if not count:
            return said(locale, en="Takes no values", zh="不需要传入变量")
        return said(locale, en=f"Takes {plural(count, 'value')}", zh=f"需要 {count} 个变量")
