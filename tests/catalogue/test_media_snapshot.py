from typing import Any

import pytest

from flow.commands import GrabFrame
from tests.catalogue.stage import Stage
from tests.catalogue.ways import BLURRED, BOTH, SHARP


def shooting(**settings: Any) -> Stage:
    return Stage("media.snapshot", dict(settings), present=BOTH)


def test_it_takes_the_picture_of_whom_it_is_set_to():
    stage = shooting(target="agent", label="badge").act("agent", "shoot")

    assert stage.requests("GrabFrame") == [GrabFrame(role="agent", label="badge")]


def test_several_pictures_are_told_apart():
    stage = shooting(count=2, label="face").act("agent", "shoot").done("GrabFrame", **SHARP)

    stage.act("agent", "shoot")

    assert stage.requests("GrabFrame") == [
        GrabFrame(role="customer", label="face.picture_1"),
        GrabFrame(role="customer", label="face.picture_2"),
    ]


def test_the_variables_name_the_accepted_picture():
    stage = shooting(label="face").act("agent", "shoot").done("GrabFrame", **SHARP)

    stage.act("agent", "accept")

    assert stage.outputs == {
        "snap.face.evidence": "e1",
        "snap.face.sha256": SHARP["sha256"],
        "snap.face.t": SHARP["at_ms"],
    }


@pytest.mark.parametrize(("variance", "blurred"), [(0.0, True), (40.0, True), (43.0, False)])
def test_a_picture_is_judged_by_its_sharpness(variance: float, blurred: bool):
    stage = shooting(min_sharpness=0.3).act("agent", "shoot")

    stage.done("GrabFrame", **{**SHARP, "sharpness": variance})

    assert stage.panel("agent")["shots"][0]["blurred"] is blurred
    assert stage.panel("agent")["problem"] == ("blurred" if blurred else None)


def test_any_picture_does_when_no_sharpness_is_asked_for():
    stage = shooting(min_sharpness=0).act("agent", "shoot")

    stage.done("GrabFrame", **{**SHARP, "sharpness": 0.0}).act("agent", "accept")

    assert stage.outcome == "ok"


def test_attempts_are_bounded():
    stage = shooting(attempts=1).act("agent", "shoot").done("GrabFrame", **BLURRED)

    assert stage.outcome == "blurred"


def test_giving_up_asks_for_a_reason():
    assert shooting().refuses("agent", "give_up") == "invalid_data /reason"
    assert shooting().act("agent", "give_up", reason="Dark room").outcome == "blurred"


def test_it_knows_no_unsupported_document():
    assert shooting().refuses("agent", "unsupported") == "unknown_action"


def test_a_picture_of_the_agent_asks_nothing_of_the_customer():
    assert shooting(target="agent").panel("customer") == {}
