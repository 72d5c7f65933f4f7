"""Core system: query, reserve or commit by an idempotency key, and undo what was not taken over."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.outward import (
    AskOutside,
    is_settled,
    kept_values,
    sent_values,
    wanted,
)
from components.catalogue.plain import said
from components.catalogue.reading import Values, mapping, objects, text
from flow.commands import AskCore, Request, UndoCore
from flow.component import Activity, Reaction, StopReason
from flow.graph import JsonObject, JsonValue

_EFFECTS = {
    "query": ("Looks up", "查询"),
    "reserve": ("Reserves", "预留"),
    "commit": ("Commits", "提交"),
}


class AskCoreSystem(AskOutside):
    """Data besides: connection, operation, effect, key; what undoing needs (`core.undo`).

    Left in any way but `ok`, nothing of it stays: where it is not known what the core did, it is
    asked to undo it. So the step may be tried again, and the core books once.
    """

    @override
    def start(self, activity: Activity) -> Reaction:
        begun = super().start(activity)
        settings = self.settings(activity.config)
        names = ("connection", "operation", "effect")
        asked: JsonObject = {name: text(settings, name) for name in names}
        return Reaction(
            data={**(begun.data or {}), **asked, "key": activity.id}, requests=begun.requests
        )

    @override
    def request(self, activity: Activity, settings: Values) -> Request:
        return AskCore(
            connection=text(settings, "connection"),
            operation=text(settings, "operation"),
            effect=text(settings, "effect", "query"),
            key=activity.id,
            payload=sent_values(activity, objects(settings, "payload")),
            take=wanted(settings),
            until_ms=self.until_ms(activity),
        )

    @override
    def answered(self, activity: Activity, result: Values) -> Reaction:
        if text(result, "state") == "declined":
            return self._turned_down(activity, "declined", text(result, "code"))
        found = kept_values(self.settings(activity.config), mapping(result, "values"))
        if found is None:
            return self._undone(activity, "error", {"core.code": "unfit"})
        reference = text(result, "reference")
        return Reaction(
            data={**activity.data, "reference": reference},
            outcome="ok",
            outputs={"core.ref": reference, **found},
        )

    @override
    def unanswered(self, activity: Activity, code: str) -> Reaction:
        if code in {"no_connection", "blocked", "refused"}:
            return self._turned_down(activity, "error", code)
        return self._undone(activity, "timeout", {})

    @override
    def stop(self, activity: Activity, reason: StopReason) -> Reaction:
        """The flow went another way, or ended: what was asked for is not wanted any more."""
        return Reaction() if is_settled(activity) else Reaction(requests=_undoing(activity))

    def _turned_down(self, activity: Activity, outcome: str, code: str) -> Reaction:
        state = "declined" if outcome == "declined" else "failed"
        return self.refused(activity, state, outcome, {"core.code": code}, code)

    def _undone(self, activity: Activity, outcome: str, outputs: JsonObject) -> Reaction:
        return Reaction(outcome=outcome, outputs=outputs, requests=_undoing(activity))

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        does = _EFFECTS.get(text(settings, "effect"), ("", ""))
        operation = text(settings, "operation")
        return said(locale, en=f"{does[0]} {operation}", zh=f"{does[1]} {operation}")


def _undoing(activity: Activity) -> tuple[Request, ...]:
    """Nothing for a query: it has left nothing behind."""
    if text(activity.data, "effect") == "query":
        return ()
    return (
        UndoCore(
            connection=text(activity.data, "connection"),
            operation=text(activity.data, "operation"),
            key=text(activity.data, "key"),
            reference=text(activity.data, "reference"),
        ),
    )
