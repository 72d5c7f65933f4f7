"""Flows that call flows: what verification says of both sides."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from flow.component import Component
from flow.graph import JsonObject, Privacy, ValueType, Variable
from flow.interpreter.bound import BoundGraph, bind
from flow.verification.calls import DEEPEST, callee_of
from flow.verification.finding import Finding
from flow.verification.neighbours import Callee, Neighbours
from flow.verification.verify import verify
from tests.builders import components, graph
from tests.flow.findings import only, rules
from tests.flow.parts import (
    OK,
    Scripted,
    component,
    ends,
    enters,
    opens_span,
    passes,
    sets,
    waits,
)

OLD = Variable(name="limit.old", type=ValueType.INT)
NEW = Variable(name="limit.new", type=ValueType.NUMBER, privacy=Privacy.PERSONAL)
INPUT: JsonObject = {"name": "limit.old", "value": "200"}
OUTPUT: JsonObject = {"name": "limit", "from": "limit.new", "type": "number", "privacy": "personal"}
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {
        "inputs": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"value": {"type": "string", "x-cel": "any"}},
            },
        }
    },
}


def calls() -> Component:
    """Lets the flow of its setting `flow` run."""
    plain = component("test.call", config_schema=SCHEMA)
    return replace(plain, manifest=replace(plain.manifest, calls=True))


def called(*inputs: Variable) -> Component:
    """Where a called flow begins: with what its setting `given` lists."""
    begins = Scripted(outcomes_=(OK,), outputs_=inputs)
    plain = component("entry.called", begins, entry=True, provides=("{given}",))
    return replace(plain, manifest=replace(plain.manifest, called=True))


def child(*middle: Component, given: tuple[str, ...] = (), inputs: Any = (OLD,)) -> BoundGraph:
    """begin → n1 … → done, the other outcomes to `refused`."""
    parts = {"begin": called(*inputs)}
    parts |= {f"n{number}": one for number, one in enumerate(middle, start=1)}
    names = [*parts, "done"]
    edges = [f"{one} ok {after}" for one, after in pairwise(names)]
    for name, part in parts.items():
        edges += [f"{name} {one.id} refused" for one in part.manifest.outcomes if one.id != "ok"]
    parts |= {"done": ends(), "refused": ends("reject")}
    drawn = graph(parts, edges, config={"begin": {"given": list(given)}})
    return bind(drawn, components(parts))


def callee(flow: BoundGraph, key: str = "child", neighbours: Neighbours | None = None) -> Callee:
    return callee_of(key, flow.graph, flow.components, neighbours or Neighbours())


CHILD = callee(child(sets(NEW, 9.0)))


def said_of(
    *before: Component, known: Callee | None = CHILD, own: str = "caller", **config: Any
) -> tuple[Finding, ...]:
    """What is said of a caller: enter → … → call (with these settings) → done."""
    parts = {"enter": enters()}
    parts |= {f"n{number}": one for number, one in enumerate(before, start=1)}
    names = [*parts, "call"]
    edges = [f"{one} ok {after}" for one, after in pairwise(names)]
    edges += [
        f"{name} {one.id} done"
        for name, part in parts.items()
        for one in part.manifest.outcomes
        if one.id != "ok"
    ]
    parts |= {"call": calls(), "done": ends()}
    settings: JsonObject = {"flow": "child", "inputs": [INPUT], "outputs": [OUTPUT], **config}
    drawn = graph(parts, [*edges, "call ok done", "call fail done"], config={"call": settings})
    callees = {known.key: known} if known else {}
    return verify(drawn, components(parts), Neighbours(key=own, callees=callees))


class TestCallee:
    def test_a_flow_tells_what_it_asks_and_gives(self):
        assert CHILD.is_called
        assert CHILD.inputs == (OLD,)
        assert set(CHILD.returns) == {"limit.old", "limit.new"}
        assert CHILD.depth == 1

    def test_what_is_set_on_some_ways_only_is_not_given_back(self):
        fails = Variable(name="why", type=ValueType.STRING, outcomes=("fail",))
        asked = waits(outputs=(fails,))

        assert set(callee(child(asked)).returns) == {"limit.old"}

    def test_a_flow_of_its_own_cannot_be_called(self):
        parts = {"enter": enters(), "done": ends()}
        drawn = graph(parts, ["enter ok done"])

        assert not callee_of("x", drawn, components(parts), Neighbours()).is_called

    def test_what_it_calls_counts_for_depth_and_comes_through(self):
        inner = Callee(key="inner", is_called=True, calls=frozenset({"innermost"}), depth=2)
        flow = child(calls(), inputs=())
        settings = replace(flow.graph.nodes["n1"], config={"flow": "inner"})  # type: ignore[index]
        drawn = replace(flow.graph, nodes={**flow.graph.nodes, settings.id: settings})

        known = callee_of("child", drawn, flow.components, Neighbours(callees={"inner": inner}))

        assert known.depth == 3
        assert known.calls == {"inner", "innermost"}


class TestCaller:
    def test_a_call_that_fits_is_left_alone(self):
        assert said_of() == ()

    @pytest.mark.parametrize(
        ("known", "says"),
        [
            (None, "not published"),
            (replace(CHILD, is_called=False), "others cannot call"),
            (replace(CHILD, calls=frozenset({"caller"})), "comes back"),
            (replace(CHILD, depth=DEEPEST), "too deep"),
        ],
    )
    def test_what_is_called_must_be_there_and_end(self, known: Callee | None, says: str):
        finding = only(said_of(known=known), "FLOW-16")

        assert says in finding.message["en"]
        assert finding.field == "/flow"

    def test_a_flow_that_calls_itself_is_refused(self):
        assert "comes back" in only(said_of(own="child"), "FLOW-16").message["en"]

    def test_a_flow_not_chosen_yet_is_left_to_the_rule_for_settings(self):
        assert rules(said_of(flow="")) == set()

    @pytest.mark.parametrize(
        ("inputs", "field"),
        [
            ([], "/inputs"),
            ([INPUT, {"name": "other", "value": "1"}], "/inputs/1/name"),
            ([INPUT, INPUT], "/inputs/0/name"),
            ([{"name": "limit.old", "value": "'much'"}], "/inputs/0/value"),
        ],
    )
    def test_what_is_given_fits_what_is_asked(self, inputs: list[JsonObject], field: str):
        found = [one for one in said_of(inputs=inputs) if one.rule == "FLOW-17"]

        assert found[0].field == field

    def test_an_expression_that_cannot_be_read_is_said_once(self):
        assert rules(said_of(inputs=[{"name": "limit.old", "value": "1 +"}])) == {"FLOW-08"}

    def test_a_whole_number_serves_as_a_number(self):
        asks = replace(CHILD, inputs=(replace(OLD, type=ValueType.NUMBER),))

        assert said_of(known=asks) == ()

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"from": "unknown"}, "/outputs/0/from"),
            ({"type": "string"}, "/outputs/0/type"),
            ({"privacy": "none"}, "/outputs/0/privacy"),
        ],
    )
    def test_what_is_taken_back_fits_what_is_set(self, changed: JsonObject, field: str):
        assert only(said_of(outputs=[{**OUTPUT, **changed}]), "FLOW-17").field == field

    def test_more_privacy_than_the_sub_flow_has_is_fine(self):
        assert said_of(outputs=[{**OUTPUT, "privacy": "secret"}]) == ()

    def test_what_the_sub_flow_needs_must_be_there(self):
        needs = replace(CHILD, needs=("agent", "recording"))

        missing = [one for one in said_of(known=needs) if one.rule == "CORE-19"]
        met = said_of(passes_with("agent"), opens_span("recording"), known=needs)

        assert [one.node for one in missing] == ["call", "call"]
        assert "CORE-19" not in rules(met)


def passes_with(need: str) -> Component:
    plain = passes()
    return replace(plain, manifest=replace(plain.manifest, provides=(need,)))


class TestCalled:
    def test_steps_may_rely_on_what_the_caller_has(self):
        flow = child(waits(requires=("agent", "recording")), given=("agent", "recording"))

        assert "CORE-19" not in rules(verify(flow.graph, flow.components))

    def test_but_on_nothing_else(self):
        flow = child(waits(requires=("agent", "recording")), given=("agent",))

        assert only(verify(flow.graph, flow.components), "CORE-19").node == "n1"

    def test_its_caller_has_asked_for_consent_to_a_recording_it_has(self):
        flow = child(opens_span("recording"), given=("recording",))

        assert "CORE-03" not in rules(verify(flow.graph, flow.components))

    def test_it_brings_nobody_in(self):
        rings = waits()
        rings = replace(rings, manifest=replace(rings.manifest, group="people"))
        flow = child(rings)

        assert only(verify(flow.graph, flow.components), "FLOW-18").node == "n1"
