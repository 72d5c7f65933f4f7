import pytest

from flow.graph import Privacy, ValueType
from tests.catalogue.stage import Json, Stage


def assignment(name: str, kind: str, expression: str, **more: str) -> Json:
    return {"name": name, "type": kind, "expression": expression, **more}


def setting(*assignments: Json) -> Stage:
    return Stage("logic.set", {"assignments": [*assignments]}, variables={"amount": 200})


def test_each_sees_the_ones_before_it():
    stage = setting(
        assignment("fee.rate", "number", "0.25"),
        assignment("fee.total", "number", "fee.rate * double(amount)"),
        assignment("fee.note", "string", '"fee: " + string(fee.total)'),
    )

    assert stage.outcome == "ok"
    assert stage.outputs == {"fee.rate": 0.25, "fee.total": 50.0, "fee.note": "fee: 50"}


def test_variables_are_declared_with_type_and_privacy():
    stage = setting(assignment("fee.rate", "number", "0.25", privacy="personal"))

    declared = stage.behaviour.outputs(stage.config)

    assert [(one.name, one.type, one.privacy) for one in declared] == [
        ("fee.rate", ValueType.NUMBER, Privacy.PERSONAL)
    ]


@pytest.mark.parametrize(
    ("kind", "expression"),
    [("string", "amount"), ("bool", "1"), ("int", "1.5"), ("int", "true"), ("number", "missing")],
)
def test_another_type_or_a_fault_halts_the_run_and_nothing_changes(kind: str, expression: str):
    stage = setting(assignment("first", "int", "1"), assignment("second", kind, expression))

    assert stage.incident == "expression"
    assert stage.outputs == {}


def test_the_card_shows_one_assignment_or_their_number():
    behaviour = setting(assignment("a", "int", "1")).behaviour
    one, two = assignment("a", "int", "1"), assignment("b", "int", "2")

    assert behaviour.summary({"assignments": [one]}, "en") == "a = 1"
    assert behaviour.summary({"assignments": [one, two]}, "en") == "2 variables"
