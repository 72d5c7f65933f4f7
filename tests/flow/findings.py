"""Findings on small flows, for the tests of verification."""

from __future__ import annotations

from flow.component import Component
from flow.graph import (
    Boundary,
    JsonObject,
    JsonValue,
    ValueType,
    Variable,
)
from flow.verification.finding import Finding
from flow.verification.verify import verify
from tests.builders import Parts, components, graph
from tests.flow.parts import (
    component,
)

AMOUNT = Variable(name="form.amount", type=ValueType.NUMBER)


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
