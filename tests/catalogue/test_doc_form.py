from typing import Any

import pytest

from flow.events import Role
from flow.graph import JsonValue, Privacy, ValueType
from tests.catalogue.stage import Json, Stage
from tests.catalogue.ways import BOTH, FORM

FACES: Json = {"heading": {"en": "Your details"}, "fields": FORM}
ALL_TYPES: list[JsonValue] = [
    {"name": "amount", "type": "number", "label": {"en": "Amount"}, "min": 1, "max": 1000},
    {"name": "born", "type": "date", "label": {"en": "Born"}},
    {"name": "phone", "type": "phone", "label": {"en": "Phone"}},
    {"name": "email", "type": "email", "label": {"en": "E-mail"}},
    {"name": "agreed", "type": "bool", "label": {"en": "Agreed"}, "required": True},
    {
        "name": "product",
        "type": "choice",
        "label": {"en": "Product"},
        "options": [{"value": "gold", "label": {"en": "Gold"}}],
    },
    {
        "name": "plate",
        "type": "text",
        "label": {"en": "Plate"},
        "format": "AA-999*",
        "min_length": 2,
        "max_length": 7,
    },
]


def filling(**settings: Any) -> Stage:
    return Stage("doc.form", {**FACES, **settings}, present=BOTH)


def filled() -> Stage:
    stage = filling().act("customer", "edit", field="full_name", value="Anna Vogel")
    stage.act("agent", "edit", field="amount", value=250)
    return stage.act("customer", "edit", field="pin", value="4471")


def face(stage: Stage, role: Role, name: str) -> Json:
    fields = stage.panel(role)["fields"]
    return next(one for one in fields if one["name"] == name)


def test_both_sides_see_each_change():
    stage = filling().act("agent", "edit", field="full_name", value="Anna")

    assert stage.panel("customer")["values"]["full_name"] == "Anna"
    assert stage.panel("agent")["values"]["full_name"] == "Anna"


def test_values_become_variables_of_their_type_and_privacy():
    stage = filled().act("customer", "submit")
    declared = {one.name: one for one in stage.behaviour.outputs(stage.config)}

    assert stage.outputs == {
        "form.full_name": "Anna Vogel",
        "form.amount": 250.0,
        "form.pin": "4471",
    }
    assert declared["form.amount"].type is ValueType.NUMBER
    assert declared["form.amount"].privacy is Privacy.PERSONAL
    assert declared["form.pin"].privacy is Privacy.SECRET
    assert declared["form.pin"].outcomes == ("ok",)


def test_an_optional_field_left_empty_gets_the_zero_of_its_type():
    stage = filling().act("customer", "edit", field="full_name", value="Anna")

    stage.act("customer", "submit")

    assert stage.outputs == {"form.full_name": "Anna", "form.amount": 0, "form.pin": ""}


def test_secret_fields_never_reach_the_other_side():
    stage = filled()

    assert stage.panel("customer")["values"]["pin"] == "4471"
    for role in ("agent", "supervisor"):
        assert "4471" not in str(stage.panel(role))
        assert face(stage, role, "pin")["masked"] is True
        assert face(stage, role, "pin")["editable"] is False
    assert stage.refuses("agent", "edit", field="pin", value="0000") == "not_allowed /field"


def test_masked_fields_show_at_most_their_last_four():
    stage = filling(mask=["full_name"])
    stage.act("customer", "edit", field="full_name", value="6222 0210 4471")
    assert stage.panel("agent")["values"]["full_name"] == "•••• 4471"

    stage.act("customer", "edit", field="full_name", value="Anna")
    assert stage.panel("agent")["values"]["full_name"] == "••••"

    stage.act("customer", "edit", field="full_name", value=None)
    assert stage.panel("agent")["values"]["full_name"] is None


@pytest.mark.parametrize(("who", "other"), [("customer", "agent"), ("agent", "customer")])
def test_a_form_may_be_one_side_s_to_fill(who: Role, other: Role):
    stage = filling(who_can_edit=who)

    refused = stage.refuses(other, "edit", field="amount", value=1)

    assert refused == "not_allowed /field"
    assert face(stage, other, "amount")["editable"] is False
    assert stage.act(who, "edit", field="amount", value=1).is_active()


def test_a_field_may_have_a_rule_of_its_own():
    only_agent: Json = {
        "name": "note",
        "type": "text",
        "label": {"en": "Note"},
        "editable_by": "agent",
    }
    stage = filling(fields=[only_agent], who_can_edit="both")

    assert stage.refuses("customer", "edit", field="note", value="x") == "not_allowed /field"
    assert stage.act("agent", "edit", field="note", value="x").is_active()


def test_who_submits_and_cancels_is_a_setting():
    stage = filling(who_can_submit="customer", who_can_cancel="agent", fields=FORM[1:])

    assert stage.panel("customer")["can_submit"] is True
    assert stage.panel("agent")["can_submit"] is False
    assert stage.panel("agent")["can_cancel"] is True
    assert stage.refuses("agent", "submit") == "not_allowed"
    assert stage.refuses("customer", "cancel") == "not_allowed"
    assert stage.act("agent", "cancel").outcome == "cancelled"


def test_a_form_with_faults_is_not_submitted():
    stage = filling()

    assert stage.panel("customer")["can_submit"] is False
    assert stage.refuses("customer", "submit") == "invalid_data /full_name"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("amount", 0, "too_small"),
        ("amount", 1_001, "too_large"),
        ("amount", 1, None),
        ("born", "1987-02-29", "format"),
        ("born", "1988-02-29", None),
        ("born", "1900-02-29", "format"),
        ("born", "1987-13-01", "format"),
        ("born", "1987-1-1", "format"),
        ("phone", "+49 170 4471", None),
        ("phone", "call me", "format"),
        ("email", "anna@example.org", None),
        ("email", "anna@example", "format"),
        ("email", "anna@@example.org", "format"),
        ("agreed", False, "required"),
        ("agreed", True, None),
        ("product", "gold", None),
        ("product", "silver", "option"),
        ("plate", "HH-447x", None),
        ("plate", "HH-44", "format"),
        ("plate", "H", "too_short"),
        ("plate", "HH-447xx", "too_long"),
        ("plate", "", None),
    ],
)
def test_values_are_checked_by_their_field(field: str, value: JsonValue, problem: str | None):
    stage = filling(fields=ALL_TYPES).act("customer", "edit", field=field, value=value)

    errors = stage.panel("customer")["errors"]

    assert errors == ({field: problem} if problem else {})


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount", "12"), ("amount", True), ("born", 1987), ("agreed", "yes"), ("plate", "x" * 2_001)],
)
def test_a_value_of_another_kind_is_not_taken(field: str, value: JsonValue):
    stage = filling(fields=ALL_TYPES)

    assert stage.refuses("customer", "edit", field=field, value=value) == "invalid_data /value"


def test_only_touched_fields_are_marked():
    assert filling().panel("customer")["errors"] == {}


def test_a_field_that_is_not_there_cannot_be_filled():
    assert filling().refuses("customer", "edit", field="iban", value="x") == "invalid_data /field"


def test_each_side_shows_where_it_is():
    stage = filling().act("customer", "focus", field="full_name")
    stage.act("agent", "focus", field="amount")
    assert stage.panel("agent")["focus"] == {"customer": "full_name", "agent": "amount"}

    stage.act("customer", "focus", field=None)
    assert stage.panel("agent")["focus"] == {"agent": "amount"}


def test_a_field_may_begin_with_what_is_known():
    field: Json = {
        "name": "name",
        "type": "text",
        "label": {"en": "Name"},
        "prefill": "customer.name",
    }
    known = Stage("doc.form", {"fields": [field]}, variables={"customer.name": "Anna"})
    unfit = Stage("doc.form", {"fields": [field]}, variables={"customer.name": 7})

    assert known.panel("customer")["values"] == {"name": "Anna"}
    assert unfit.panel("customer")["values"] == {"name": None}


def test_onlookers_and_strangers_fill_nothing():
    stage = filling()

    assert stage.refuses("supervisor", "edit", field="amount", value=1) == "not_allowed"
    assert stage.panel("supervisor")["can_submit"] is False
    assert stage.panel("auditor") == {}
