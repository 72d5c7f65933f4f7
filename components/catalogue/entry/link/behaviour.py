"""A customer link: the run begins when the customer's device is there."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, said
from components.catalogue.reading import Values, integer, text
from flow.commands import SetTimer
from flow.component import Activity, Person, Reaction
from flow.graph import JsonValue


class CustomerLink(PlainBehaviour):
    """Keeps nothing: people are in the run's state."""

    @override
    def start(self, activity: Activity) -> Reaction:
        if any(one.role == "customer" and one.present for one in activity.people):
            return _begun(activity)
        wait_ms = integer(self.settings(activity.config), "wait_s") * 1000
        return Reaction(
            data={}, requests=(SetTimer(name="presence", due_at_ms=activity.at_ms + wait_ms),)
        )

    @override
    def presence(self, activity: Activity, person: Person) -> Reaction:
        if person.role != "customer" or not person.present:
            return Reaction()
        return _begun(activity)

    @override
    def time_up(self, activity: Activity, name: str) -> Reaction:
        return Reaction(outcome="expired")

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        minutes, window_s = integer(settings, "ttl_min"), integer(settings, "resume_window_s")
        return said(
            locale,
            en=f"Valid {_span(minutes, 'en')}, back within {window_s} s",
            zh=f"有效 {_span(minutes, 'zh')}，{window_s} 秒内可返回",
        )


def _begun(activity: Activity) -> Reaction:
    return Reaction(outcome="ok", outputs=_outputs(activity, activity.variables))


def _outputs(activity: Activity, variables: Values) -> dict[str, JsonValue]:
    return {
        "session.id": text(variables, "session.id") or activity.seed[:24],
        "entry.channel": text(variables, "entry.channel") or "link",
    }


def _span(minutes: int, language: str) -> str:
    """`90` -> "90 min", `1440` -> "24 h"."""
    if minutes % 60:
        return f"{minutes} min" if language == "en" else f"{minutes} 分钟"
    return f"{minutes // 60} h" if language == "en" else f"{minutes // 60} 小时"
