from typing import Any

from flow.commands import GrabFrame
from tests.catalogue.stage import Json, Stage
from tests.catalogue.ways import BLURRED, BOTH, SHARP

FRONT: Json = {**SHARP, "evidence": "front-1"}
BACK: Json = {**SHARP, "evidence": "back-1"}


def capturing(**settings: Any) -> Stage:
    return Stage("id.capture", dict(settings), present=BOTH)


def shot(stage: Stage, result: Json) -> Stage:
    return stage.act("agent", "shoot").done("GrabFrame", **result)


def test_sides_are_taken_in_order_and_named():
    stage = shot(shot(capturing(doc="passport"), FRONT), BACK)

    assert stage.requests("GrabFrame") == [
        GrabFrame(role="customer", label="passport.front"),
        GrabFrame(role="customer", label="passport.back"),
    ]
    assert stage.panel("agent")["side"] is None


def test_a_blurred_side_is_taken_again_before_the_next():
    stage = shot(capturing(), BLURRED)

    assert stage.panel("agent")["side"] == "front"
    assert stage.panel("agent")["problem"] == "blurred"
    assert shot(stage, FRONT).panel("agent")["side"] == "back"


def test_accepting_needs_every_side_sharp():
    stage = capturing()
    assert stage.refuses("agent", "accept") == "not_allowed"

    shot(stage, FRONT)
    assert stage.refuses("agent", "accept") == "not_allowed"

    assert shot(stage, BACK).act("agent", "accept").outcome == "ok"
    images = stage.outputs["id.images"]
    assert [one["evidence"] for one in images] == ["front-1", "back-1"]
    assert stage.outputs["id.doc"] == "id_card"


def test_a_retaken_side_replaces_the_one_before():
    stage = shot(shot(capturing(), FRONT), BACK).act("agent", "retake", side="front")

    shot(stage, {**FRONT, "evidence": "front-2"}).act("agent", "accept")

    images = stage.outputs["id.images"]
    assert [one["evidence"] for one in images] == ["front-2", "back-1"]


def test_only_a_side_of_the_document_can_be_retaken():
    assert capturing().refuses("agent", "retake", side="inside") == "invalid_data /side"


def test_while_a_picture_is_taken_there_is_no_second_shutter():
    stage = capturing().act("agent", "shoot")

    assert stage.panel("agent")["busy"] is True
    assert stage.refuses("agent", "shoot") == "not_allowed"
    assert stage.refuses("agent", "retake", side="back") == "not_allowed"
    assert stage.refuses("agent", "accept") == "not_allowed"


def test_no_picture_says_why_and_counts_as_an_attempt():
    stage = capturing(attempts=3).act("agent", "shoot").fails("GrabFrame", "no_video")

    assert stage.panel("agent")["problem"] == "no_video"
    assert stage.panel("agent")["attempts_left"] == 2
    assert stage.panel("agent")["busy"] is False


def test_any_other_failure_is_shown_as_a_time_out():
    stage = capturing().act("agent", "shoot").fails("GrabFrame", "overloaded")

    assert stage.panel("agent")["problem"] == "timeout"


def test_when_the_attempts_are_spent_it_fails():
    stage = shot(shot(capturing(attempts=2), BLURRED), BLURRED)

    assert stage.outcome == "fail"


def test_complete_pictures_may_be_accepted_but_not_retaken_after_the_last_attempt():
    stage = shot(shot(capturing(attempts=2), FRONT), BACK)

    assert stage.is_active()
    assert stage.refuses("agent", "retake", side="front") == "not_allowed"
    assert stage.refuses("agent", "shoot") == "not_allowed"
    assert stage.act("agent", "accept").outcome == "ok"


def test_the_customer_is_guided_side_by_side():
    stage = capturing()
    assert stage.panel("customer")["state"] == "framing"
    assert stage.panel("customer")["guide"] == "card"

    stage.act("agent", "shoot")
    assert stage.panel("customer")["state"] == "taking"

    shot(stage.done("GrabFrame", **FRONT), BACK)
    assert stage.panel("customer")["state"] == "taken"
    assert stage.panel("customer")["taken"] == ["front", "back"]


def test_the_customer_presses_nothing():
    for action in ("shoot", "accept", "unsupported", "give_up"):
        assert capturing().refuses("customer", action, reason="No") == "not_allowed"


def test_hashes_stay_behind_the_screen():
    assert "sha256" not in str(shot(capturing(), FRONT).panel("agent"))
