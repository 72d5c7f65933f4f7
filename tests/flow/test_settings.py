"""Settings and expressions of nodes, also of half-drawn flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from typing_extensions import override

from flow.component import Component
from flow.graph import (
    Edge,
    JsonObject,
    JsonValue,
    NodeId,
    Outcome,
    Polarity,
    ValueType,
    Variable,
)
from flow.verification.finding import Finding
from flow.verification.verify import verify
from tests.builders import linear
from tests.flow.findings import AMOUNT, SCHEMA, findings, only, rules
from tests.flow.parts import (
    OK,
    Scripted,
    branches,
    component,
    ends,
    enters,
    passes,
    sets,
    waits,
)


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
