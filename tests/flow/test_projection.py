"""What each role sees of a run."""

from __future__ import annotations

import json

from flow.commands import OpenRoom
from flow.component import Component
from flow.events import Acted, CommandCompleted, MediaInterrupted, ParticipantId, Role
from flow.graph import (
    Boundary,
    BoundaryKind,
    JsonObject,
    JsonValue,
    NodeId,
    Privacy,
    ValueType,
    Variable,
)
from flow.interpreter.advance import initial_state
from flow.interpreter.bound import BoundGraph
from flow.privacy import MASK
from flow.projection import RunFacts, project
from flow.state import RunState
from tests.builders import acted, bound, joined, left, linear, run, started
from tests.flow.parts import Scripted, asks, component, ends, enters, opens_span, passes, waits

FACTS = RunFacts(id="run-1", number="CF-1", flow="Service", version=3)


def asked(panels: dict[Role, str]) -> Component:
    """Shows for whom it was asked."""
    return component("asked", Scripted(shows=lambda _, role: {"for": role}), panels=panels)


def view(
    flow: BoundGraph, state: RunState, role: Role = "agent", who: str = "anna"
) -> dict[str, JsonValue]:
    return project(flow, state, role, ParticipantId(who), at_ms=9_000, run=FACTS)


def written(name: str, value: str) -> Acted:
    return acted("n1.1", "write", data={name: value})


def members(value: JsonValue) -> list[JsonObject]:
    """A list of objects."""
    assert isinstance(value, list)
    assert all(isinstance(one, dict) for one in value)
    return [one for one in value if isinstance(one, dict)]


def steps(seen: JsonObject) -> list[str]:
    return [f"{one['node']} {one['state']}" for one in members(seen["steps"])]


def test_the_run_and_its_people_are_told() -> None:
    flow = linear(waits())
    seen = view(flow, started(flow, joined()).state, "customer")

    assert seen["run"] == {
        "id": "run-1",
        "number": "CF-1",
        "flow": "Service",
        "version": 3,
        "status": "open",
        "started_at_ms": 1_000,
        "at_ms": 9_000,
        "ending": None,
    }
    assert seen["you"] == {"participant": "anna", "role": "customer", "name": "anna"}
    assert [one["present"] for one in members(seen["people"])] == [True]
    assert seen["incident"] is None


def test_a_view_is_json() -> None:
    flow = linear(opens_span(), waits())

    assert json.loads(json.dumps(view(flow, started(flow, joined()).state)))


def test_steps_are_the_way_so_far_and_the_main_line_from_there() -> None:
    flow = linear(passes(), waits(), waits(), waits())

    seen = view(flow, started(flow, acted("n2.1", "ok")).state)

    assert steps(seen) == [
        "enter done",
        "n1 done",
        "n2 done",
        "n3 current",
        "n4 next",
        "done next",
    ]
    assert [one["polarity"] for one in members(seen["steps"])][:3] == ["positive"] * 3


def test_before_the_start_all_is_ahead() -> None:
    assert steps(view(linear(waits()), initial_state())) == ["enter next", "n1 next", "done next"]


def test_a_detour_stands_where_it_was_taken() -> None:
    parts = {"enter": enters(), "a": waits(), "mend": waits(), "b": waits(), "done": ends()}
    edges = ["enter ok a", "a ok b", "a fail mend", "mend ok b", "mend fail b"]
    flow = bound(parts, [*edges, "b ok done", "b fail done"])

    state = started(flow, acted("a.1", "fail"), acted("mend.1", "ok", at_ms=3_000)).state

    assert steps(view(flow, state)) == [
        "enter done",
        "a done",
        "mend done",
        "b current",
        "done next",
    ]


def test_a_node_that_comes_again_is_ahead_and_not_done() -> None:
    parts = {"enter": enters(), "a": waits(), "b": waits(), "done": ends()}
    flow = bound(parts, ["enter ok a", "a ok b", "a fail b", "b ok done", "b fail a"])

    state = started(flow, acted("a.1", "ok"), acted("b.1", "fail", at_ms=3_000)).state

    assert steps(view(flow, state)) == ["enter done", "a current", "b next", "done next"]


def test_a_node_left_by_a_boundary_has_no_outcome() -> None:
    drop = Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=NodeId("n2"), scope=NodeId("n1"))
    flow = linear(waits(), waits(), boundaries=(drop,))

    seen = view(flow, started(flow, joined(), left(deliberate=True)).state)

    first = next(one for one in members(seen["steps"]) if one["node"] == "n1")
    assert (first["state"], first["outcome"], first["polarity"]) == ("done", None, None)


def test_the_customer_sees_only_steps_with_a_panel_for_them() -> None:
    flow = linear(passes(), waits(), component("back.office", panels={"agent": "x"}), waits())

    assert steps(view(flow, started(flow).state, "customer")) == ["n2 current", "n4 next"]


def test_an_activity_is_shown_with_its_panel() -> None:
    flow = linear(waits())

    (one,) = members(view(flow, started(flow).state, "customer")["activities"])

    assert (one["id"], one["component"], one["panel"]) == ("n1.1", "test.wait", "wait")
    assert one["outcomes"] == []


def test_staff_see_the_outcomes_and_where_they_lead() -> None:
    flow = linear(waits())

    (one,) = members(view(flow, started(flow).state)["activities"])

    assert [(out["id"], out["target"]) for out in members(one["outcomes"])] == [
        ("ok", {"en": "end.success", "zh-Hans": "end.success"}),
        ("fail", {"en": "end.reject", "zh-Hans": "end.reject"}),
    ]


def test_an_activity_without_panel_for_the_role_is_not_shown() -> None:
    flow = linear(component("back.office", panels={"agent": "x"}))

    assert view(flow, started(flow).state, "customer")["activities"] == []


def test_a_supervisor_looks_over_the_agents_shoulder() -> None:
    flow = linear(waits())

    assert len(members(view(flow, started(flow).state, "supervisor")["activities"])) == 1


def test_staff_see_what_the_customer_sees() -> None:
    flow = linear(asked({"customer": "consent"}))
    state = started(flow).state

    assert view(flow, state)["other"] == {
        "panel": "consent",
        "title": {"en": "asked", "zh-Hans": "asked"},
        "data": {"for": "customer"},
    }
    assert view(flow, state, "customer")["other"] is None


def test_of_a_panel_both_have_staff_get_their_own_data() -> None:
    flow = linear(asked({"customer": "form", "agent": "form"}))

    other = view(flow, started(flow).state)["other"]

    assert isinstance(other, dict)
    assert other["data"] == {"for": "agent"}


def test_spans_and_room_are_told() -> None:
    flow = linear(opens_span(), waits())

    seen = view(flow, started(flow).state)

    assert seen["spans"] == [{"name": "recording", "activity": "n1.1", "since_ms": 1_000}]
    assert seen["room"] is None


def test_a_secret_is_masked_for_all_but_the_customer() -> None:
    pin = Variable(name="card.pin", type=ValueType.STRING, privacy=Privacy.SECRET)
    flow = linear(waits(outputs=(pin,)))
    state = started(flow, written("card.pin", "902174")).state

    customer, agent = view(flow, state, "customer"), view(flow, state, "agent")

    assert "902174" in json.dumps(customer)
    assert "902174" not in json.dumps(agent)
    assert MASK in json.dumps(agent, ensure_ascii=False)


def test_a_secret_a_component_repeats_elsewhere_is_masked_too() -> None:
    pin = Variable(name="card.pin", type=ValueType.STRING, privacy=Privacy.SECRET)

    repeats = Scripted(outputs_=(pin,), shows=lambda *_: {"rows": [{"shown": "902174"}]})
    flow = linear(component("repeats", repeats, panels={"agent": "x", "customer": "x"}))
    state = started(flow, written("card.pin", "902174")).state

    assert "902174" not in json.dumps(view(flow, state))


def test_a_run_that_has_ended_shows_its_ending_and_no_activity() -> None:
    flow = linear(opens_span(), waits(), config={"done": {"message": {"en": "Bye"}}})

    seen = view(flow, started(flow, joined(), acted("n2.1", "ok")).state)

    facts = seen["run"]
    assert isinstance(facts, dict)
    assert facts["status"] == "closed"
    assert facts["ending"] == {
        "kind": "success",
        "code": "success",
        "message": {"en": "Bye"},
        "next_step": {},
        "at_ms": 2_000,
    }
    assert (seen["activities"], seen["other"], seen["spans"]) == ([], None, [])
    assert steps(seen)[-1] == "done done"


def test_a_halted_run_says_where_and_why_in_a_word() -> None:
    flow = linear(waits())

    state = started(flow, acted("n1.1", "write", data={"nobody": 1})).state
    seen = view(flow, state)

    assert view(flow, state, "customer")["incident"] == {"code": "undeclared_output", "node": "n1"}
    assert "enter done" in steps(seen)
    assert "n1 current" in steps(seen)


def test_a_halted_run_that_was_ended_shows_its_ending_only() -> None:
    flow = linear(waits())
    halted = started(flow, acted("n1.1", "write", data={"nobody": 1}), joined())

    ended = run(flow, left(at_ms=4_000, deliberate=True), state=halted.state)

    seen = view(flow, ended.state)
    assert seen["incident"] is None
    assert steps(seen) == ["enter done", "n1 done"]


def test_a_late_answer_does_not_show_a_room_of_a_run_that_ended() -> None:
    flow = linear(waits())
    state = started(flow, acted("n1.1", "ok"), CommandCompleted(at_ms=9, key="run:0")).state

    assert view(flow, state)["room"] is None


def test_the_room_is_told_while_the_run_is_open() -> None:
    flow = linear(asks(OpenRoom()))
    room: JsonObject = {"room": "r", "generation": 3, "worker": "w"}
    placed = CommandCompleted(at_ms=9, key="n1.1:0", result=room)

    state = started(flow, placed, MediaInterrupted(at_ms=10, generation=3, reason="lost")).state

    assert view(flow, state, "customer")["room"] == {"generation": 3, "interrupted": True}
