from components.registry import get_component
from flow.state import RunStatus
from tests.catalogue.stage import Stage


def test_it_waits_for_all():
    stage = Stage("logic.join")

    assert stage.is_active()
    assert stage.arrives().outcome == "all"


def test_the_first_is_enough_when_set_so_and_the_other_is_broken_off():
    stage = Stage("logic.join", {"mode": "any"})

    assert stage.outcome == "any"
    assert stage.state.status is RunStatus.CLOSED


def test_the_limit_counts_from_the_first_that_comes():
    stage = Stage("logic.join", {"limit_s": 30})
    began = stage.at_ms

    stage.time("limit")

    assert stage.at_ms - began == 30_000
    assert stage.outcome == "timeout"


def test_it_has_the_outcomes_its_settings_call_for():
    join = get_component("logic.join", "1.0.0").behaviour

    assert [one.id for one in join.outcomes({"mode": "all"})] == ["all"]
    assert [one.id for one in join.outcomes({"mode": "all", "limit_s": 5})] == ["all", "timeout"]
    assert [one.id for one in join.outcomes({"mode": "any", "limit_s": 5})] == ["any"]


def test_the_card_says_what_it_waits_for():
    join = get_component("logic.join", "1.0.0").behaviour

    assert join.summary({"limit_s": 1}, "en") == "Waits for all branches, at most 1 second"
    assert join.summary({"mode": "any"}, "zh-Hans") == "首个分支到达即继续"
