"""Each rule finds its fault, names the node, shows the way, and is silent on a sound flow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flow.graph import (
    Boundary,
    BoundaryKind,
    Graph,
    NodeId,
)
from flow.verification.verify import RULES, verify
from tests.builders import graph, linear
from tests.flow.findings import AMOUNT, findings, only, rules
from tests.flow.parts import (
    branches,
    ends,
    enters,
    opens_span,
    passes,
    retries,
    sets,
    waits,
)


def test_a_sound_flow_has_no_findings() -> None:
    flow = linear(waits(), sets(AMOUNT, 5), branches(), config={"n3": {"when": "form.amount > 1"}})

    assert verify(flow.graph, flow.components) == ()


def test_every_finding_is_of_a_listed_rule_and_speaks_both_languages() -> None:
    found = findings({"a": waits()}, "a ok gone", "a maybe a")

    assert rules(found) <= set(RULES)
    assert all(set(one.message) == {"en", "zh-Hans"} for one in found)


def test_errors_come_first() -> None:
    found = findings(
        {"enter": enters(), "a": opens_span(), "b": waits(), "done": ends()},
        "enter ok a",
        "a ok b",
        "b ok done",
    )

    severities = [one.severity for one in found]
    assert severities == sorted(severities)
    assert set(severities) == {"error", "warning"}


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


@pytest.mark.parametrize("kind", BoundaryKind)
def test_a_boundary_of_any_kind_is_watched_for(kind: BoundaryKind) -> None:
    one = Boundary(kind=kind, target=NodeId("done"), after_s=60)
    flow = linear(waits(), boundaries=(one,))

    assert verify(flow.graph, flow.components) == ()
