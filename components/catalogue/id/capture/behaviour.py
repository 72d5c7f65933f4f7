"""Guided ID capture: the sides of an identity document, one sharp picture each."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import only, said
from components.catalogue.reading import Values, text, texts
from components.catalogue.stills import TakeStills
from flow.component import ActionTaken, Activity, Reaction
from flow.graph import JsonObject, JsonValue

_KEPT = ("side", "evidence", "sha256", "at_ms")
_SIDE_NAMES = {
    "front": {"en": "front", "zh": "正面"},
    "back": {"en": "back", "zh": "反面"},
    "inside": {"en": "inside", "zh": "内页"},
}


class CaptureId(TakeStills):
    """A picture of each side; the agent may also find that the document is not one we take."""

    given_up = "fail"

    @override
    def sides(self, settings: Values) -> tuple[str, ...]:
        return texts(settings, "sides") or ("front",)

    @override
    def label(self, settings: Values, side: str) -> str:
        return f"{text(settings, 'doc')}.{side}"

    @override
    def taken(self, activity: Activity, shots: tuple[JsonObject, ...]) -> dict[str, JsonValue]:
        images: list[JsonValue] = [{key: shot[key] for key in _KEPT} for shot in shots]
        return {"id.images": images, "id.doc": text(self.settings(activity.config), "doc")}

    @override
    def act(self, activity: Activity, action: ActionTaken) -> Reaction:
        if action.action != "unsupported":
            return super().act(activity, action)
        only(action, "agent")
        return Reaction(outcome="unsupported")

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        language = said(locale, en="en", zh="zh")
        sides = self.sides(self.settings(config))
        names = [_SIDE_NAMES.get(side, {}).get(language, side) for side in sides]
        joined = said(locale, en=" and ".join(names), zh="和".join(names))
        return said(locale, en=f"{joined.capitalize()}, original", zh=f"原件{joined}")
