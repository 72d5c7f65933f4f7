"""Form co-fill: either side fills, both see each change, the values become variables."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.doc.form import fields
from components.catalogue.plain import PlainBehaviour, not_now, only, plural, said, unknown_action
from components.catalogue.reading import (
    Values,
    flag,
    local,
    mapping,
    objects,
    refuse,
    sent_choice,
    text,
    texts,
)
from flow.component import ActionTaken, Activity, Reaction
from flow.errors import EventRefusedError
from flow.events import Role
from flow.graph import JsonObject, JsonValue, Variable


class FillForm(PlainBehaviour):
    """Data: values {field: value}, touched [field], focus {role: field}."""

    @override
    def start(self, activity: Activity) -> Reaction:
        settings = self.settings(activity.config)
        prefilled: JsonObject = {
            name: _prefill(activity, field) for name, field in fields.by_name(settings).items()
        }
        return Reaction(data={"values": prefilled, "touched": [], "focus": {}})

    @override
    def act(self, activity: Activity, action: ActionTaken) -> Reaction:
        only(action, "customer", "agent")
        match action.action:
            case "focus":
                return self._focus(activity, action)
            case "edit":
                return self._edit(activity, action)
            case "submit":
                return self._submit(activity, action)
            case "cancel":
                return self._cancel(activity, action)
            case _:
                return unknown_action(action)

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        if role not in {"customer", "agent", "supervisor"}:
            return {}
        settings = self.settings(activity.config)
        known = fields.by_name(settings)
        values = mapping(activity.data, "values")
        return {
            "heading": local(settings, "heading"),
            "fields": [_face(settings, field, role) for field in known.values()],
            "values": {
                name: fields.shown(settings, field, values.get(name), role)
                for name, field in known.items()
            },
            "errors": _problems(known, values, texts(activity.data, "touched")),
            "focus": mapping(activity.data, "focus"),
            "can_submit": _may(settings, "who_can_submit", role)
            and not _problems(known, values, tuple(known)),
            "can_cancel": _may(settings, "who_can_cancel", role),
        }

    @override
    def outputs(self, config: Mapping[str, JsonValue]) -> tuple[Variable, ...]:
        return tuple(
            Variable(
                name=f"form.{name}",
                type=fields.VALUE_TYPES[text(field, "type", "text")],
                privacy=fields.privacy(field),
                outcomes=("ok",),
            )
            for name, field in fields.by_name(self.settings(config)).items()
        )

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        count = len(objects(settings, "fields"))
        who = _WHO.get(text(settings, "who_can_edit"), _WHO["both"])
        return said(
            locale, en=f"{plural(count, 'field')}, {who[0]}", zh=f"{count} 个字段，{who[1]}"
        )

    def _focus(self, activity: Activity, action: ActionTaken) -> Reaction:
        others = {
            role: one
            for role, one in mapping(activity.data, "focus").items()
            if role != action.role
        }
        if action.data.get("field") is None:
            return Reaction(data={**activity.data, "focus": others})
        known = tuple(fields.by_name(self.settings(activity.config)))
        name = sent_choice(action.data, "field", known)
        return Reaction(data={**activity.data, "focus": {**others, action.role: name}})

    def _edit(self, activity: Activity, action: ActionTaken) -> Reaction:
        settings = self.settings(activity.config)
        known = fields.by_name(settings)
        name = sent_choice(action.data, "field", tuple(known))
        if not fields.may_edit(settings, known[name], action.role):
            raise EventRefusedError(
                reason="not_allowed", message=f"{name} is not yours to fill", field="/field"
            )
        value = action.data.get("value")
        if not fields.is_of_type(known[name], value):
            refuse("value", f"{name} cannot hold that")
        touched: list[JsonValue] = [*texts(activity.data, "touched")]
        return Reaction(
            data={
                **activity.data,
                "values": {**mapping(activity.data, "values"), name: value},
                "touched": touched if name in touched else [*touched, name],
            }
        )

    def _submit(self, activity: Activity, action: ActionTaken) -> Reaction:
        settings = self.settings(activity.config)
        if not _may(settings, "who_can_submit", action.role):
            raise not_now("This form is not yours to submit")
        known, values = fields.by_name(settings), mapping(activity.data, "values")
        problems = _problems(known, values, tuple(known))
        if problems:
            name, problem = next(iter(problems.items()))
            refuse(name, f"{name}: {problem}")
        outputs = {f"form.{name}": _written(field, values) for name, field in known.items()}
        return Reaction(outcome="ok", outputs=outputs)

    def _cancel(self, activity: Activity, action: ActionTaken) -> Reaction:
        if not _may(self.settings(activity.config), "who_can_cancel", action.role):
            raise not_now("This form is not yours to cancel")
        return Reaction(outcome="cancelled")


_WHO = {
    "both": ("both sides", "双方可填"),
    "customer": ("by the customer", "客户填写"),
    "agent": ("by the agent", "柜员填写"),
}


def _may(settings: Values, setting: str, role: Role) -> bool:
    return role in {"customer", "agent"} and text(settings, setting, "both") in {"both", role}


def _prefill(activity: Activity, field: Values) -> JsonValue:
    """The variable named by the field, when it has a value that fits."""
    source = text(field, "prefill")
    value = activity.variables.get(source) if source else None
    return value if fields.is_of_type(field, value) else None


def _problems(
    known: Mapping[str, JsonObject], values: Values, names: tuple[str, ...]
) -> dict[str, JsonValue]:
    found = {name: fields.problem(known[name], values.get(name)) for name in names if name in known}
    return {name: problem for name, problem in found.items() if problem is not None}


def _written(field: Values, values: Values) -> JsonValue:
    """An optional field left empty becomes its type's zero: expressions know no missing value."""
    value = values.get(text(field, "name"))
    if value is not None:
        return value
    match text(field, "type"):
        case "bool":
            return False
        case "number":
            return 0
        case _:
            return ""


def _face(settings: Values, field: Values, role: Role) -> JsonObject:
    options: list[JsonValue] = [
        {"value": text(one, "value"), "label": local(one, "label")}
        for one in objects(field, "options")
    ]
    return {
        "name": text(field, "name"),
        "label": local(field, "label"),
        "help": local(field, "help"),
        "type": text(field, "type", "text"),
        "options": options,
        "required": flag(field, "required"),
        "editable": fields.may_edit(settings, field, role),
        "masked": fields.is_masked(settings, field, role),
    }
