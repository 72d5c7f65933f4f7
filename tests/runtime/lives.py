"""Flows whose steps do as they are told, of `tests.flow.parts`, live in a database."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.utils import timezone

from components.registry import components_of
from designer.models import FlowVersion
from flow.codec import graph_from_json
from flow.component import Component
from flow.events import Acted, ActivityId, ParticipantId
from flow.graph import Graph, NodeId, to_json
from runtime import driver, versions
from runtime.clock import now_ms
from runtime.models import Run
from tests.flow.played import PARTS
from tests.runtime import builders
from tests.runtime.builders import edge, end, graph, node


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a flow name the parts beside the components we ship."""

    def found(drawn: Graph) -> dict[NodeId, Component]:
        scripted = {
            one.id: PARTS[one.component]
            for one in drawn.nodes.values()
            if one.component.startswith("test.")
        }
        return components_of(drawn) | scripted

    monkeypatch.setattr(versions, "components_of", found)


def asking(*before: str, ask: str = "ask", **more: Any) -> dict[str, Any]:
    """link → each of `before` (`test.book1`, …) → a step that leaves as it is told → done."""
    names = {f"s{number}": key for number, key in enumerate(before, start=1)}
    line = ["link", *names, ask, "done"]
    nodes = [node("link", "entry.link"), *(node(*one) for one in names.items())]
    nodes += [node(ask, "test.wait"), end(), end("refused", "reject")]
    edges = [edge(a, "ok", b) for a, b in itertools.pairwise(line)]
    edges += [edge(one, "fail", "refused") for one in (*names, ask)]
    return graph(nodes, [*edges, edge("link", "expired", "refused")], **more)


def next_version(version: FlowVersion, document: dict[str, Any]) -> FlowVersion:
    """Another version of the same flow."""
    parsed = graph_from_json(document)
    return FlowVersion.objects.create(
        flow=version.flow,
        number=version.flow.versions.count() + 1,
        hash=parsed.content_hash,
        graph=to_json(parsed),
        published_at=timezone.now(),
    )


def acted(step: str, action: str, *, at_ms: int, **data: Any) -> Acted:
    """The customer presses something."""
    return Acted(
        at_ms=at_ms,
        activity=ActivityId(step),
        action=action,
        participant=ParticipantId("p1"),
        role="customer",
        data=data,
    )


def act(run: Run, action: str, *, step: str = "ask.1", **data: Any) -> None:
    """The customer presses something now."""
    event = acted(step, action, at_ms=now_ms(), **data)
    driver.advance_run(run.pk, event, key=f"{step}:{action}:{now_ms()}", actor="test")
    run.refresh_from_db()


def halted(document: dict[str, Any] | None = None) -> Run:
    """A run that its step has halted by writing what it never declared."""
    run = builders.entered(document or asking())
    act(run, "write", nobody=1)
    return run
