import pytest

from flow.graph import JsonValue, Polarity
from tests.catalogue.stage import Json, Stage

CASES: list[JsonValue] = [
    {"id": "huge", "label": {"en": "Huge"}, "expression": "amount > 1000", "polarity": "negative"},
    {"id": "large", "label": {"en": "Large"}, "expression": 'amount > 10 && kind == "loan"'},
]


@pytest.mark.parametrize(
    ("amount", "kind", "outcome"),
    [(1_001, "card", "huge"), (11, "loan", "large"), (11, "card", "else"), (10, "loan", "else")],
)
def test_the_first_true_case_is_taken(amount: int, kind: str, outcome: str):
    variables: Json = {"amount": amount, "kind": kind}

    stage = Stage("logic.branch", {"cases": CASES}, variables=variables)

    assert stage.outcome == outcome


def test_cases_are_outcomes_with_their_meaning_and_else_comes_last():
    behaviour = Stage(
        "logic.branch", {"cases": CASES}, variables={"amount": 1, "kind": ""}
    ).behaviour

    outcomes = behaviour.outcomes({"cases": CASES})

    assert [(one.id, one.polarity) for one in outcomes] == [
        ("huge", Polarity.NEGATIVE),
        ("large", Polarity.NEUTRAL),
        ("else", Polarity.NEUTRAL),
    ]


@pytest.mark.parametrize("expression", ["missing > 1", "amount >", "amount"])
def test_what_cannot_be_decided_halts_the_run_instead_of_slipping_out(expression: str):
    case: Json = {"id": "any", "label": {"en": "Any"}, "expression": expression}
    stage = Stage("logic.branch", {"cases": [case]}, variables={"amount": 1})

    assert stage.incident == "expression"
    assert stage.outcome is None


def test_the_card_names_a_few_cases_and_counts_many():
    behaviour = Stage("logic.branch", {"cases": CASES[:1]}, variables={"amount": 1}).behaviour

    assert behaviour.summary({"cases": CASES[:1]}, "en") == "Huge, else"
    assert behaviour.summary({"cases": CASES}, "zh-Hans") == "Huge、Large，其他"
    assert behaviour.summary({"cases": CASES * 2}, "en") == "4 cases, else"
    assert behaviour.summary({"cases": CASES * 2}, "zh-Hans") == "4 种情况及其他"
