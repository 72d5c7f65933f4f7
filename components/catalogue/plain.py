"""What every behaviour of the catalogue does unless it says otherwise.

A component's own `behaviour.py` overrides only what it answers to; everything declared in its
manifest (outcomes, outputs, defaults) is handed in by whoever loads it: nothing here reads a file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from components.catalogue.reading import Values
from flow.component import (
    ActionTaken,
    Activity,
    BranchArrived,
    EventReceived,
    NotPerformed,
    Performed,
    Person,
    PresenceChanged,
    Reaction,
    Signal,
    StopReason,
    TimeUp,
    Told,
)
from flow.errors import EventRefusedError
from flow.events import Role
from flow.graph import JsonObject, JsonValue, Outcome, Variable


class PlainBehaviour(ABC):
    """Deaf and mute: refuses every action, ignores every fact, shows nothing.

    Names of declared outputs may hold settings in braces: `consent.{kind}.at`.
    """

    def __init__(
        self, *, outcomes: tuple[Outcome, ...], outputs: tuple[Variable, ...], defaults: Values
    ) -> None:
        self.declared_outcomes = outcomes
        self.declared_outputs = outputs
        self.declared_defaults = defaults

    def settings(self, config: Values) -> Values:
        """The node's settings over the component's defaults."""
        return {**self.declared_defaults, **config}

    @abstractmethod
    def start(self, activity: Activity) -> Reaction: ...

    def react(  # noqa: C901, PLR0911 - one line for each kind of signal
        self, activity: Activity, signal: Signal
    ) -> Reaction:
        match signal:
            case ActionTaken():
                return self.act(activity, signal)
            case TimeUp(name=name):
                return self.time_up(activity, name)
            case Performed():
                return self.performed(activity, signal)
            case NotPerformed():
                return self.failed(activity, signal)
            case Told():
                return self.told(activity, signal)
            case PresenceChanged(person=person):
                return self.presence(activity, person)
            case EventReceived():
                return self.received(activity, signal)
            case BranchArrived():
                return self.joined(activity, signal)
            case _:
                assert_never(signal)

    def act(self, activity: Activity, action: ActionTaken) -> Reaction:
        return unknown_action(action)

    def time_up(self, activity: Activity, name: str) -> Reaction:
        return Reaction()

    def performed(self, activity: Activity, done: Performed) -> Reaction:
        return Reaction()

    def failed(self, activity: Activity, failure: NotPerformed) -> Reaction:
        return Reaction()

    def told(self, activity: Activity, fact: Told) -> Reaction:
        return Reaction()

    def presence(self, activity: Activity, person: Person) -> Reaction:
        return Reaction()

    def received(self, activity: Activity, event: EventReceived) -> Reaction:
        return Reaction()

    def joined(self, activity: Activity, branches: BranchArrived) -> Reaction:
        return Reaction()

    def stop(self, activity: Activity, reason: StopReason) -> Reaction:
        return Reaction()

    def present(self, activity: Activity, role: Role) -> JsonObject:
        return {}

    def outputs(self, config: Mapping[str, JsonValue]) -> tuple[Variable, ...]:
        settings = self.settings(config)
        return tuple(replace(one, name=_named(one.name, settings)) for one in self.declared_outputs)

    def outcomes(self, config: Mapping[str, JsonValue]) -> tuple[Outcome, ...]:
        return self.declared_outcomes

    def takes(self, config: Mapping[str, JsonValue], event: EventReceived) -> bool:
        return False

    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        return ""


def unknown_action(action: ActionTaken) -> Reaction:
    """Refuse an action the component does not have."""
    raise EventRefusedError(reason="unknown_action", message="This step has no such action")


def only(action: ActionTaken, *roles: Role) -> None:
    """Refuse the action unless one of `roles` took it."""
    if action.role not in roles:
        raise EventRefusedError(reason="not_allowed", message=f"This is for {' or '.join(roles)}")


def not_now(message: str) -> EventRefusedError:
    """The action exists and the person may take it, but not in this state."""
    return EventRefusedError(reason="not_allowed", message=message)


def said(locale: str, *, en: str, zh: str) -> str:
    """One of two phrasings, by the reader's locale."""
    return zh if locale.startswith("zh") else en


def plural(count: int, one: str, many: str = "") -> str:
    """`1 field`, `3 fields`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def _named(name: str, settings: Values) -> str:
    for key, value in settings.items():
        if isinstance(value, str):
            name = name.replace(f"{{{key}}}", value)
    return name
