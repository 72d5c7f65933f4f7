"""Service menu: several services in one call, one chapter of the recording for each."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import (
    PlainBehaviour,
    not_now,
    only,
    plural,
    said,
    unknown_action,
)
from components.catalogue.reading import (
    Values,
    in_locale,
    integer,
    local,
    mapping,
    objects,
    sent_choice,
    text,
)
from flow.commands import MarkChapter
from flow.component import ActionTaken, Activity, Reaction
from flow.events import Role
from flow.graph import JsonObject, JsonValue, Outcome, Polarity

_WHO: Mapping[str, tuple[Role, ...]] = {
    "agent": ("agent",),
    "customer": ("customer",),
    "both": ("customer", "agent"),
}
_NAMED_ON_CARD = 3


class ChooseService(PlainBehaviour):
    """Keeps no data: what was taken is counted in `menu.taken`, by node and item."""

    @override
    def start(self, activity: Activity) -> Reaction:
        return Reaction(data={})

    @override
    def act(self, activity: Activity, action: ActionTaken) -> Reaction:
        if action.action not in {"choose", "finish"}:
            return unknown_action(action)
        settings = self.settings(activity.config)
        only(action, *_choosers(settings))
        if action.action == "finish":
            return Reaction(outcome="finish", outputs=_outputs(activity, "finish"))
        items = {text(one, "id"): one for one in objects(settings, "items")}
        choice = sent_choice(action.data, "item", tuple(items))
        if _rounds_left(activity, settings) < 1:
            raise not_now("No more services in this call")
        label = {tag: str(one) for tag, one in local(items[choice], "label").items()}
        mark = MarkChapter(label=label, legal_step=choice, at_ms=activity.at_ms)
        return Reaction(requests=(mark,), outcome=choice, outputs=_outputs(activity, choice))

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        if role not in {"customer", "agent", "supervisor"}:
            return {}
        settings, taken = self.settings(activity.config), _taken(activity)
        most = integer(settings, "max_rounds")
        items: list[JsonValue] = [
            {
                "id": text(one, "id"),
                "label": local(one, "label"),
                "taken": integer(taken, text(one, "id")),
            }
            for one in objects(settings, "items")
        ]
        return {
            "heading": local(settings, "heading"),
            "items": items,
            "round": min(_rounds(taken) + 1, most),
            "max_rounds": most,
            "rounds_left": _rounds_left(activity, settings),
            "can_choose": role in _choosers(settings),
            "finish_label": local(settings, "finish_label"),
        }

    @override
    def outcomes(self, config: Mapping[str, JsonValue]) -> tuple[Outcome, ...]:
        items = objects(self.settings(config), "items")
        return (*(_outcome(one) for one in items), *self.declared_outcomes)

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        items = objects(self.settings(config), "items")
        if 0 < len(items) <= _NAMED_ON_CARD:
            labels = [in_locale(local(one, "label"), locale) for one in items]
            return said(locale, en=", ".join(labels), zh="、".join(labels))
        return said(locale, en=plural(len(items), "service"), zh=f"{len(items)} 项业务")


def _choosers(settings: Values) -> tuple[Role, ...]:
    return _WHO.get(text(settings, "who"), _WHO["both"])


def _taken(activity: Activity) -> JsonObject:
    """How often each item of this menu was chosen."""
    return mapping(mapping(activity.variables, "menu.taken"), activity.node)


def _rounds(taken: Values) -> int:
    return sum(integer(taken, item) for item in taken)


def _rounds_left(activity: Activity, settings: Values) -> int:
    return max(0, integer(settings, "max_rounds") - _rounds(_taken(activity)))


def _outputs(activity: Activity, choice: str) -> JsonObject:
    taken = _taken(activity)
    if choice != "finish":
        taken = {**taken, choice: integer(taken, choice) + 1}
    every = mapping(activity.variables, "menu.taken")
    return {
        "menu.choice": choice,
        "menu.rounds": _rounds(taken),
        "menu.taken": {**every, activity.node: taken},
    }


def _outcome(item: JsonObject) -> Outcome:
    return Outcome(
        id=text(item, "id"),
        polarity=Polarity.NEUTRAL,
        label={tag: str(label) for tag, label in local(item, "label").items()},
    )
