from typing import Any

import pytest

from flow.commands import StartChildRun
from flow.graph import Privacy, ValueType
from tests.catalogue.stage import Json, Stage
from tests.catalogue.ways_of_logic import CHILD_DONE

TAKES: Json = {"name": "limit.new", "from": "form.limit", "type": "int", "privacy": "personal"}
PINNED: Json = {"number": 3, "hash": "ab" * 32}


def calling(**config: Any) -> Stage:
    settings: Json = {"flow": "raise-limit", "outputs": [TAKES], **config}
    return Stage("logic.subflow", settings, variables={"amount": 200})


def begun(**config: Any) -> Stage:
    return calling(**config).done(
        "StartChildRun", run="c1", flow="raise-limit", number=3, hash="ab" * 32
    )


def test_values_are_worked_out_here_and_handed_over():
    stage = calling(inputs=[{"name": "limit.old", "value": "amount * 2"}], pinned=PINNED)

    assert stage.requests("StartChildRun") == [
        StartChildRun(
            flow="raise-limit",
            number=3,
            hash="ab" * 32,
            inputs={"limit.old": 400},
            wanted=("form.limit",),
        )
    ]


def test_the_newest_version_is_asked_for_whatever_was_fixed():
    stage = calling(version="latest", pinned=PINNED)

    (request,) = stage.requests("StartChildRun")
    assert isinstance(request, StartChildRun)
    assert (request.number, request.hash) == (0, "")


def test_an_expression_that_fails_halts_before_anything_begins():
    stage = calling(inputs=[{"name": "limit.old", "value": "missing"}])

    assert stage.incident == "expression"
    assert stage.asked == []


def test_success_takes_the_values_back():
    stage = begun().told("child_ended", **CHILD_DONE)

    assert stage.outcome == "ok"
    assert stage.outputs == {"subflow.kind": "success", "subflow.code": "ok", "limit.new": 900}


@pytest.mark.parametrize("kind", ["reject", "abort", "defer"])
def test_any_other_end_takes_nothing_back(kind: str):
    stage = begun().told("child_ended", **{**CHILD_DONE, "kind": kind, "code": "why"})

    assert stage.outcome == "fail"
    assert stage.outputs == {"subflow.kind": kind, "subflow.code": "why"}


def test_the_end_of_another_run_is_none_of_its_business():
    stage = begun().told("child_ended", **{**CHILD_DONE, "run": "c2"}).told("something")

    assert stage.is_active()


@pytest.mark.parametrize("given", [{}, {"form.limit": "much"}, {"form.limit": True}])
def test_a_value_that_does_not_come_as_declared_halts(given: Json):
    stage = begun().told("child_ended", **{**CHILD_DONE, "outputs": given})

    assert stage.incident == "expression"


def test_what_could_not_begin_says_why():
    stage = calling().fails("StartChildRun", "too_deep")

    assert stage.outputs == {"subflow.kind": "", "subflow.code": "too_deep"}


def test_what_is_taken_back_is_declared_for_success_only():
    declared = {one.name: one for one in calling().behaviour.outputs({"outputs": [TAKES]})}

    new = declared["limit.new"]
    assert (new.type, new.privacy, new.outcomes) == (ValueType.INT, Privacy.PERSONAL, ("ok",))


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({}, "no flow yet, fixed version"),
        ({"flow": "a"}, "a, fixed version"),
        ({"flow": "a", "pinned": PINNED}, "a, version 3"),
        ({"flow": "a", "version": "latest", "pinned": PINNED}, "a, newest version"),
    ],
)
def test_the_card_says_flow_and_version(config: Json, says: str):
    assert calling().behaviour.summary(config, "en") == says
