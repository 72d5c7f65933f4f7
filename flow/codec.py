"""JSON <-> graph, events, state, commands; each names its schema, and older ones are upgraded.

Decoding what was encoded gives an equal value. Documents come from people and from storage alike,
so nothing is believed: a fault raises an error with the JSON pointer of the spot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias, TypeVar, get_args

import rfc8785

from flow import shapes
from flow.commands import Command, Request
from flow.component import Signal
from flow.errors import MalformedDocumentError, MalformedGraphError
from flow.events import ActivityId, Event
from flow.graph import (
    SCHEMA,
    Boundary,
    BoundaryKind,
    Edge,
    Graph,
    Group,
    JsonObject,
    JsonValue,
    Node,
    NodeId,
    Variable,
)
from flow.graph import to_json as graph_to_json
from flow.shapes import an_object, any_json, member
from flow.state import Deferred, RunState

__all__ = [
    "command_from_json",
    "command_to_json",
    "event_from_json",
    "event_to_json",
    "graph_from_json",
    "graph_to_json",
    "request_from_json",
    "request_to_json",
    "state_from_json",
    "state_to_json",
]

MAX_NODES = 2_000
MAX_EDGES = 10_000
MAX_VARIABLES = 2_000
MAX_BOUNDARIES = 2_000
MAX_GROUPS = 500
MAX_BYTES = 2 * 1024 * 1024
"""Of a graph's JSON in UTF-8. Who reads bytes checks them against this before parsing."""
NODE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}(\.[a-z0-9_]{1,64}){0,7}")

MAX_AFTER_S = 7 * 24 * 3600

EVENT, STATE, COMMAND, REQUEST = "event/1", "state/1", "command/1", "request/1"

Upgrade: TypeAlias = Callable[[JsonObject], JsonObject]
UPGRADES: Mapping[str, Upgrade] = {}
"""Schema of an older document -> what makes it the next, `schema` included; repeated."""

K = TypeVar("K")
_ORDERED = ("activities", "people", "recordings")
_GRAPH_MEMBERS = ("start", "nodes", "edges", "variables", "boundaries", "groups", "settings")
_EVENTS: Mapping[str, type[Event]] = {one.__name__: one for one in get_args(Event)}
_REQUESTS: Mapping[str, type[Request]] = {one.__name__: one for one in get_args(Request)}
_SIGNALS: Mapping[str, type[Signal]] = {one.__name__: one for one in get_args(Signal)}


def event_to_json(event: Event) -> JsonObject:
    """The `event/1` document."""
    return _typed(EVENT, event)


def event_from_json(document: JsonValue) -> Event:
    """Raises MalformedDocumentError."""
    return _of_type(upgraded(document, EVENT), _EVENTS)


def request_to_json(request: Request) -> JsonObject:
    """The `request/1` document."""
    return _typed(REQUEST, request)


def request_from_json(document: JsonValue) -> Request:
    """Raises MalformedDocumentError."""
    return _of_type(upgraded(document, REQUEST), _REQUESTS)


def command_to_json(command: Command) -> JsonObject:
    """The `command/1` document."""
    return {
        "schema": COMMAND,
        "key": command.key,
        "activity": command.activity,
        "request": _typed(REQUEST, command.request),
    }


def command_from_json(document: JsonValue) -> Command:
    """Raises MalformedDocumentError."""
    members = upgraded(document, COMMAND)
    activity = members.get("activity")
    return Command(
        key=_text(members.get("key"), "/key"),
        activity=None if activity is None else ActivityId(_text(activity, "/activity")),
        request=request_from_json(members.get("request")),
    )


def state_to_json(state: RunState) -> JsonObject:
    """Maps whose order says something become lists: not every store keeps the order of members."""
    members = an_object(shapes.to_json(state), "")
    for name in _ORDERED:
        members[name] = list(an_object(members[name], "").values())
    if state.deferred:
        members["deferred"] = [_deferred_json(one) for one in state.deferred]
    return {"schema": STATE, **members}


def state_from_json(document: JsonValue) -> RunState:
    """Raises MalformedDocumentError."""
    members = upgraded(document, STATE)
    for name in _ORDERED:
        if name in members:
            members[name] = _by_id(members[name], f"/{name}")
    deferred = members.pop("deferred", None)
    state = shapes.from_json(RunState, members)
    if deferred is None:
        return state
    told = [
        _deferred(one, f"/deferred/{n}") for n, one in enumerate(_a_list(deferred, "/deferred"))
    ]
    return replace(state, deferred=tuple(told))


def _deferred_json(one: Deferred) -> JsonObject:
    signal = an_object(shapes.to_json(one.signal), "")
    return {"activity": one.activity, "type": type(one.signal).__name__, "signal": signal}


def _deferred(value: JsonValue, path: str) -> Deferred:
    members = dict(an_object(value, path))
    activity = ActivityId(_text(members.pop("activity", None), f"{path}/activity"))
    signal = dict(an_object(members.get("signal"), f"{path}/signal"))
    return Deferred(
        activity=activity, signal=_of_type({**signal, "type": members.get("type")}, _SIGNALS)
    )


def _a_list(value: JsonValue, path: str) -> list[JsonValue]:
    if not isinstance(value, list):
        raise MalformedDocumentError(path=path, expected="a list", found=value)
    return value


def graph_from_json(document: JsonValue) -> Graph:
    """The graph of a `graph/1` document.

    Raises MalformedGraphError with the JSON pointer of what is wrong or beyond the bounds. Whether
    the flow makes sense (targets exist, outcomes are wired) is the question of `flow.verification`.
    """
    try:
        return _graph(upgraded(document, SCHEMA))
    except MalformedGraphError:
        raise
    except MalformedDocumentError as error:
        raise MalformedGraphError(
            path=error.path, expected=error.expected, found=error.found
        ) from error


def _graph(document: JsonObject) -> Graph:
    _no_more_than(document, _GRAPH_MEMBERS, "")
    nodes = [_node(one, path) for one, path in _items(document, "nodes", MAX_NODES)]
    graph = Graph(
        start=NodeId(_text(document.get("start"), "/start")),
        nodes=_unique_nodes(nodes),
        edges=tuple(_edge(one, path) for one, path in _items(document, "edges", MAX_EDGES)),
        variables=tuple(_variable(*one) for one in _items(document, "variables", MAX_VARIABLES)),
        boundaries=tuple(_boundary(*one) for one in _items(document, "boundaries", MAX_BOUNDARIES)),
        groups=tuple(_group(*one) for one in _items(document, "groups", MAX_GROUPS)),
        settings=an_object(any_json(document.get("settings", {}), "/settings"), "/settings"),
    )
    if len(rfc8785.dumps(graph_to_json(graph))) > MAX_BYTES:
        raise MalformedGraphError(path="", expected=f"at most {MAX_BYTES} bytes", found="more")
    return graph


def _items(document: JsonObject, name: str, most: int) -> list[tuple[JsonValue, str]]:
    """The members of a list with the JSON pointer of each; an absent list is empty."""
    value = document.get(name, [])
    if not isinstance(value, list):
        raise MalformedGraphError(path=f"/{name}", expected="a list", found=value)
    if len(value) > most:
        raise MalformedGraphError(path=f"/{name}", expected=f"at most {most}", found=len(value))
    return [(one, f"/{name}/{n}") for n, one in enumerate(value)]


_NODE_MEMBERS = ("id", "component", "version", "title", "config", "sla_s", "media")


def _node(value: JsonValue, path: str) -> Node:
    members = an_object(value, path)
    _no_more_than(members, _NODE_MEMBERS, path)
    media = any_json(members.get("media", {}), f"{path}/media")
    return Node(
        id=NodeId(_matching(NODE_ID, members.get("id"), f"{path}/id")),
        component=_text(members.get("component"), f"{path}/component"),
        version=_text(members.get("version"), f"{path}/version"),
        title=shapes.text_map(members.get("title", {}), f"{path}/title"),
        config=an_object(any_json(members.get("config", {}), f"{path}/config"), f"{path}/config"),
        sla_s=_seconds(members.get("sla_s", 0), f"{path}/sla_s"),
        media=an_object(media, f"{path}/media"),
    )


def _seconds(value: JsonValue, path: str) -> int:
    seconds = shapes.from_json(int, value, path)
    if not 0 <= seconds <= MAX_AFTER_S:
        raise MalformedGraphError(path=path, expected=f"0 to {MAX_AFTER_S} seconds", found=seconds)
    return seconds


def _unique_nodes(nodes: list[Node]) -> dict[NodeId, Node]:
    found: dict[NodeId, Node] = {}
    for n, one in enumerate(nodes):
        if one.id in found:
            raise MalformedGraphError(
                path=f"/nodes/{n}/id", expected="an id of its own", found=one.id
            )
        found[one.id] = one
    return found


def _edge(value: JsonValue, path: str) -> Edge:
    members = an_object(value, path)
    _no_more_than(members, ("from", "outcome", "to"), path)
    return Edge(
        source=NodeId(_text(members.get("from"), f"{path}/from")),
        outcome=_text(members.get("outcome"), f"{path}/outcome"),
        target=NodeId(_text(members.get("to"), f"{path}/to")),
    )


def _group(value: JsonValue, path: str) -> Group:
    members = an_object(value, path)
    _no_more_than(members, ("id", "nodes", "title"), path)
    return Group(
        id=NodeId(_matching(NODE_ID, members.get("id"), f"{path}/id")),
        nodes=tuple(
            NodeId(_text(one, f"{path}/nodes/{n}"))
            for n, one in enumerate(_a_list(members.get("nodes"), f"{path}/nodes"))
        ),
        title=shapes.text_map(members.get("title", {}), f"{path}/title"),
    )


def _variable(value: JsonValue, path: str) -> Variable:
    members = dict(an_object(value, path))
    _no_more_than(members, ("name", "type", "privacy", "initial"), path)
    _matching(VARIABLE_NAME, members.get("name"), f"{path}/name")
    return shapes.from_json(Variable, members, path)


def _boundary(value: JsonValue, path: str) -> Boundary:
    members = an_object(value, path)
    _no_more_than(members, ("on", "scope", "after_s", "to"), path)
    scope = members.get("scope")
    after_s = _seconds(members.get("after_s", 0), f"{path}/after_s")
    return Boundary(
        kind=shapes.from_json(BoundaryKind, members.get("on"), f"{path}/on"),
        target=NodeId(_text(members.get("to"), f"{path}/to")),
        scope=None if scope is None else NodeId(_text(scope, f"{path}/scope")),
        after_s=after_s,
    )


def _typed(schema: str, value: Event | Request) -> JsonObject:
    members = an_object(shapes.to_json(value), "")
    return {"schema": schema, "type": type(value).__name__, **members}


def _of_type(members: JsonObject, kinds: Mapping[str, type[K]]) -> K:
    name = members.pop("type", None)
    if not isinstance(name, str) or name not in kinds:
        raise MalformedDocumentError(
            path="/type", expected="one of " + ", ".join(kinds), found=name
        )
    return shapes.from_json(kinds[name], members)


def upgraded(
    document: JsonValue, schema: str, upgrades: Mapping[str, Upgrade] = UPGRADES
) -> JsonObject:
    """The members of the document in the schema of today, without `schema`: a fresh dict."""
    members = dict(an_object(document, ""))
    found = members.get("schema")
    while isinstance(found, str) and found in upgrades:
        members = dict(upgrades[found](members))
        found = members.get("schema")
    if found != schema:
        raise MalformedDocumentError(path="/schema", expected=schema, found=found)
    del members["schema"]
    return members


def _by_id(value: JsonValue, path: str) -> JsonObject:
    if not isinstance(value, list):
        raise MalformedDocumentError(path=path, expected="a list", found=value)
    records = [an_object(one, f"{path}/{n}") for n, one in enumerate(value)]
    return {_text(one.get("id"), f"{path}/{n}/id"): one for n, one in enumerate(records)}


def _text(value: JsonValue, path: str) -> str:
    return shapes.from_json(str, value, path)


def _matching(pattern: re.Pattern[str], value: JsonValue, path: str) -> str:
    text = _text(value, path)
    if pattern.fullmatch(text) is None:
        raise MalformedDocumentError(path=path, expected=f"text like {pattern.pattern}", found=text)
    return text


def _no_more_than(members: JsonObject, known: tuple[str, ...], path: str) -> None:
    for name in members:
        if name not in known:
            raise MalformedDocumentError(
                path=member(path, name), expected="no such member", found=name
            )
