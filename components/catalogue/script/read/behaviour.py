"""Agent script: phrases to be said aloud, ticked as they are said, judged against a threshold.

No speech engine is attached, and the panel says so: the agent ticks. A tick is the agent's word,
not a measurement, which is why `skipped` and `deviation` are outcomes of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, not_now, only, plural, said, unknown_action
from components.catalogue.reading import (
    Values,
    filled,
    flag,
    in_locale,
    local,
    number,
    objects,
    sent_choice,
    sent_text,
    text,
    texts,
)
from flow.component import ActionTaken, Activity, Reaction
from flow.events import Role
from flow.graph import JsonObject, JsonValue


class ReadScript(PlainBehaviour):
    """Data: said [phrase id], in the order they were ticked."""

    @override
    def start(self, activity: Activity) -> Reaction:
        return Reaction(data={"said": []})

    @override
    def act(self, activity: Activity, action: ActionTaken) -> Reaction:
        match action.action:
            case "tick" | "untick":
                return self._ticked(activity, action)
            case "done":
                only(action, "agent")
                return self._done(activity)
            case "skip":
                return self._skipped(activity, action)
            case _:
                return unknown_action(action)

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        settings = self.settings(activity.config)
        if role == "customer":
            return self._caption(activity, settings)
        if role not in {"agent", "supervisor"}:
            return {}
        return {
            "heading": local(settings, "heading"),
            "phrases": [_phrase(activity, settings, one) for one in objects(settings, "phrases")],
            "threshold": number(settings, "threshold"),
            "score": _score(settings, texts(activity.data, "said")),
            "engine": "unavailable",
            "allow_manual_tick": flag(settings, "allow_manual_tick"),
            "allow_skip": flag(settings, "allow_skip"),
            "since_ms": activity.started_at_ms,
        }

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        count, share = len(objects(settings, "phrases")), number(settings, "threshold")
        return said(
            locale,
            en=f"{plural(count, 'phrase')}, {share:.0%} to pass",
            zh=f"{count} 句话术，达到 {share:.0%} 通过",
        )

    def _ticked(self, activity: Activity, action: ActionTaken) -> Reaction:
        only(action, "agent")
        settings = self.settings(activity.config)
        if not flag(settings, "allow_manual_tick"):
            raise not_now("Phrases of this script may not be ticked by hand")
        phrase = sent_choice(action.data, "phrase", _phrase_ids(settings))
        so_far = [one for one in texts(activity.data, "said") if one != phrase]
        now: list[JsonValue] = [*so_far, phrase] if action.action == "tick" else [*so_far]
        return Reaction(data={"said": now})

    def _done(self, activity: Activity) -> Reaction:
        settings = self.settings(activity.config)
        spoken = texts(activity.data, "said")
        enough = _score(settings, spoken) >= number(settings, "threshold")
        left_out = set(_mandatory(settings)) - set(spoken)
        return Reaction(
            outcome="ok" if enough and not left_out else "deviation",
            outputs=_outputs(activity, settings),
        )

    def _skipped(self, activity: Activity, action: ActionTaken) -> Reaction:
        only(action, "agent")
        settings = self.settings(activity.config)
        if not flag(settings, "allow_skip"):
            raise not_now("This script may not be skipped")
        reason = sent_text(action.data, "reason", at_least=1, at_most=500)
        return Reaction(
            outcome="skipped",
            outputs={
                **_outputs(activity, settings),
                f"script.{text(settings, 'script_id')}.reason": reason,
            },
        )

    def _caption(self, activity: Activity, settings: Values) -> JsonObject:
        """The customer reads along: the first phrase that has not been said yet."""
        done = texts(activity.data, "said")
        left = [one for one in objects(settings, "phrases") if text(one, "id") not in done]
        shown = flag(settings, "show_caption") and bool(left)
        return {
            "heading": local(settings, "customer_heading") or local(settings, "heading"),
            "caption": _spoken(activity, left[0]) if shown else None,
        }


def _phrase_ids(settings: Values) -> tuple[str, ...]:
    return tuple(text(one, "id") for one in objects(settings, "phrases"))


def _mandatory(settings: Values) -> tuple[str, ...]:
    return texts(settings, "mandatory_phrases")


def _spoken(activity: Activity, phrase: Values) -> str:
    """In the run's language: that is the one the customer is addressed in."""
    return filled(in_locale(local(phrase, "text"), activity.locale), activity.variables)


def _phrase(activity: Activity, settings: Values, phrase: Values) -> JsonObject:
    name = text(phrase, "id")
    return {
        "id": name,
        "text": _spoken(activity, phrase),
        "mandatory": name in _mandatory(settings),
        "said": name in texts(activity.data, "said"),
    }


def _score(settings: Values, spoken: tuple[str, ...]) -> float:
    """Share of the phrases said, 0..1, to two places; an empty script has nothing left to say."""
    wanted = _phrase_ids(settings)
    return round(len(set(spoken) & set(wanted)) / len(wanted), 2) if wanted else 1.0


def _outputs(activity: Activity, settings: Values) -> dict[str, JsonValue]:
    spoken = texts(activity.data, "said")
    missing: list[JsonValue] = [one for one in _phrase_ids(settings) if one not in spoken]
    name = f"script.{text(settings, 'script_id')}"
    return {
        f"{name}.score": _score(settings, spoken),
        f"{name}.missing": missing,
        f"{name}.t0": activity.started_at_ms,
        f"{name}.t1": activity.at_ms,
    }
