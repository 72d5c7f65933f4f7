"""HTTP call: one call by a connection, its answer into variables."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.outward import (
    AskOutside,
    kept_values,
    quoted_path,
    sent_values,
    wanted,
)
from components.catalogue.reading import Values, flag, integer, mapping, objects, text
from flow.commands import CallHttp, Request
from flow.component import Activity, Reaction
from flow.graph import JsonValue


class CallOut(AskOutside):
    """An answer that is not 2xx, or that lacks what was to be kept, is an error."""

    @override
    def request(self, activity: Activity, settings: Values) -> Request:
        return CallHttp(
            connection=text(settings, "connection"),
            method=text(settings, "method", "GET"),
            path=quoted_path(text(settings, "path"), activity.variables),
            values=sent_values(activity, objects(settings, "values")),
            take=wanted(settings),
            until_ms=self.until_ms(activity),
        )

    @override
    def answered(self, activity: Activity, result: Values) -> Reaction:
        status = integer(result, "status")
        found = kept_values(self.settings(activity.config), mapping(result, "values"))
        if flag(result, "ok") and found is not None:
            return Reaction(outcome="ok", outputs={"http.status": status, **found})
        code = "unfit" if flag(result, "ok") else f"status_{status}"
        return self.refused(activity, "failed", "error", {"http.status": status}, code)

    @override
    def unanswered(self, activity: Activity, code: str) -> Reaction:
        if code == "timeout":
            return Reaction(outcome="timeout")
        return self.refused(activity, "failed", "error", {"http.status": 0}, code)

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        return f"{text(settings, 'method')} {text(settings, 'connection')}{text(settings, 'path')}"
