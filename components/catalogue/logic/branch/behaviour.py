"""Branch: the first case whose expression is true, else `else`."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, plural, said
from components.catalogue.reading import in_locale, local, objects, text
from flow.component import Activity, Reaction
from flow.errors import ExpressionError
from flow.expressions import evaluate
from flow.graph import JsonObject, JsonValue, Outcome, Polarity

_NAMED_ON_CARD = 2


class ChooseBranch(PlainBehaviour):
    """An expression that cannot be evaluated (a variable without a value) is a fault, never `else`.

    The run then stops with an incident instead of taking a way nobody chose.
    """

    @override
    def start(self, activity: Activity) -> Reaction:
        for case in objects(self.settings(activity.config), "cases"):
            if _is_true(text(case, "expression"), activity):
                return Reaction(outcome=text(case, "id"))
        return Reaction(outcome="else")

    @override
    def outcomes(self, config: Mapping[str, JsonValue]) -> tuple[Outcome, ...]:
        cases = objects(self.settings(config), "cases")
        return (*(_outcome(one) for one in cases), *self.declared_outcomes)

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        cases = objects(self.settings(config), "cases")
        if 0 < len(cases) <= _NAMED_ON_CARD:
            labels = [in_locale(local(one, "label"), locale) for one in cases]
            return said(locale, en=f"{', '.join(labels)}, else", zh=f"{'、'.join(labels)}，其他")
        return said(
            locale, en=f"{plural(len(cases), 'case')}, else", zh=f"{len(cases)} 种情况及其他"
        )


def _is_true(source: str, activity: Activity) -> bool:
    """Raises ExpressionError also for a value that is neither true nor false."""
    value = evaluate(source, activity.variables, activity.types)
    if not isinstance(value, bool):
        raise ExpressionError(source=source, message="is neither true nor false")
    return value


def _outcome(case: JsonObject) -> Outcome:
    return Outcome(
        id=text(case, "id"),
        polarity=Polarity(text(case, "polarity", Polarity.NEUTRAL)),
        label={tag: str(label) for tag, label in local(case, "label").items()},
    )
