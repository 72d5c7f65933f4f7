"""What steps that ask a system outside have in common: what is sent, what is kept, what is shown.

A step asks once; whoever performs the request tries again within the time the step allows. While it
waits the agent sees how far it is, the customer a calm moment. What came back good goes on at once;
a refusal waits for the agent to have read it, when there is one and the settings want it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, not_now, only, unknown_action
from components.catalogue.reading import (
    Values,
    flag,
    integer,
    local,
    mapping,
    objects,
    placed,
    text,
)
from flow.commands import Request, SetTimer
from flow.component import ActionTaken, Activity, NotPerformed, Performed, Reaction, Told
from flow.errors import ExpressionError
from flow.events import Role
from flow.expressions import evaluate
from flow.graph import JsonObject, JsonValue, Privacy, ValueType, Variable

READ_MS = 60_000
"""How long a refusal waits to be read."""
_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
"""Characters that stand for themselves in a path (RFC 3986 §2.3)."""
_KINDS: Mapping[ValueType, tuple[type, ...]] = {
    ValueType.STRING: (str,),
    ValueType.INT: (int,),
    ValueType.NUMBER: (int, float),
    ValueType.BOOL: (bool,),
    ValueType.LIST: (list,),
    ValueType.OBJECT: (dict,),
}


class AskOutside(PlainBehaviour):
    """One question, one answer.

    Data: state (working, unknown, declined, failed), attempts, reference, code; while a refusal is
    being read, outcome and outputs too: how the step will be left.
    """

    @abstractmethod
    def request(self, activity: Activity, settings: Values) -> Request: ...

    @abstractmethod
    def answered(self, activity: Activity, result: Values) -> Reaction: ...

    @abstractmethod
    def unanswered(self, activity: Activity, code: str) -> Reaction: ...

    @override
    def start(self, activity: Activity) -> Reaction:
        data: JsonObject = {"state": "working", "attempts": 1, "reference": "", "code": ""}
        return Reaction(
            data=data, requests=(self.request(activity, self.settings(activity.config)),)
        )

    @override
    def performed(self, activity: Activity, done: Performed) -> Reaction:
        return self.answered(activity, done.result) if _is_waiting(activity) else Reaction()

    @override
    def failed(self, activity: Activity, failure: NotPerformed) -> Reaction:
        return self.unanswered(activity, failure.code) if _is_waiting(activity) else Reaction()

    @override
    def told(self, activity: Activity, fact: Told) -> Reaction:
        if fact.name != "attempt" or not _is_waiting(activity):
            return Reaction()
        attempts = max(integer(activity.data, "attempts"), integer(fact.data, "attempt"))
        return Reaction(data={**activity.data, "state": "unknown", "attempts": attempts})

    @override
    def act(self, activity: Activity, action: ActionTaken) -> Reaction:
        if action.action != "go_on":
            return unknown_action(action)
        only(action, "agent")
        if _is_waiting(activity):
            raise not_now("The answer is still awaited")
        return _left(activity)

    @override
    def time_up(self, activity: Activity, name: str) -> Reaction:
        return Reaction() if _is_waiting(activity) else _left(activity)

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        since: JsonObject = {"since_ms": activity.started_at_ms}
        if role == "customer":
            return {"what": "one_moment", **since}
        if role != "agent":
            return {}
        return {
            "title": local(self.settings(activity.config), "heading"),
            "state": text(activity.data, "state"),
            "code": text(activity.data, "code"),
            "attempts": integer(activity.data, "attempts"),
            **since,
        }

    @override
    def outputs(self, config: Mapping[str, JsonValue]) -> tuple[Variable, ...]:
        answer = objects(self.settings(config), "answer")
        return (*super().outputs(config), *(_output(one) for one in answer))

    def until_ms(self, activity: Activity) -> int:
        settings = self.settings(activity.config)
        return activity.at_ms + 1000 * integer(settings, "timeout_s", 10)

    def refused(
        self, activity: Activity, state: str, outcome: str, outputs: JsonObject, code: str
    ) -> Reaction:
        """Leave by `outcome`: at once, or when the agent has read why."""
        agents = [one for one in activity.people if one.role == "agent" and one.present]
        if not agents or not flag(self.settings(activity.config), "agent_reads"):
            return Reaction(outcome=outcome, outputs=outputs)
        data: JsonObject = {"state": state, "code": code, "outcome": outcome, "outputs": outputs}
        due = SetTimer(name="read", due_at_ms=activity.at_ms + READ_MS)
        return Reaction(data={**activity.data, **data}, requests=(due,))


def is_settled(activity: Activity) -> bool:
    """Whether the answer has come and is only being read."""
    return not _is_waiting(activity)


def _is_waiting(activity: Activity) -> bool:
    return text(activity.data, "state") in {"working", "unknown"}


def _left(activity: Activity) -> Reaction:
    outputs = mapping(activity.data, "outputs")
    return Reaction(outcome=text(activity.data, "outcome"), outputs=outputs)


def sent_values(activity: Activity, rows: tuple[JsonObject, ...]) -> JsonObject:
    """A JSON object of the rows {name, expression}; a dot in a name opens an object inside.

    Raises ExpressionError.
    """
    values: JsonObject = {}
    for row in rows:
        *path, name = text(row, "name").split(".")
        into = values
        for step in path:
            below = into.setdefault(step, {})
            into = below if isinstance(below, dict) else {}
        into[name] = evaluate(text(row, "expression"), activity.variables, activity.types)
    return values


def wanted(settings: Values) -> dict[str, str]:
    """Variable -> JSON Pointer into the answer."""
    return {text(one, "name"): text(one, "pointer") for one in objects(settings, "answer")}


def kept_values(settings: Values, found: Values) -> JsonObject | None:
    """The values by variable, or None when one is missing or of another type."""
    kept: JsonObject = {}
    for row in objects(settings, "answer"):
        name, value = text(row, "name"), found.get(text(row, "name"))
        kind = _type_of(row)
        is_truth = isinstance(value, bool)
        if not isinstance(value, _KINDS[kind]) or (is_truth and kind is not ValueType.BOOL):
            return None
        kept[name] = value
    return kept


def quoted_path(template: str, variables: Values) -> str:
    """The path with each `{{name}}` replaced by the variable, quoted: one step of the path each.

    Raises ExpressionError for a variable without a value.
    """

    def quoted(name: str) -> str:
        value = variables.get(name)
        if value is None or isinstance(value, list | dict | bool):
            raise ExpressionError(source=template, message=f"variable {name!r} has no value yet")
        text_of = str(value)
        return "".join(one if one in _SAFE else _escaped(one) for one in text_of)

    return placed(template, quoted)


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def _output(row: JsonObject) -> Variable:
    return Variable(
        name=text(row, "name"),
        type=_type_of(row),
        privacy=Privacy(text(row, "privacy", Privacy.PERSONAL)),
        outcomes=("ok",),
    )


def _type_of(row: JsonObject) -> ValueType:
    return ValueType(text(row, "type", ValueType.STRING))
