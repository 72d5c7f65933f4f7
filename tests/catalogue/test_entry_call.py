import pytest

from flow.graph import Privacy, ValueType
from tests.catalogue.stage import Json, Stage

OLD: Json = {"name": "limit.old", "type": "int", "privacy": "personal"}


def test_it_begins_at_once_with_what_it_was_given():
    stage = Stage("entry.call", {"given": [], "inputs": [OLD]}, variables={"limit.old": 200})

    assert stage.outcome == "ok"
    assert stage.state.variables["limit.old"] == 200


@pytest.mark.parametrize("variables", [{}, {"limit.old": "much"}, {"limit.old": True}])
def test_a_value_that_is_missing_or_of_another_type_halts(variables: Json):
    stage = Stage("entry.call", {"given": [], "inputs": [OLD]}, variables=variables)

    assert stage.incident == "expression"


def test_what_it_asks_for_is_declared():
    (one,) = Stage("entry.call", {"given": []}).behaviour.outputs({"inputs": [OLD]})

    assert (one.name, one.type, one.privacy) == ("limit.old", ValueType.INT, Privacy.PERSONAL)


def test_the_card_counts_what_it_takes():
    behaviour = Stage("entry.call", {"given": []}).behaviour

    assert behaviour.summary({}, "en") == "Takes no values"
    assert behaviour.summary({"inputs": [OLD]}, "en") == "Takes 1 value"
