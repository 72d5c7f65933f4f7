"""HTTP call: what is sent, what is kept, when an agent reads first."""

from __future__ import annotations

import pytest

from flow.commands import CallHttp
from tests.catalogue.stage import Stage
from tests.catalogue.ways import CALL


def asked(stage: Stage) -> CallHttp:
    (request,) = stage.requests("CallHttp")
    assert isinstance(request, CallHttp)
    return request


def test_a_variable_in_the_path_is_one_step_of_it():
    stage = Stage("int.http", CALL, variables={"form.id": "../a b/ü?x=1#y"})

    assert asked(stage).path == "/customers/..%2Fa%20b%2F%C3%BC%3Fx%3D1%23y"


def test_a_path_without_its_variable_halts_the_run_and_asks_nobody():
    stage = Stage("int.http", CALL, variables={"form.other": "1"})

    assert stage.incident == "expression"
    assert stage.asked == []


def test_a_dot_in_a_name_opens_an_object():
    values = [
        {"name": "who.id", "expression": "form.id"},
        {"name": "who.kind", "expression": "'retail'"},
        {"name": "amount", "expression": "2 + 3"},
    ]
    stage = Stage("int.http", {**CALL, "values": values}, variables={"form.id": "7"})

    assert asked(stage).values == {"who": {"id": "7", "kind": "retail"}, "amount": 5}


@pytest.mark.parametrize("value", [None, True, "50", [50], {"a": 1}])
def test_a_value_of_another_type_is_an_error_and_sets_nothing(value):
    stage = Stage("int.http", CALL, variables={"form.id": "7"})

    stage.done("CallHttp", ok=True, status=200, values={"core.limit": value})

    assert stage.outcome == "error"
    assert stage.outputs == {"http.status": 200}


def test_an_agent_who_reads_first_sees_why_and_goes_on():
    config = {**CALL, "agent_reads": True}
    stage = Stage("int.http", config, variables={"form.id": "7"}, present=("customer", "agent"))
    shown = stage.panel("agent")

    stage.done("CallHttp", ok=False, status=409, values={})

    assert (shown["state"], shown["attempts"]) == ("working", 1)
    assert stage.panel("agent")["state"] == "failed"
    assert stage.panel("agent")["code"] == "status_409"
    assert stage.outcome is None
    stage.act("agent", "go_on")
    assert stage.outcome == "error"


def test_nobody_goes_on_before_the_answer():
    stage = Stage("int.http", CALL, variables={"form.id": "7"}, present=("customer", "agent"))

    assert stage.refuses("agent", "go_on") == "not_allowed"
    assert stage.refuses("customer", "go_on") == "not_allowed"


def test_the_customer_is_shown_a_moment_and_nothing_of_it():
    stage = Stage("int.http", CALL, variables={"form.id": "7"})

    assert set(stage.panel("customer")) == {"what", "since_ms"}
