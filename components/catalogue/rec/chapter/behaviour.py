"""Chapter mark: names this moment in the recordings under way, for those who audit them."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour
from components.catalogue.reading import in_locale, local, objects, text
from flow.commands import MarkChapter
from flow.component import Activity, Reaction
from flow.graph import JsonObject, JsonValue


class MarkRecording(PlainBehaviour):
    """Goes on at once: the call does not wait for its own index."""

    @override
    def start(self, activity: Activity) -> Reaction:
        settings = self.settings(activity.config)
        label = {tag: str(one) for tag, one in local(settings, "label").items()}
        step = text(settings, "legal_step")
        mark = MarkChapter(label=label, legal_step=step, at_ms=activity.at_ms)
        chapter: JsonObject = {"label": {**label}, "legal_step": step, "at_ms": activity.at_ms}
        chapters: list[JsonValue] = [*objects(activity.variables, "rec.chapters"), chapter]
        return Reaction(requests=(mark,), outcome="ok", outputs={"rec.chapters": chapters})

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        return in_locale(local(self.settings(config), "label"), locale)
