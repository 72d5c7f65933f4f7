"""Parallel: every branch is taken at once."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, plural, said
from components.catalogue.reading import in_locale, local, objects, text
from flow.component import Activity, Reaction
from flow.graph import JsonObject, JsonValue, Outcome, Polarity

_NAMED_ON_CARD = 3


class SplitToken(PlainBehaviour):
    """Which outcome it names does not matter: of a component that splits all are taken."""

    @override
    def start(self, activity: Activity) -> Reaction:
        first = objects(self.settings(activity.config), "branches")[0]
        return Reaction(outcome=text(first, "id"))

    @override
    def outcomes(self, config: Mapping[str, JsonValue]) -> tuple[Outcome, ...]:
        return tuple(_outcome(one) for one in objects(self.settings(config), "branches"))

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        branches = objects(self.settings(config), "branches")
        if 0 < len(branches) <= _NAMED_ON_CARD:
            labels = [in_locale(local(one, "label"), locale) for one in branches]
            return said(locale, en=" + ".join(labels), zh=" + ".join(labels))
        return said(
            locale,
            en=f"{plural(len(branches), 'branch', 'branches')} at once",
            zh=f"{len(branches)} 个分支同时进行",
        )


def _outcome(branch: JsonObject) -> Outcome:
    return Outcome(
        id=text(branch, "id"),
        polarity=Polarity.NEUTRAL,
        label={tag: str(label) for tag, label in local(branch, "label").items()},
    )
