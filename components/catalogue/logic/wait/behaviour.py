"""Wait: until another system says that something has happened, or for a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, said
from components.catalogue.reading import Values, integer, local, objects, text
from components.catalogue.values import declared, fitting
from flow.commands import SetTimer
from flow.component import Activity, EventReceived, Reaction
from flow.errors import EventRefusedError, ExpressionError
from flow.events import Role
from flow.graph import JsonObject, JsonValue, Outcome, Polarity, Variable

_UNITS = ((86_400, "day", "天"), (3_600, "hour", "小时"), (60, "minute", "分钟"))


class Wait(PlainBehaviour):
    """Without the name of an event it is a timer, and its time being up is what was meant."""

    @override
    def start(self, activity: Activity) -> Reaction:
        limit_ms = 1000 * integer(self.settings(activity.config), "timeout_s")
        return Reaction(requests=(SetTimer(name="limit", due_at_ms=activity.at_ms + limit_ms),))

    @override
    def received(self, activity: Activity, event: EventReceived) -> Reaction:
        settings = self.settings(activity.config)
        if not _is_meant(settings, event):
            return Reaction()
        return Reaction(outcome="event", outputs=_brought(settings, event))

    @override
    def takes(self, config: Mapping[str, JsonValue], event: EventReceived) -> bool:
        settings = self.settings(config)
        return _is_meant(settings, event) and _brought(settings, event) is not None

    @override
    def time_up(self, activity: Activity, name: str) -> Reaction:
        return Reaction(outcome="timeout")

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        if role not in {"customer", "agent", "supervisor"}:
            return {}
        settings = self.settings(activity.config)
        limit_ms = 1000 * integer(settings, "timeout_s")
        shown: JsonObject = {
            "text": local(settings, "text"),
            "until_ms": activity.started_at_ms + limit_ms,
        }
        return shown if role == "customer" else {**shown, "event": text(settings, "event")}

    @override
    def outcomes(self, config: Mapping[str, JsonValue]) -> tuple[Outcome, ...]:
        if text(self.settings(config), "event"):
            return self.declared_outcomes
        timeout = next(one for one in self.declared_outcomes if one.id == "timeout")
        return (replace(timeout, polarity=Polarity.POSITIVE),)

    @override
    def outputs(self, config: Mapping[str, JsonValue]) -> tuple[Variable, ...]:
        settings = self.settings(config)
        if not text(settings, "event"):
            return ()
        return tuple(
            replace(declared(one, outcomes=("event",)), name=f"evt.{name}")
            for name, one in _fields(settings)
        )

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        limit = _spelt(integer(settings, "timeout_s"), locale)
        event = text(settings, "event")
        if not event:
            return said(locale, en=f"For {limit}", zh=f"等待 {limit}")
        return said(locale, en=f"For “{event}”, at most {limit}", zh=f"等待“{event}”，最多 {limit}")


def _fields(settings: Values) -> list[tuple[str, JsonObject]]:
    return [(text(one, "name"), one) for one in objects(settings, "fields")]


def _is_meant(settings: Values, event: EventReceived) -> bool:
    return event.name != "" and event.name == text(settings, "event")


def _brought(settings: Values, event: EventReceived) -> JsonObject:
    """The variables it sets. Raises EventRefusedError for data that is not as declared."""
    return {f"evt.{name}": _given(one, event.data) for name, one in _fields(settings)}


def _given(field: JsonObject, data: Values) -> JsonValue:
    """What the event says for the field. Raises EventRefusedError, so that its sender hears."""
    name = text(field, "name")
    try:
        return fitting(name, data.get(name), declared(field).type)
    except ExpressionError as error:
        raise EventRefusedError(
            reason="invalid_data", message=str(error), field=f"/data/{name}"
        ) from error


def _spelt(seconds: int, locale: str) -> str:
    for size, en, zh in _UNITS:
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return said(locale, en=f"{count} {en}{'s' * (count > 1)}", zh=f"{count} {zh}")
    return said(locale, en=f"{seconds} s", zh=f"{seconds} 秒")
