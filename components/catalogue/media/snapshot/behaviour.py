"""Snapshot: one or more stills of a party, kept as evidence."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import said
from components.catalogue.reading import Values, integer, text
from components.catalogue.stills import TakeStills
from flow.component import Activity
from flow.events import Role
from flow.graph import JsonObject, JsonValue


class Snapshot(TakeStills):
    """Its side is `picture`, or `picture_1` ... `picture_n` when there are several."""

    given_up = "blurred"

    @override
    def sides(self, settings: Values) -> tuple[str, ...]:
        count = integer(settings, "count", 1)
        if count == 1:
            return ("picture",)
        return tuple(f"picture_{number}" for number in range(1, count + 1))

    @override
    def label(self, settings: Values, side: str) -> str:
        name = text(settings, "label")
        return name if integer(settings, "count", 1) == 1 else f"{name}.{side}"

    @override
    def party(self, settings: Values) -> Role:
        return "agent" if text(settings, "target") == "agent" else "customer"

    @override
    def taken(self, activity: Activity, shots: tuple[JsonObject, ...]) -> dict[str, JsonValue]:
        """The last picture is the one the variables name; all of them are evidence."""
        name = f"snap.{text(self.settings(activity.config), 'label')}"
        last = shots[-1]
        return {
            f"{name}.evidence": last["evidence"],
            f"{name}.sha256": last["sha256"],
            f"{name}.t": last["at_ms"],
        }

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        count, agent = integer(settings, "count", 1), self.party(settings) == "agent"
        return said(
            locale,
            en=f"{count} of the {'agent' if agent else 'customer'}",
            zh=f"{'柜员' if agent else '客户'}照片 {count} 张",
        )
