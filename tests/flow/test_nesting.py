"""One screen for a family: whose ids bear which mark, and what stays the root's."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flow.graph import JsonObject
from flow.nesting import Nested, Past, nest, split_mark


def view(*nodes: str, **more: Any) -> JsonObject:
    """A view at the last of the nodes, with an activity there."""
    steps = [{"node": one, "state": "done"} for one in nodes[:-1]]
    return {
        "run": {"id": "r"},
        "people": [],
        "steps": [*steps, {"node": nodes[-1], "state": "current"}],
        "activities": [{"id": f"{nodes[-1]}.1", "node": nodes[-1]}],
        "spans": [],
        "other": None,
        "incident": None,
        "early": [],
        **more,
    }


def inner(shown: JsonObject, mark: str = "c1", activity: str = "service.1") -> Nested:
    return Nested(run=f"run-{mark}", mark=mark, activity=activity, view=shown)


def ids(shown: JsonObject) -> list[str]:
    activities: Any = shown["activities"]
    return [one["id"] for one in activities]


def test_without_sub_flows_a_view_is_left_as_it_is() -> None:
    shown = view("a", "b")

    assert nest(shown, []) is shown


def test_what_a_sub_flow_shows_bears_its_mark() -> None:
    recorded = {"name": "recording", "activity": "rec.1", "since_ms": 1}

    shown: Any = nest(view("service"), [inner(view("call", "form", spans=[recorded]))])

    assert ids(shown) == ["service.1", "c1/form.1"]
    assert shown["activities"][1]["node"] == "c1/form"
    assert shown["spans"][0]["activity"] == "c1/rec.1"


def test_its_steps_stand_under_the_step_that_is_current() -> None:
    outer = view("service", "menu", "service")

    shown: Any = nest(outer, [inner(view("call", "form"), activity="service.2")])

    assert [one.get("steps") for one in shown["steps"]] == [
        None,
        None,
        [{"node": "c1/call", "state": "done"}, {"node": "c1/form", "state": "current"}],
    ]


def test_a_step_that_is_done_holds_what_the_last_sub_flow_in_its_place_went_through() -> None:
    past = [
        Past(mark=mark, activity=f"first.{n}", steps=[{"node": mark, "state": "done"}])
        for n, mark in enumerate(("c1", "c2"), start=1)
    ]

    shown: Any = nest(view("first", "second"), [], past)

    assert shown["steps"][0]["steps"] == [{"node": "c2/c2", "state": "done"}]
    assert "steps" not in shown["steps"][1]


def test_a_step_that_is_current_again_shows_what_goes_on_now() -> None:
    past = [Past(mark="c1", activity="service.1", steps=[{"node": "form", "state": "done"}])]

    shown: Any = nest(view("service"), [], past)

    assert "steps" not in shown["steps"][0]


def test_two_sub_flows_of_one_flow_keep_apart() -> None:
    first, second = inner(view("form")), inner(view("form"), mark="c2", activity="other.1")

    assert ids(nest(view("service"), [first, second])) == ["service.1", "c1/form.1", "c2/form.1"]


def test_a_sub_flow_of_a_sub_flow_keeps_its_own_mark() -> None:
    middle = nest(view("deep"), [inner(view("form"), mark="c2", activity="deep.1")])

    shown: Any = nest(view("service"), [inner(middle)])

    assert ids(shown) == ["service.1", "c1/deep.1", "c2/form.1"]
    assert shown["steps"][0]["steps"][0]["steps"] == [{"node": "c2/form", "state": "current"}]


def test_what_the_customer_sees_is_in_the_sub_flow_if_it_shows_anything() -> None:
    panel = {"panel": "form", "title": {}, "data": {}}
    outer = view("service", other={"panel": "wait", "title": {}, "data": {}})

    assert nest(outer, [inner(view("form", other=panel))])["other"] == panel
    assert nest(outer, [inner(view("form"))])["other"] == outer["other"]


def test_an_incident_names_the_run_it_struck_unless_the_root_has_one() -> None:
    struck = inner(view("form", incident={"code": "expression", "node": "form"}))
    own = {"code": "unbounded", "node": "service"}

    assert nest(view("service"), [struck])["incident"] == {
        "run": "run-c1",
        "code": "expression",
        "node": "c1/form",
    }
    assert nest(view("service", incident=own), [struck])["incident"] == own


def test_people_and_the_run_itself_are_those_of_the_root() -> None:
    below = view("form", run={"id": "child"}, people=[{"id": "p"}])

    shown = nest(view("service"), [inner(below)])

    assert (shown["run"], shown["people"]) == ({"id": "r"}, [])


names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}\.[1-9]", fullmatch=True)


@given(mark=st.from_regex(r"[0-9a-f]{8}", fullmatch=True), name=names)
def test_a_mark_leads_back_to_its_run_and_activity(mark: str, name: str) -> None:
    assert split_mark(f"{mark}/{name}") == (mark, name)
    assert split_mark(name) == ("", name)
