"""What must hold before a step is reached."""

from __future__ import annotations

from dataclasses import replace

from flow.component import Component
from flow.graph import (
    Boundary,
    BoundaryKind,
    JsonObject,
    NodeId,
    ValueType,
    Variable,
)
from flow.verification.verify import verify
from tests.builders import linear
from tests.flow.findings import AMOUNT, SCHEMA, consent, findings, only, rules
from tests.flow.parts import (
    branches,
    closes_span,
    ends,
    enters,
    opens_span,
    sets,
    waits,
)


def half_set() -> Component:
    """Sets form.amount on ok only."""
    amount = replace(AMOUNT, outcomes=("ok",))
    return waits(outputs=(amount,))


READER: JsonObject = {"when": "form.amount > 1"}


def test_what_is_not_set_on_every_way_is_found_with_the_way() -> None:
    parts = {"enter": enters(), "a": half_set(), "b": branches(), "done": ends()}
    edges = ("enter ok a", "a ok b", "a fail b", "b ok done", "b fail done")

    finding = only(findings(parts, *edges, config={"b": READER}), "CORE-15")

    assert (finding.severity, finding.node, finding.field) == ("error", "b", "/when")
    assert finding.path == ("enter", "a", "b")


def test_what_is_set_on_the_outcome_that_leads_there_is_sound() -> None:
    parts = {"enter": enters(), "a": half_set(), "b": branches(), "done": ends()}
    edges = ("enter ok a", "a ok b", "a fail done", "b ok done", "b fail done")

    assert findings(parts, *edges, config={"b": READER}) == ()


def test_a_variable_the_flow_gives_a_value_is_sound() -> None:
    parts = {"enter": enters(), "b": branches(), "done": ends()}
    edges = ("enter ok b", "b ok done", "b fail done")
    given, bare = replace(AMOUNT, initial=1.0), AMOUNT

    assert findings(parts, *edges, config={"b": READER}, variables=(given,)) == ()
    assert rules(findings(parts, *edges, config={"b": READER}, variables=(bare,))) == {"CORE-15"}


def test_a_boundary_brings_only_what_was_set_before_its_node() -> None:
    parts = {"enter": enters(), "a": half_set(), "b": branches(), "done": ends()}
    edges = ("enter ok a", "a ok b", "a fail done", "b ok done", "b fail done")
    drop = Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=NodeId("b"), scope=NodeId("a"))

    found = findings(parts, *edges, config={"b": READER}, boundaries=(drop,))

    assert rules(found) == {"CORE-15"}


def test_a_boundary_of_the_flow_brings_nothing() -> None:
    parts = {"enter": enters(), "a": sets(AMOUNT, 1), "w": waits(), "b": branches(), "done": ends()}
    edges = ("enter ok a", "a ok w", "w ok b", "w fail done", "b ok done", "b fail done")
    drop = Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=NodeId("b"))

    found = findings(parts, *edges, config={"b": READER}, boundaries=(drop,))

    assert rules(found) == {"CORE-15"}


def test_a_text_with_an_unset_place_is_a_warning() -> None:
    config: JsonObject = {"heading": "x", "greeting": {"en": "{{form.amount}}"}}
    after_wait = waits(config_schema=SCHEMA)
    parts = {"enter": enters(), "a": half_set(), "b": after_wait, "done": ends()}
    edges = ("enter ok a", "a ok b", "a fail b", "b ok done", "b fail done")

    assert only(findings(parts, *edges, config={"b": config}), "CORE-15").severity == "warning"


def test_one_variable_of_two_types_is_found() -> None:
    text = Variable(name="form.amount", type=ValueType.STRING)
    flow = linear(sets(AMOUNT, 1), sets(text, "x"))

    assert only(verify(flow.graph, flow.components), "FLOW-13").node in {"n1", "n2"}


def test_a_step_that_needs_an_agent_before_one_came_is_found() -> None:
    connect = waits(provides=("agent", "room"))
    script = waits(requires=("agent",))
    parts = {"enter": enters(), "c": connect, "s": script, "done": ends()}
    edges = ("enter ok c", "c ok s", "s ok done", "s fail done")

    assert findings(parts, *edges, "c fail done") == ()
    finding = only(findings(parts, *edges, "c fail s"), "CORE-19")
    assert (finding.node, finding.path) == ("s", ("enter", "c", "s"))
    assert "an agent" in finding.message["en"]


def test_an_agent_who_dropped_is_there_no_more() -> None:
    connect, script = waits(provides=("agent", "room")), waits(requires=("agent", "room"))
    drop = Boundary(kind=BoundaryKind.AGENT_DROP, target=NodeId("n3"), scope=NodeId("n2"))
    flow = linear(connect, waits(), script, boundaries=(drop,))

    finding = only(verify(flow.graph, flow.components), "CORE-19")

    assert finding.path == ("enter", "n1", "n2", "n3")
    assert "an agent" in finding.message["en"]


def test_recording_before_consent_is_found() -> None:
    flow = linear(waits(), opens_span(), closes_span())

    finding = only(verify(flow.graph, flow.components), "CORE-03")

    assert (finding.node, finding.path) == ("n2", ("enter", "n1", "n2"))


def test_recording_after_consent_is_sound_but_not_after_another_consent() -> None:
    asked, recording = consent("recording")
    _, biometric = consent("biometric")

    for config, expected in ((recording, set()), (biometric, {"CORE-03"})):
        flow = linear(asked, opens_span(), closes_span(), config={"n1": config})
        assert rules(verify(flow.graph, flow.components)) == expected


def test_recording_after_a_refusal_is_found() -> None:
    asked, recording = consent()
    parts = {"enter": enters(), "c": asked, "r": opens_span(), "x": closes_span(), "done": ends()}
    edges = ("enter ok c", "c ok r", "c fail r", "r ok x", "r fail done", "x ok done")

    finding = only(findings(parts, *edges, config={"c": recording}), "CORE-03")

    assert finding.path == ("enter", "c", "r")


def test_a_span_nothing_ends_is_a_warning() -> None:
    flow = linear(opens_span("presence"), waits())

    finding = only(verify(flow.graph, flow.components), "FLOW-09")

    assert (finding.severity, finding.node) == ("warning", "n1")


def test_ending_a_span_that_was_never_opened_is_an_error() -> None:
    flow = linear(waits(), closes_span("presence"))

    assert only(verify(flow.graph, flow.components), "FLOW-10").severity == "error"


def test_ending_a_span_that_may_not_be_open_is_a_warning() -> None:
    parts = {"enter": enters(), "o": opens_span("presence"), "c": closes_span("presence")}
    edges = ("enter ok o", "o ok c", "o fail c", "c ok done")

    finding = only(findings({**parts, "done": ends()}, *edges), "FLOW-10")

    assert (finding.severity, finding.node) == ("warning", "c")


def test_ending_a_span_twice_is_a_warning() -> None:
    flow = linear(opens_span("presence"), closes_span("presence"), closes_span("presence"))

    assert only(verify(flow.graph, flow.components), "FLOW-10").node == "n3"
