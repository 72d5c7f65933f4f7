"""Each rule finds its fault, names the node, shows the way, and is silent on a sound flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from typing_extensions import override

from flow.component import Component
from flow.graph import (
    Boundary,
    BoundaryKind,
    Edge,
    Graph,
    JsonObject,
    JsonValue,
    NodeId,
    Outcome,
    Polarity,
    ValueType,
    Variable,
)
from flow.verification.finding import Finding
from flow.verification.verify import RULES, verify
from tests.builders import Parts, components, graph, linear
from tests.flow.parts import (
    OK,
    Scripted,
    branches,
    closes_span,
    component,
    ends,
    enters,
    opens_span,
    passes,
    retries,
    sets,
    waits,
)

AMOUNT = Variable(name="form.amount", type=ValueType.NUMBER)


def findings(
    parts: Parts,
    *edges: str,
    config: dict[str, JsonObject] | None = None,
    boundaries: tuple[Boundary, ...] = (),
    variables: tuple[Variable, ...] = (),
    settings: JsonObject | None = None,
) -> tuple[Finding, ...]:
    drawn = graph(
        parts, edges, config=config, boundaries=boundaries, variables=variables, settings=settings
    )
    return verify(drawn, components(parts))


def only(found: tuple[Finding, ...], rule: str) -> Finding:
    """The one finding of a rule."""
    of_rule = [one for one in found if one.rule == rule]
    assert len(of_rule) == 1, found
    return of_rule[0]


def rules(found: tuple[Finding, ...]) -> set[str]:
    return {one.rule for one in found}


def consent(kind: str = "recording") -> tuple[Component, dict[str, JsonValue]]:
    return component("consent.ask"), {"kind": kind}


def test_a_sound_flow_has_no_findings() -> None:
    flow = linear(waits(), sets(AMOUNT, 5), branches(), config={"n3": {"when": "form.amount > 1"}})

    assert verify(flow.graph, flow.components) == ()


def test_every_finding_is_of_a_listed_rule_and_speaks_both_languages() -> None:
    found = findings({"a": waits()}, "a ok gone", "a maybe a")

    assert rules(found) <= set(RULES)
    assert all(set(one.message) == {"en", "zh-Hans"} for one in found)


def test_errors_come_first() -> None:
    found = findings(
        {"enter": enters(), "a": waits(), "done": ends()},
        "enter ok a",
        "a ok done",
        boundaries=(Boundary(kind=BoundaryKind.SUPERVISOR, target=NodeId("done")),),
    )

    assert [one.severity for one in found] == ["error", "warning"]


# wiring


def test_a_flow_without_start_is_found() -> None:
    drawn = replace(linear(waits()).graph, start=NodeId("nowhere"))

    assert only(verify(drawn, linear(waits()).components), "FLOW-01").severity == "error"


def test_an_empty_drawing_is_found() -> None:
    assert rules(verify(Graph(start=NodeId("x"), nodes={}, edges=()), {})) == {"FLOW-01"}


def test_a_start_that_is_no_entry_is_found() -> None:
    found = findings({"a": passes(), "done": ends()}, "a ok done")

    assert only(found, "FLOW-02").node == "a"


def test_a_component_that_is_not_installed_is_found() -> None:
    parts = {"enter": enters(), "a": waits(), "done": ends()}
    drawn = graph(parts, ["enter ok a", "a ok done", "a fail done"])
    known = {NodeId(name): parts[name] for name in ("enter", "done")}

    found = verify(drawn, known)

    assert only(found, "FLOW-03").node == "a"
    assert "test.wait 1.0.0" in only(found, "FLOW-03").message["en"]


def test_an_edge_to_nowhere_is_found() -> None:
    found = findings({"enter": enters(), "done": ends()}, "enter ok done", "enter ok gone")

    assert (only(found, "FLOW-04").node, only(found, "FLOW-04").outcome) == ("enter", "ok")


def test_an_edge_of_an_outcome_that_is_gone_is_found() -> None:
    found = findings({"enter": enters(), "done": ends()}, "enter ok done", "enter maybe done")

    assert (only(found, "FLOW-05").node, only(found, "FLOW-05").outcome) == ("enter", "maybe")


def test_an_outcome_wired_twice_is_found() -> None:
    parts = {"enter": enters(), "x": ends(), "y": ends()}

    found = findings(parts, "enter ok x", "enter ok y")

    assert (only(found, "FLOW-06").node, only(found, "FLOW-06").outcome) == ("enter", "ok")


def test_an_outcome_that_leads_nowhere_is_found_with_the_way_to_it() -> None:
    found = findings({"enter": enters(), "a": waits(), "done": ends()}, "enter ok a", "a ok done")

    finding = only(found, "CORE-01")
    assert (finding.node, finding.outcome, finding.path) == ("a", "fail", ("enter", "a"))
    assert "Failed" in finding.message["en"]
    assert "失败" in finding.message["zh-Hans"]


def test_a_node_no_way_leads_to_is_found() -> None:
    found = findings({"enter": enters(), "done": ends(), "island": ends()}, "enter ok done")

    assert (only(found, "CORE-01").node, only(found, "CORE-01").path) == ("island", ())


def test_a_node_only_a_boundary_leads_to_is_reached() -> None:
    parts = {"enter": enters(), "a": waits(), "lost": ends("abort"), "done": ends()}
    edges = ("enter ok a", "a ok done", "a fail done")

    for scope in (None, NodeId("a")):
        drop = Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=NodeId("lost"), scope=scope)
        assert findings(parts, *edges, boundaries=(drop,)) == ()


def test_a_node_from_which_no_end_is_reached_is_found() -> None:
    parts = {"enter": enters(), "a": waits(), "pit": retries(), "done": ends()}
    edges = ("enter ok a", "a ok done", "a fail pit", "pit again pit", "pit exhausted pit")

    finding = only(findings(parts, *edges), "CORE-01")

    assert (finding.node, finding.path) == ("pit", ("enter", "a", "pit"))


# loops


def test_a_loop_nothing_counts_is_found_with_its_nodes() -> None:
    parts = {"enter": enters(), "a": waits(), "b": waits(), "done": ends()}
    edges = ("enter ok a", "a ok b", "a fail b", "b ok done", "b fail a")

    assert only(findings(parts, *edges), "CORE-02").path == ("a", "b", "a")


def test_a_node_that_leads_to_itself_is_a_loop() -> None:
    parts = {"enter": enters(), "a": waits(), "done": ends()}

    found = findings(parts, "enter ok a", "a ok done", "a fail a")

    assert only(found, "CORE-02").path == ("a", "a")


def test_a_loop_with_a_counter_is_sound() -> None:
    parts = {"enter": enters(), "a": waits(), "again": retries(), "done": ends()}
    edges = ("enter ok a", "a ok done", "a fail again", "again again a", "again exhausted done")

    assert findings(parts, *edges) == ()


def test_two_knots_are_two_findings() -> None:
    parts = {"enter": enters(), "a": waits(), "b": waits(), "done": ends()}
    edges = ("enter ok a", "a ok b", "a fail a", "b ok done", "b fail b")

    loops = [one.path for one in findings(parts, *edges) if one.rule == "CORE-02"]

    assert sorted(loops) == [("a", "a"), ("b", "b")]


def test_a_boundary_that_leads_back_is_no_loop() -> None:
    drop = Boundary(kind=BoundaryKind.AGENT_DROP, target=NodeId("n1"), scope=NodeId("n2"))
    flow = linear(waits(), waits(), boundaries=(drop,))

    assert verify(flow.graph, flow.components) == ()


# settings and expressions

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {
        "heading": {
            "type": "string",
            "title": "Heading",
            "x-i18n": {"zh-Hans": {"title": "标题"}},
            "minLength": 1,
        },
        "level": {"type": "integer", "title": "Level", "maximum": 3},
        "greeting": {
            "type": "object",
            "x-template": True,
            "properties": {"en": {"type": "string"}},
            "additionalProperties": {"type": "string"},
        },
        "source": {"type": "string", "x-variable": True},
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "expression": {"type": "string", "x-cel": "any"},
                },
            },
        },
    },
    "required": ["heading"],
    "additionalProperties": False,
}


def with_settings(config: JsonObject, *before: Component) -> tuple[Finding, ...]:
    """Findings on a flow whose last node has the settings."""
    last = waits(config_schema=SCHEMA, outputs=(Variable(name="made", type=ValueType.INT),))
    name = f"n{len(before) + 1}"
    flow = linear(*before, last, config={name: config})
    return verify(flow.graph, flow.components)


@pytest.mark.parametrize(
    ("config", "field", "said"),
    [
        ({}, "/heading", "“Heading” of “test.wait” is missing."),
        ({"heading": ""}, "/heading", "is empty or too short"),
        ({"heading": 7}, "/heading", "is of the wrong kind"),
        ({"heading": "x", "level": 4}, "/level", "“Level” of “test.wait” is too large."),
        ({"heading": "x", "colour": "red"}, "/colour", "is no setting of this step"),
        ({"heading": "x", "steps": [7]}, "/steps/0", "is of the wrong kind"),
    ],
)
def test_settings_that_do_not_fit_are_found(config: JsonObject, field: str, said: str) -> None:
    finding = only(with_settings(config), "FLOW-07")

    assert (finding.node, finding.field) == ("n1", field)
    assert said in finding.message["en"]


def test_a_setting_is_named_in_both_languages() -> None:
    assert "“标题”未填写" in only(with_settings({}), "FLOW-07").message["zh-Hans"]


@pytest.mark.parametrize(
    ("when", "said", "chinese"),
    [
        ("form.amount >", "ends too early", "表达式不完整"),
        ("form.amount + * 2", "does not parse", "语法错误"),
        ("form.amuont > 1", "did you mean", "没有变量 'form.amuont'，是否指 'form.amount'"),
        ("nobody", "no variable 'nobody'", "没有变量 'nobody'"),
        ("foo(1)", "no function 'foo'", "没有函数 'foo'"),
        ("form.amount > 'x'", "no matching overload", "'>' 不能用于这些类型的值"),
        ("form.amount > size('x')", "write double(...)", "'>' 两侧"),
        ("form.amount + 1", "must be true or false, but gives a number", "应为真或假"),
    ],
)
def test_an_expression_that_cannot_hold_is_found(when: str, said: str, chinese: str) -> None:
    flow = linear(sets(AMOUNT, 5), branches(), config={"n2": {"when": when}})

    finding = only(verify(flow.graph, flow.components), "FLOW-08")

    assert (finding.node, finding.field) == ("n2", "/when")
    assert said in finding.message["en"]
    assert chinese in finding.message["zh-Hans"]


def test_a_text_or_a_name_of_a_variable_nobody_sets_is_found() -> None:
    found = with_settings({"heading": "x", "greeting": {"en": "Hi {{nobody}}"}, "source": "none"})

    fields = {one.field for one in found if one.rule == "FLOW-08"}
    assert fields == {"/greeting/en", "/source"}


def test_a_list_of_expressions_sees_what_the_ones_before_set() -> None:
    first: JsonObject = {"name": "made", "expression": "1"}
    second: JsonObject = {"name": "other", "expression": "made + 1"}

    assert with_settings({"heading": "x", "steps": [first, second]}) == ()
    assert rules(with_settings({"heading": "x", "steps": [second, first]})) == {"CORE-15"}


# what must hold before


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


# boundaries


@pytest.mark.parametrize(
    ("boundary", "said"),
    [
        (Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=NodeId("gone")), "leads to a step"),
        (
            Boundary(kind=BoundaryKind.AGENT_DROP, target=NodeId("done"), scope=NodeId("gone")),
            "belongs to a step",
        ),
        (Boundary(kind=BoundaryKind.TIMEOUT, target=NodeId("done")), "0 seconds"),
    ],
)
def test_a_boundary_that_cannot_act_is_found(boundary: Boundary, said: str) -> None:
    drawn = replace(linear(waits()).graph, boundaries=(boundary,))

    assert said in only(verify(drawn, linear(waits()).components), "FLOW-11").message["en"]


def test_a_boundary_set_twice_is_found() -> None:
    one = Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=NodeId("done"))
    other = replace(one, target=NodeId("refused"))
    flow = linear(waits(), boundaries=(one, other))

    assert "twice" in only(verify(flow.graph, flow.components), "FLOW-11").message["en"]


def test_a_limit_of_the_flow_may_come_from_its_settings() -> None:
    limit = Boundary(kind=BoundaryKind.TIMEOUT, target=NodeId("done"))
    flow = linear(waits(), boundaries=(limit,), settings={"max_duration_s": 600})

    assert verify(flow.graph, flow.components) == ()


def test_an_event_nothing_watches_for_is_a_warning() -> None:
    weak = Boundary(kind=BoundaryKind.WEAK_NETWORK, target=NodeId("done"))
    flow = linear(waits(), boundaries=(weak,))

    assert only(verify(flow.graph, flow.components), "FLOW-12").severity == "warning"


# half-drawn flows


class Picky(Scripted):
    """Cannot say what it declares while its settings are half filled."""

    @override
    def outcomes(self, config: Mapping[str, JsonValue]) -> tuple[Outcome, ...]:
        raise KeyError("cases")

    @override
    def outputs(self, config: Mapping[str, JsonValue]) -> tuple[Variable, ...]:
        raise KeyError("fields")


def test_of_settings_a_component_cannot_read_the_manifest_speaks_and_the_node_is_named() -> None:
    parts = {"enter": enters(), "p": component("picky", Picky()), "done": ends()}

    found = findings(parts, "enter ok p", "p ok done")

    assert only(found, "CORE-01").outcome == "fail"
    assert only(found, "FLOW-07").node == "p"


def test_a_node_may_override_its_title() -> None:
    flow = linear(waits())
    node = replace(flow.graph.nodes[NodeId("n1")], title={"en": "Sign here"})
    edges = tuple(one for one in flow.graph.edges if one.outcome != "fail")
    drawn = replace(flow.graph, nodes={**flow.graph.nodes, NodeId("n1"): node}, edges=edges)

    found = [one for one in verify(drawn, flow.components) if one.outcome == "fail"]

    assert "“Sign here”" in found[0].message["en"]
    assert "“Sign here”" in found[0].message["zh-Hans"]


def test_an_outcome_without_label_is_called_by_its_id() -> None:
    bare = Outcome(id="maybe", polarity=Polarity.NEUTRAL)
    flow = linear(component("x", Scripted(outcomes_=(OK, bare))))
    edges = (Edge(source=NodeId("enter"), outcome="ok", target=NodeId("n1")),)

    found = verify(replace(flow.graph, edges=edges), flow.components)

    assert any("“maybe”" in one.message["en"] for one in found)


def test_a_fault_only_the_library_can_name_is_passed_on() -> None:
    flow = linear(sets(AMOUNT, 5), branches(), config={"n2": {"when": "(" * 99 + "1" + ")" * 99}})

    assert only(verify(flow.graph, flow.components), "FLOW-08").message["en"]


def test_without_a_start_the_rest_is_still_checked() -> None:
    flow = linear(branches(), config={"n1": {"when": "1 +"}})
    drawn = replace(flow.graph, start=NodeId("nowhere"))

    assert {"FLOW-01", "FLOW-08"} <= rules(verify(drawn, flow.components))


def test_a_long_loop_is_found_whole() -> None:
    parts = {"enter": enters(), "a": waits(), "b": passes(), "c": waits(), "done": ends()}
    edges = ("enter ok a", "a ok b", "a fail done", "b ok c", "c ok done", "c fail a")

    assert only(findings(parts, *edges), "CORE-02").path == ("a", "b", "c", "a")
