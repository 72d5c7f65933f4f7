from components.registry import get_component
from flow.graph import JsonValue
from flow.state import RunStatus
from tests.catalogue.stage import Stage

BRANCHES: list[JsonValue] = [
    {"id": "form", "label": {"en": "Form"}},
    {"id": "script", "label": {"en": "Script"}},
]


def test_each_branch_is_an_outcome_of_its_own():
    parallel = get_component("logic.parallel", "1.0.0").behaviour

    assert [one.id for one in parallel.outcomes({"branches": BRANCHES})] == ["form", "script"]


def test_all_branches_are_taken():
    assert Stage("logic.parallel", {"branches": BRANCHES}).outcome == "form+script"


def test_the_card_names_few_branches_and_counts_many():
    parallel = get_component("logic.parallel", "1.0.0").behaviour

    assert parallel.summary({"branches": BRANCHES}, "en") == "Form + Script"
    assert parallel.summary({"branches": BRANCHES * 2}, "en") == "4 branches at once"
    assert parallel.summary({"branches": BRANCHES * 2}, "zh-Hans") == "4 个分支同时进行"


def test_with_settings_half_filled_it_still_says_what_it_has():
    stage = Stage("logic.parallel")

    assert stage.state.status is RunStatus.CLOSED
