"""Retry counter: lets the token round a loop a bounded number of times."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, said
from components.catalogue.reading import integer, text
from flow.component import Activity, Reaction
from flow.graph import JsonValue


class CountRetry(PlainBehaviour):
    """Counts the visits to its own node: no variable another step may set can unbind the loop."""

    @override
    def start(self, activity: Activity) -> Reaction:
        settings = self.settings(activity.config)
        again = activity.visit <= integer(settings, "max")
        return Reaction(
            outcome="again" if again else "exhausted",
            outputs={f"retry.{text(settings, 'counter')}": activity.visit},
        )

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        most = integer(self.settings(config), "max")
        return said(locale, en=f"At most {most} more", zh=f"最多再试 {most} 次")
