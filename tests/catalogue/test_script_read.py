from typing import Any

import pytest

from tests.catalogue.stage import START_MS, Json, Stage
from tests.catalogue.ways import BOTH

SCRIPT: Json = {
    "script_id": "terms",
    "heading": {"en": "Read the terms", "zh-Hans": "朗读条款"},
    "phrases": [
        {"id": "name", "text": {"en": "I am {{agent.name}}.", "zh-Hans": "我是{{agent.name}}。"}},
        {"id": "rate", "text": {"en": "The rate is {{ offer.rate }}."}},
        {"id": "stop", "text": {"en": "You may stop."}},
        {"id": "copy", "text": {"en": "You get a copy."}},
    ],
    "mandatory_phrases": ["rate"],
    "threshold": 0.75,
}
KNOWN: Json = {"agent.name": "Daniel Okafor", "offer.rate": 3.1}


def reading(locale: str = "en", **settings: Any) -> Stage:
    config: Json = {**SCRIPT, **settings}
    return Stage("script.read", config, variables=dict(KNOWN), present=BOTH, locale=locale)


def said(*phrases: str, **settings: Any) -> Stage:
    stage = reading(**settings)
    for phrase in phrases:
        stage.act("agent", "tick", phrase=phrase)
    return stage


def phrases_of(stage: Stage) -> list[Json]:
    found = stage.panel("agent")["phrases"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("phrases", "outcome"),
    [
        (("name", "rate", "stop"), "ok"),
        (("name", "rate"), "deviation"),
        (("name", "stop", "copy"), "deviation"),
        (("name", "rate", "stop", "copy"), "ok"),
    ],
)
def test_it_takes_the_share_and_every_mandatory_phrase(phrases: tuple[str, ...], outcome: str):
    assert said(*phrases).act("agent", "done").outcome == outcome


def test_a_tick_can_be_taken_back():
    stage = said("name", "rate", "stop").act("agent", "untick", phrase="rate")

    assert stage.panel("agent")["score"] == 0.5
    assert stage.act("agent", "done").outcome == "deviation"


def test_ticking_twice_counts_once():
    assert said("name", "name").panel("agent")["score"] == 0.25


def test_what_was_said_is_kept_with_its_times():
    stage = said("name", "rate", "stop").act("agent", "done")

    assert stage.outputs == {
        "script.terms.score": 0.75,
        "script.terms.missing": ["copy"],
        "script.terms.t0": START_MS,
        "script.terms.t1": START_MS + 400,
    }


def test_skipping_asks_for_a_reason_and_must_be_allowed():
    assert reading().refuses("agent", "skip") == "invalid_data /reason"
    assert reading().refuses("agent", "skip", reason="") == "invalid_data /reason"
    assert reading(allow_skip=False).refuses("agent", "skip", reason="Known") == "not_allowed"

    stage = reading().act("agent", "skip", reason="Known")

    assert stage.outcome == "skipped"
    assert stage.outputs["script.terms.reason"] == "Known"
    assert stage.outputs["script.terms.score"] == 0.0


def test_without_ticks_by_hand_nothing_can_be_claimed():
    stage = reading(allow_manual_tick=False)

    assert stage.refuses("agent", "tick", phrase="name") == "not_allowed"
    assert stage.panel("agent")["engine"] == "unavailable"
    assert stage.act("agent", "done").outcome == "deviation"


def test_only_phrases_of_the_script_can_be_ticked():
    assert reading().refuses("agent", "tick", phrase="other") == "invalid_data /phrase"


def test_only_the_agent_reads():
    for action in ("tick", "untick", "done", "skip"):
        refused = reading().refuses("customer", action, phrase="name", reason="No")
        assert refused == "not_allowed"


def test_variables_are_filled_in_and_blanks_stay_visible():
    stage = Stage("script.read", SCRIPT, variables={"agent.name": "Lin Mei"})

    texts = [one["text"] for one in phrases_of(stage)]

    assert texts[:2] == ["I am Lin Mei.", "The rate is ____."]


def test_it_speaks_the_language_of_the_run_or_else_english():
    texts = [one["text"] for one in phrases_of(reading(locale="zh-Hans"))]

    assert texts[:2] == ["我是Daniel Okafor。", "The rate is 3.1."]


def test_the_agent_sees_which_phrases_must_be_said():
    shown = phrases_of(said("rate"))

    assert [one["mandatory"] for one in shown] == [False, True, False, False]
    assert [one["said"] for one in shown] == [False, True, False, False]


def test_the_customer_reads_the_next_phrase_along():
    assert reading().panel("customer")["caption"] == "I am Daniel Okafor."
    assert said("name").panel("customer")["caption"] == "The rate is 3.1."
    assert said("name", "rate", "stop", "copy").panel("customer")["caption"] is None
    assert reading(show_caption=False).panel("customer")["caption"] is None
