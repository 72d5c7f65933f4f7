"""Consent: show one text in one version, hold it open long enough, keep the answer."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, only, said, unknown_action
from components.catalogue.reading import Values, integer, local, objects, text
from flow.commands import SetTimer
from flow.component import ActionTaken, Activity, Reaction
from flow.errors import EventRefusedError
from flow.events import Role
from flow.graph import JsonObject, JsonValue


class AskConsent(PlainBehaviour):
    """Data: shown_at_ms, when the text was put before the customer."""

    @override
    def start(self, activity: Activity) -> Reaction:
        timeout_ms = integer(self.settings(activity.config), "timeout_s") * 1000
        return Reaction(
            data={"shown_at_ms": activity.at_ms},
            requests=(SetTimer(name="answer", due_at_ms=activity.at_ms + timeout_ms),),
        )

    @override
    def act(self, activity: Activity, action: ActionTaken) -> Reaction:
        if action.action not in {"agree", "decline"}:
            return unknown_action(action)
        only(action, "customer")
        if action.action == "decline":
            return Reaction(outcome="declined")
        settings = self.settings(activity.config)
        _viewed_long_enough(activity, settings)
        return Reaction(outcome="ok", outputs=_outputs(activity, settings))

    @override
    def time_up(self, activity: Activity, name: str) -> Reaction:
        return Reaction(outcome="timeout")

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        if role != "customer":
            return {}
        settings = self.settings(activity.config)
        return {
            "kind": text(settings, "kind"),
            "heading": local(settings, "heading"),
            "text": local(settings, "text"),
            "points": [_point(one) for one in objects(settings, "points")],
            "decline_note": local(settings, "decline_note"),
            "text_id": text(settings, "text_id"),
            "text_version": text(settings, "text_version"),
            "shown_at_ms": integer(activity.data, "shown_at_ms"),
            "min_view_ms": integer(settings, "min_view_s") * 1000,
        }

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        version, view_s = text(settings, "text_version"), integer(settings, "min_view_s")
        return said(
            locale,
            en=f"Text {version}, read at least {view_s} s",
            zh=f"文本第 {version} 版，阅读不少于 {view_s} 秒",
        )


def _viewed_long_enough(activity: Activity, settings: Values) -> None:
    """The page counts too, but only the run's clock is believed. Refusing is always possible."""
    shown_ms = activity.at_ms - integer(activity.data, "shown_at_ms")
    if shown_ms < integer(settings, "min_view_s") * 1000:
        raise EventRefusedError(
            reason="too_early", message="The text has not been on the screen long enough"
        )


def _outputs(activity: Activity, settings: Values) -> dict[str, JsonValue]:
    kind = text(settings, "kind")
    return {
        f"consent.{kind}.at": activity.at_ms,
        f"consent.{kind}.version": f"{text(settings, 'text_id')}@{text(settings, 'text_version')}",
        f"consent.{kind}.mode": text(settings, "mode"),
    }


def _point(point: Values) -> JsonObject:
    return {"icon": text(point, "icon"), "text": local(point, "text")}
