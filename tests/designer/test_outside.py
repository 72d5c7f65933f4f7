"""Publishing looks for the connections that steps name among those of the workspace."""

from __future__ import annotations

import pytest

from designer.checking import findings_of, graph_of
from designer.neighbours import neighbours_of
from runtime.models import Connection
from tests.accounts.people import workspace
from tests.runtime.builders import edge, end, graph, node

pytestmark = pytest.mark.django_db


def said_in(bank: str) -> list[tuple[str | None, str | None]]:
    """Node and field of what is said of a connection, in the workspace of this name."""
    nodes = [node("link", "entry.link"), node("ask", "int.http", connection="rates"), end()]
    edges = [edge("link", "ok", "ask"), edge("ask", "ok", "done")]
    drawn = graph_of(graph(nodes, edges))
    found = findings_of(drawn, neighbours_of(drawn, workspace(bank).pk))
    return [(one.node, one.field) for one in found if one.rule == "FLOW-19"]


def connect(bank: str, **more: object) -> None:
    Connection.objects.create(
        **{
            "workspace": workspace(bank),
            "name": "rates",
            "kind": "http",
            "base_url": "https://rates.example",
            **more,
        }
    )


def test_a_connection_that_is_not_there_is_found():
    assert said_in("Bank") == [("ask", "/connection")]


def test_one_that_is_there_is_not():
    connect("Bank")

    assert said_in("Bank") == []


@pytest.mark.parametrize("more", [{"allowed": False}, {"kind": "core"}])
def test_one_that_is_off_or_of_another_kind_does_not_serve(more):
    connect("Bank", **more)

    assert said_in("Bank") == [("ask", "/connection")]


def test_that_of_another_workspace_does_not_serve():
    connect("Another bank")

    assert said_in("Bank") == [("ask", "/connection")]
