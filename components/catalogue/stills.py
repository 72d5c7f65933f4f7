"""Taking stills of one party until all are sharp: the common half of snapshot and ID capture.

The agent presses the shutter; the worker takes the frame from the received stream, so what is kept
is what arrived, not what a device claims to have sent.
"""

from __future__ import annotations

from abc import abstractmethod

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, not_now, only, unknown_action
from components.catalogue.reading import (
    Values,
    flag,
    integer,
    local,
    number,
    objects,
    sent_choice,
    sent_text,
    text,
)
from flow.commands import GrabFrame
from flow.component import ActionTaken, Activity, NotPerformed, Performed, Reaction
from flow.events import Role
from flow.graph import JsonObject, JsonValue

_HALF_SHARP = 100.0
"""Variance that counts as 0.5; below about this a picture of text is called blurred."""


class TakeStills(PlainBehaviour):
    """One picture for each side, retaken as often as the attempts allow.

    Data: shots [{side, evidence, sha256, sharpness, width, height, at_ms, blurred}], the newest of
    each side; side (being taken or next, None when all are there); busy; problem; attempts (used).
    """

    given_up = "fail"
    """Outcome when the agent gives up or the attempts are spent."""

    @abstractmethod
    def sides(self, settings: Values) -> tuple[str, ...]: ...

    @abstractmethod
    def label(self, settings: Values, side: str) -> str:
        """The label of the evidence for one side."""

    @abstractmethod
    def taken(self, activity: Activity, shots: tuple[JsonObject, ...]) -> dict[str, JsonValue]:
        """The outputs once the pictures are accepted; `shots` in the order of the sides."""

    def party(self, settings: Values) -> Role:
        return "customer"

    @override
    def start(self, activity: Activity) -> Reaction:
        first = self.sides(self.settings(activity.config))[0]
        return Reaction(
            data={"shots": [], "side": first, "busy": False, "problem": None, "attempts": 0}
        )

    @override
    def act(self, activity: Activity, action: ActionTaken) -> Reaction:
        match action.action:
            case "shoot":
                only(action, "agent")
                return self._shoot(activity)
            case "retake":
                only(action, "agent")
                return self._retake(activity, action)
            case "accept":
                only(action, "agent")
                return self._accept(activity)
            case "give_up":
                only(action, "agent")
                sent_text(action.data, "reason", at_least=1, at_most=500)
                return Reaction(outcome=self.given_up)
            case _:
                return unknown_action(action)

    @override
    def performed(self, activity: Activity, done: Performed) -> Reaction:
        if done.kind != "GrabFrame":
            return Reaction()
        settings = self.settings(activity.config)
        side = text(activity.data, "side")
        shot = _shot(side, done.result, number(settings, "min_sharpness"))
        shots = [one for one in objects(activity.data, "shots") if one["side"] != side]
        kept: list[JsonValue] = [*shots, shot]
        problem = "blurred" if shot["blurred"] else None
        return self._settled(activity, shots=kept, problem=problem)

    @override
    def failed(self, activity: Activity, failure: NotPerformed) -> Reaction:
        if failure.kind != "GrabFrame":
            return Reaction()
        problem = "no_video" if failure.code == "no_video" else "timeout"
        return self._settled(activity, shots=[*objects(activity.data, "shots")], problem=problem)

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        settings = self.settings(activity.config)
        if role == self.party(settings) and role == "customer":
            return self._guide(activity, settings)
        return self._capture(activity, settings) if role in {"agent", "supervisor"} else {}

    def _shoot(self, activity: Activity) -> Reaction:
        settings = self.settings(activity.config)
        side = text(activity.data, "side")
        if flag(activity.data, "busy"):
            raise not_now("A picture is being taken already")
        if not side:
            raise not_now("All pictures are taken; retake one or accept them")
        return Reaction(
            data={
                **activity.data,
                "busy": True,
                "problem": None,
                "attempts": integer(activity.data, "attempts") + 1,
            },
            requests=(GrabFrame(role=self.party(settings), label=self.label(settings, side)),),
        )

    def _retake(self, activity: Activity, action: ActionTaken) -> Reaction:
        sides = self.sides(self.settings(activity.config))
        side = sent_choice(action.data, "side", sides)
        if flag(activity.data, "busy"):
            raise not_now("A picture is being taken already")
        if self._attempts_left(activity, activity.data) == 0:
            raise not_now("No attempt is left; accept the pictures or give up")
        return Reaction(data={**activity.data, "side": side, "problem": None})

    def _accept(self, activity: Activity) -> Reaction:
        shots = self._complete(activity, activity.data)
        if flag(activity.data, "busy") or not shots:
            raise not_now("Not every picture is taken and sharp yet")
        return Reaction(outcome="ok", outputs=self.taken(activity, shots))

    def _settled(
        self, activity: Activity, *, shots: list[JsonValue], problem: str | None
    ) -> Reaction:
        """After the worker's answer: on to the next side, or out when the attempts are spent."""
        data: JsonObject = {**activity.data, "busy": False, "problem": problem, "shots": shots}
        data["side"] = self._next_side(activity, data)
        spent = data["side"] is not None and self._attempts_left(activity, data) == 0
        return Reaction(data=data, outcome=self.given_up if spent else None)

    def _next_side(self, activity: Activity, data: Values) -> str | None:
        """The first side, in order, without a sharp picture."""
        sharp = {text(one, "side") for one in objects(data, "shots") if not one["blurred"]}
        sides = self.sides(self.settings(activity.config))
        return next((side for side in sides if side not in sharp), None)

    def _complete(self, activity: Activity, data: Values) -> tuple[JsonObject, ...]:
        """One sharp picture of each side in order, or () when one is missing."""
        if self._next_side(activity, data) is not None:
            return ()
        by_side = {text(one, "side"): one for one in objects(data, "shots")}
        return tuple(by_side[side] for side in self.sides(self.settings(activity.config)))

    def _attempts_left(self, activity: Activity, data: Values) -> int:
        allowed = integer(self.settings(activity.config), "attempts")
        return max(0, allowed - integer(data, "attempts"))

    def _capture(self, activity: Activity, settings: Values) -> JsonObject:
        shots: list[JsonValue] = [_public(one) for one in objects(activity.data, "shots")]
        return {
            "heading": local(settings, "heading"),
            "sides": [*self.sides(settings)],
            "side": activity.data.get("side"),
            "busy": flag(activity.data, "busy"),
            "shots": shots,
            "problem": activity.data.get("problem"),
            "attempts_left": self._attempts_left(activity, activity.data),
            "min_sharpness": number(settings, "min_sharpness"),
        }

    def _guide(self, activity: Activity, settings: Values) -> JsonObject:
        side = text(activity.data, "side")
        busy = flag(activity.data, "busy")
        state = "taking" if busy else "framing" if side else "taken"
        sharp = [text(one, "side") for one in objects(activity.data, "shots") if not one["blurred"]]
        return {
            "heading": local(settings, "customer_heading") or local(settings, "heading"),
            "side": side or None,
            "guide": text(settings, "overlay_guide", "none"),
            "state": state,
            "taken": [*sharp],
        }


def _shot(side: str, result: Values, min_sharpness: float) -> JsonObject:
    sharpness = _share(number(result, "sharpness"))
    return {
        "side": side,
        "evidence": text(result, "evidence"),
        "sha256": text(result, "sha256"),
        "sharpness": sharpness,
        "width": integer(result, "width"),
        "height": integer(result, "height"),
        "at_ms": integer(result, "at_ms"),
        "blurred": sharpness < min_sharpness,
    }


def _share(variance: float) -> float:
    """The worker's measure, the variance of the Laplacian (0 and up), as a share people can set."""
    return round(variance / (variance + _HALF_SHARP), 2) if variance > 0 else 0.0


def _public(shot: Values) -> JsonObject:
    return {key: value for key, value in shot.items() if key != "sha256"}
