"""What golden histories are made of: components of a key each, and graphs drawn of them."""

from __future__ import annotations

from collections.abc import Callable

from flow.commands import (
    AskCore,
    GrabFrame,
    OpenRoom,
    StartChildRun,
    StartRecording,
    StopRecording,
)
from flow.component import Component, Reaction
from flow.events import Event, RecordingId
from flow.graph import Boundary, Graph, JsonObject, ValueType, Variable
from tests.builders import graph
from tests.flow.parts import (
    Scripted,
    asks,
    books,
    branches,
    calls,
    closes_span,
    component,
    ends,
    enters,
    hears,
    joins,
    opens_span,
    retries,
    sets,
    splits,
    times_out,
    waits,
)

AMOUNT = Variable(name="form.amount", type=ValueType.NUMBER)
RECORDING = RecordingId("r1")
_ROOM_AND_RECORDING = Reaction(requests=(OpenRoom(), StartRecording(recording=RECORDING)))
QUERY = AskCore(
    connection="core",
    operation="limit",
    effect="query",
    key="query.1",
    payload={},
    take={},
    until_ms=60_000,
)

PARTS: dict[str, Component] = {
    one.manifest.key: one
    for one in (
        enters(),
        waits(),
        branches(),
        retries(2),
        times_out(),
        asks(GrabFrame(role="customer", label="id")),
        component("test.call", Scripted(at_start=_ROOM_AND_RECORDING)),
        asks(StopRecording(recording=RECORDING), key="test.stop"),
        opens_span("recording"),
        closes_span("recording"),
        sets(AMOUNT, 12),
        splits("left", "right"),
        joins("all", key="test.join_all"),
        joins("any", key="test.join_any"),
        books(1),
        books(2),
        asks(QUERY, key="test.query"),
        hears("booked"),
        calls(StartChildRun(flow="child", inputs={"limit.old": 200}, wanted=("limit.new",))),
        ends("success"),
        ends("reject"),
        ends("defer"),
    )
}
"""Component of each key a history can name."""

Scene = Callable[[], tuple[Graph, list[Event], *tuple[Graph, ...]]]
"""A flow, what happens to a run of it, and the versions that a `RunMigrated` leads to."""


def drawn(
    named: dict[str, str],
    edges: list[str],
    *,
    config: dict[str, JsonObject] | None = None,
    variables: tuple[Variable, ...] = (),
    boundaries: tuple[Boundary, ...] = (),
    settings: JsonObject | None = None,
) -> Graph:
    """A graph of PARTS by node id and component key."""
    parts = {node: PARTS[key] for node, key in named.items()}
    return graph(
        parts,
        edges,
        config=config,
        variables=variables,
        boundaries=boundaries,
        settings=settings,
    )
