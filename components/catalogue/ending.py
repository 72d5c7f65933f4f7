"""The common half of the four endings: they differ in what they mean, not in what they do."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour
from components.catalogue.reading import in_locale, local, text
from flow.component import Activity, Reaction
from flow.events import Role
from flow.graph import JsonObject, JsonValue


class Ending(PlainBehaviour):
    """Writes the reason; the interpreter ends the run and takes the texts from the settings."""

    @override
    def start(self, activity: Activity) -> Reaction:
        return Reaction(outputs={"end.code": text(self.settings(activity.config), "reason_code")})

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        settings = self.settings(activity.config)
        return {"message": local(settings, "message"), "next_step": local(settings, "next_step")}

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        return in_locale(local(self.settings(config), "message"), locale)
