import pytest

from flow.errors import EventRefusedError
from tests.catalogue.stage import Stage

BOOKED = {"event": "core.booked", "fields": [{"name": "number", "type": "string"}]}


def test_without_an_event_it_is_a_timer_with_one_way_out():
    stage = Stage("logic.wait", {"timeout_s": 5})

    assert [one.id for one in stage.behaviour.outcomes(stage.config)] == ["timeout"]
    assert stage.time("limit").outcome == "timeout"
    assert stage.at_ms == 1_005_000


def test_an_event_of_another_name_is_refused_and_the_step_goes_on_waiting():
    stage = Stage("logic.wait", BOOKED)

    with pytest.raises(EventRefusedError) as refused:
        stage.notified("core.refused", number="1")

    assert refused.value.reason == "not_awaited"
    assert stage.notified("core.booked", number="1").outcome == "event"


@pytest.mark.parametrize("data", [{}, {"number": 4}, {"number": None}, {"number": ["4"]}])
def test_an_event_that_does_not_bring_its_fields_is_refused(data):
    stage = Stage("logic.wait", BOOKED)

    with pytest.raises(EventRefusedError) as refused:
        stage.notified("core.booked", **data)

    assert (refused.value.reason, refused.value.field) == ("invalid_data", "/data/number")
    assert stage.is_active()


def test_a_timer_awaits_no_event_whatever_its_name():
    stage = Stage("logic.wait", {"timeout_s": 5})

    with pytest.raises(EventRefusedError):
        stage.notified("", number="1")


def test_only_staff_reads_what_is_waited_for():
    stage = Stage("logic.wait", {**BOOKED, "timeout_s": 90})

    shown = stage.panel("customer")
    assert shown == {
        "text": {"en": "One moment, please.", "zh-Hans": "请稍候。"},
        "until_ms": 1_090_000,
    }
    assert stage.panel("agent") == {**shown, "event": "core.booked"}


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"timeout_s": 90}, "For 90 s"),
        ({"timeout_s": 60}, "For 1 minute"),
        ({"event": "paid", "timeout_s": 172_800}, "For “paid”, at most 2 days"),
    ],
)
def test_the_card_spells_the_time(config, says):
    stage = Stage("logic.wait", config)

    assert stage.behaviour.summary(stage.config, "en") == says
