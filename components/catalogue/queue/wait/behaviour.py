"""Skill queue: the customer waits in line and sees the position until an agent is reserved."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, only, said, unknown_action
from components.catalogue.reading import Values, integer, text, texts
from flow.commands import Dequeue, Enqueue, SetTimer
from flow.component import (
    ActionTaken,
    Activity,
    NotPerformed,
    Performed,
    Reaction,
    StopReason,
    Told,
)
from flow.events import Role
from flow.graph import JsonObject, JsonValue


class WaitInQueue(PlainBehaviour):
    """Data: position (1 is next) and eta_s, each None until it is told."""

    @override
    def start(self, activity: Activity) -> Reaction:
        settings = self.settings(activity.config)
        limit_ms = integer(settings, "max_wait_s") * 1000
        return Reaction(
            data={"position": None, "eta_s": None},
            requests=(
                Enqueue(
                    queue=text(settings, "queue"),
                    skills=texts(settings, "skills"),
                    priority=integer(settings, "priority"),
                ),
                SetTimer(name="max_wait", due_at_ms=activity.at_ms + limit_ms),
            ),
        )

    @override
    def performed(self, activity: Activity, done: Performed) -> Reaction:
        if done.kind != "Enqueue":
            return Reaction()
        return _moved(activity, done.result)

    @override
    def failed(self, activity: Activity, failure: NotPerformed) -> Reaction:
        """A queue that cannot take the customer is closed to them, whatever the cause."""
        return self._leave(activity, "closed") if failure.kind == "Enqueue" else Reaction()

    @override
    def told(self, activity: Activity, fact: Told) -> Reaction:
        match fact.name:
            case "position":
                return _moved(activity, fact.data)
            case "assigned":
                return Reaction(outcome="assigned", outputs=self._outputs(activity))
            case "closed":
                return self._leave(activity, "closed")
            case _:
                return Reaction()

    @override
    def act(self, activity: Activity, action: ActionTaken) -> Reaction:
        if action.action != "leave":
            return unknown_action(action)
        only(action, "customer")
        return self._leave(activity, "abandoned")

    @override
    def time_up(self, activity: Activity, name: str) -> Reaction:
        return self._leave(activity, "timeout")

    @override
    def stop(self, activity: Activity, reason: StopReason) -> Reaction:
        return Reaction(requests=(Dequeue(),))

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        if role != "customer":
            return {}
        settings = self.settings(activity.config)
        return {
            "queue": text(settings, "queue"),
            "position": activity.data.get("position"),
            "eta_s": activity.data.get("eta_s"),
            "since_ms": activity.started_at_ms,
            "max_wait_s": integer(settings, "max_wait_s"),
        }

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        name = text(settings, "queue").replace("_", " ").capitalize()
        limit_s = integer(settings, "max_wait_s")
        return said(locale, en=f"{name}, at most {limit_s} s", zh=f"{name}，最多等候 {limit_s} 秒")

    def _leave(self, activity: Activity, outcome: str) -> Reaction:
        return Reaction(requests=(Dequeue(),), outcome=outcome, outputs=self._outputs(activity))

    def _outputs(self, activity: Activity) -> dict[str, JsonValue]:
        return {
            "queue.name": text(self.settings(activity.config), "queue"),
            "queue.wait_ms": activity.at_ms - activity.started_at_ms,
            "queue.position": integer(activity.data, "position"),
        }


def _moved(activity: Activity, told: Values) -> Reaction:
    """Keep the last known position and, when it is known, the expected wait."""
    position = integer(told, "position", integer(activity.data, "position"))
    eta = told.get("eta_s", activity.data.get("eta_s"))
    return Reaction(
        data={"position": position or None, "eta_s": eta if isinstance(eta, int | float) else None}
    )
