"""JSON in and out: what was written is read back, what is wrong is named by its pointer."""

from __future__ import annotations

import json

import pytest

from flow import codec
from flow.codec import (
    command_from_json,
    command_to_json,
    event_from_json,
    event_to_json,
    graph_from_json,
    graph_to_json,
    request_from_json,
    request_to_json,
    state_from_json,
    state_to_json,
)
from flow.errors import MalformedDocumentError, MalformedGraphError
from flow.graph import Boundary, BoundaryKind, JsonObject, JsonValue, NodeId, ValueType, Variable
from flow.interpreter.advance import initial_state
from flow.state import RunState
from tests.builders import acted, joined, left, linear, started
from tests.flow.parts import opens_span, times_out, waits


def through_text(document: JsonObject) -> JsonObject:
    """As a store gives it back: parsed from text, order of members lost."""
    read = json.loads(json.dumps(document, sort_keys=True))
    assert isinstance(read, dict)
    return read


def a_graph() -> JsonObject:
    flow = linear(
        waits(),
        variables=(Variable(name="form.amount", type=ValueType.NUMBER, initial=1.5),),
        boundaries=(
            Boundary(kind=BoundaryKind.CUSTOMER_DROP, target=NodeId("refused"), after_s=90),
            Boundary(
                kind=BoundaryKind.TIMEOUT, target=NodeId("done"), scope=NodeId("n1"), after_s=5
            ),
        ),
        settings={"locales": ["en", "zh-Hans"], "later": {"kept": True}},
        config={"n1": {"text": "äöü 同意", "list": [1, 2.5, None]}},
    )
    return graph_to_json(flow.graph)


def test_a_graph_is_read_back() -> None:
    document = a_graph()

    graph = graph_from_json(through_text(document))

    assert graph_to_json(graph) == document
    assert graph.settings["later"] == {"kept": True}


def test_a_state_is_read_back_in_order() -> None:
    flow = linear(opens_span(), times_out(), waits())
    step = started(flow, joined("zoe"), joined("anna"), left("anna"))

    state = state_from_json(through_text(state_to_json(step.state)))

    assert state == step.state
    assert list(state.activities) == ["n1.1", "n2.1"]
    assert list(state.people) == ["zoe", "anna"]


def test_the_state_before_the_first_event_is_read_back() -> None:
    assert state_from_json(state_to_json(initial_state())) == RunState()


def test_events_requests_and_commands_are_read_back() -> None:
    flow = linear(times_out())
    event = acted("n1.1", "ok", data={"fields": [1, None]})
    (command,) = started(flow).commands

    assert event_from_json(through_text(event_to_json(event))) == event
    assert request_from_json(through_text(request_to_json(command.request))) == command.request
    assert command_from_json(through_text(command_to_json(command))) == command


def test_a_command_of_the_run_is_read_back() -> None:
    (command,) = started(linear(waits()), joined(), left()).commands

    assert command.activity is None
    assert command_from_json(command_to_json(command)) == command


def at_pointer(document: JsonValue, pointer: str, value: JsonValue) -> JsonValue:
    """The document with one spot set."""
    changed = json.loads(json.dumps(document))
    spot = changed
    *way, last = pointer.strip("/").split("/")
    for part in way:
        spot = spot[int(part)] if isinstance(spot, list) else spot[part]
    spot[int(last) if isinstance(spot, list) else last] = value
    result: JsonValue = changed
    return result


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/schema", "graph/0"),
        ("/start", None),
        ("/nodes", {}),
        ("/nodes/0", "node"),
        ("/nodes/0/id", "Not a slug"),
        ("/nodes/1/id", "done"),
        ("/nodes/0/component", 7),
        ("/nodes/0/title", "Title"),
        ("/nodes/0/config", []),
        ("/nodes/0/colour", "red"),
        ("/nodes/1/config/text", "\ud800"),
        ("/nodes/1/config/text", 2**60),
        ("/nodes/1/config/text", float("nan")),
        ("/edges/0/to", None),
        ("/edges/0/weight", 1),
        ("/variables/0/name", "Form.Amount"),
        ("/variables/0/type", "money"),
        ("/variables/0/outcomes", []),
        ("/boundaries/0/on", "boredom"),
        ("/boundaries/0/after_s", -1),
        ("/boundaries/0/after_s", True),
        ("/settings", None),
        ("/surprise", 1),
    ],
)
def test_a_wrong_spot_of_a_graph_is_named(pointer: str, value: JsonValue) -> None:
    document = a_graph()

    with pytest.raises(MalformedGraphError) as error:
        graph_from_json(at_pointer(document, pointer, value))

    assert error.value.path == pointer


@pytest.mark.parametrize("document", [None, 7, "graph", [], {}])
def test_what_is_no_graph_at_all_is_refused(document: JsonValue) -> None:
    with pytest.raises(MalformedGraphError):
        graph_from_json(document)


def test_endless_nesting_is_refused() -> None:
    deep: JsonValue = []
    for _ in range(200):
        deep = [deep]

    with pytest.raises(MalformedGraphError):
        graph_from_json(at_pointer(a_graph(), "/settings", {"deep": deep}))


@pytest.mark.parametrize(("name", "most"), [("nodes", codec.MAX_NODES), ("edges", codec.MAX_EDGES)])
def test_too_much_of_anything_is_refused(name: str, most: int) -> None:
    with pytest.raises(MalformedGraphError) as error:
        graph_from_json({**a_graph(), name: [None] * (most + 1)})

    assert error.value.path == f"/{name}"


def test_too_many_bytes_are_refused() -> None:
    document = at_pointer(a_graph(), "/settings", {"text": "x" * codec.MAX_BYTES})

    with pytest.raises(MalformedGraphError) as error:
        graph_from_json(document)

    assert "bytes" in error.value.expected


@pytest.mark.parametrize(
    "document",
    [
        {"schema": "event/2", "type": "Acted"},
        {"schema": "event/1"},
        {"schema": "event/1", "type": "TimerFired", "at_ms": 1},
        {"schema": "event/1", "type": "TimerFired", "at_ms": "1", "key": "k"},
        {"schema": "event/1", "type": "TimerFired", "at_ms": 1, "key": "k", "extra": 1},
        {"schema": "event/1", "type": "RunCancelled", "at_ms": True, "by": "x", "reason": ""},
    ],
)
def test_a_wrong_event_is_refused(document: JsonObject) -> None:
    with pytest.raises(MalformedDocumentError):
        event_from_json(document)


def test_a_role_nobody_has_is_refused() -> None:
    document = {**event_to_json(joined()), "role": "king"}

    with pytest.raises(MalformedDocumentError) as error:
        event_from_json(document)

    assert error.value.path == "/role"


@pytest.mark.parametrize(
    "change",
    [
        {"activities": {}},
        {"activities": [{}]},
        {"status": "asleep"},
        {"ending": {"kind": "success"}},
        {"passed": {"n1": {"outcome": "ok", "visits": 1.5, "at_ms": 1}}},
    ],
)
def test_a_wrong_state_is_refused(change: JsonObject) -> None:
    with pytest.raises(MalformedDocumentError):
        state_from_json({**state_to_json(initial_state()), **change})


def test_a_state_without_later_members_is_read() -> None:
    assert state_from_json({"schema": "state/1"}) == RunState()


def test_an_older_document_is_upgraded_step_by_step() -> None:
    upgrades = {
        "event/0": lambda old: {**old, "schema": "event/0b"},
        "event/0b": lambda old: {**old, "schema": "event/1", "key": old["timer"]},
    }

    read = codec.upgraded({"schema": "event/0", "timer": "t"}, "event/1", upgrades)

    assert read == {"timer": "t", "key": "t"}
