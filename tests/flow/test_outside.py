"""Connections that steps name, as far as verification is told of them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from flow.graph import JsonObject
from flow.verification.neighbours import Neighbours
from flow.verification.verify import verify
from tests.builders import linear
from tests.flow.findings import only
from tests.flow.parts import waits

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"target": {"type": "string", "x-connection": ["sms", "email"]}},
}


def rules_said(name: str, connections: Mapping[str, str] | None) -> list[str]:
    flow = linear(waits(config_schema=SCHEMA), config={"n1": {"target": name}})
    found = verify(flow.graph, flow.components, Neighbours(connections=connections))
    return [one.rule for one in found]


@pytest.mark.parametrize(
    ("connections", "said"),
    [
        ({}, "uses the connection “texts”, which is not there"),
        ({"texts": "core"}, "uses the connection “texts”, which is of another kind"),
    ],
)
def test_a_connection_that_does_not_serve_is_found(connections, said):
    flow = linear(waits(config_schema=SCHEMA), config={"n1": {"target": "texts"}})

    found = verify(flow.graph, flow.components, Neighbours(connections=connections))

    finding = only(found, "FLOW-19")
    assert (finding.node, finding.field, finding.severity) == ("n1", "/target", "error")
    assert said in finding.message["en"]
    assert "“texts”" in finding.message["zh-Hans"]


@pytest.mark.parametrize("connections", [{"texts": "sms"}, {"texts": "email"}, None])
def test_nothing_is_said_of_one_that_serves_or_that_nobody_knows_of(connections):
    assert "FLOW-19" not in rules_said("texts", connections)


def test_an_empty_name_is_the_settings_own_matter():
    assert "FLOW-19" not in rules_said("", {})
