from flow.graph import NodeId
from tests.catalogue.stage import Stage


def test_it_lets_the_token_round_as_often_as_it_is_set_to():
    stage = Stage("logic.retry", {"max": 3, "counter": "photo"}, back="again")

    assert stage.outcome == "exhausted"
    assert stage.state.passed[NodeId("node")].visits == 4
    assert stage.outputs == {"retry.photo": 4}


def test_the_first_pass_goes_round():
    stage = Stage("logic.retry", {"max": 1, "counter": "photo"})

    assert stage.outcome == "again"
    assert stage.outputs == {"retry.photo": 1}


def test_setting_its_variable_does_not_unbind_it():
    stage = Stage(
        "logic.retry", {"max": 1, "counter": "photo"}, variables={"retry.photo": -5}, back="again"
    )

    assert stage.outcome == "exhausted"


def test_it_declares_that_it_bounds_loops():
    assert Stage("logic.retry").manifest.bounded
