"""The log of a run as a person reads it: its events with what they say, or the traces they left.

What people and other systems sent has no names that could be looked up, so it is shown leaf by leaf
only where the step it went to keeps nothing that this reader may not see whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import UnionType
from typing import Any

from django.db.models import QuerySet

from flow.graph import JsonObject, JsonValue, NodeId, Privacy
from flow.interpreter.bound import BoundGraph
from flow.privacy import MASK, Sight, Veil, seen
from flow.shapes import an_object
from runtime import sealing
from runtime.models import Run, RunEvent
from runtime.sealing import Seal

_SENT = {
    "Acted": "data",
    "Signalled": "data",
    "ExternalEventReceived": "data",
    "CommandCompleted": "result",
}
"""Kind of event -> its member with what somebody sent, of any shape."""
_OF_THE_HOUSE = frozenset(
    {
        "evidence", "sha256", "width", "height", "sharpness", "at_ms", "recording",
        "started_at_ms", "files", "duration_ms", "head", "bytes", "role", "room", "generation",
        "worker", "position", "eta_s", "agent", "staff_no", "participant", "field", "status",
        "code", "kind", "run", "flow", "number", "hash",
    }
)  # fmt: skip
"""Names under which only the house itself says something: they are shown whatever the step."""
_STRUCTURE = frozenset(
    {
        "activity", "key", "participant", "role", "action", "recording", "what", "code", "outcome",
        "by", "to", "graph", "nodes", "generation", "worker", "staff_no", "deliberate", "locale",
    }
)  # fmt: skip
"""Members of an event that name things and hold nothing that was said."""
_LEFT_OUT = frozenset({"schema", "type", "at_ms", "seed"})


Graphs = Sequence[tuple[int, BoundGraph]]
"""The graphs a run has gone under, each with the seq of its first event; the newest first."""


def events_of(
    run: Run, graphs: Graphs, veil: Veil, *, after: int, limit: int
) -> list[dict[str, Any]]:
    """The log after seq `after`, at most `limit` events, as far as the veil lets it be seen.

    Steps are called as in the version that took the event.
    """
    seal = sealing.seal_of_row(run)
    moves = _moves(run, seal) if len(graphs) > 1 else []
    told = []
    for event in found_after(run, after, limit):
        bound = next(one for first, one in graphs if first <= event.seq)
        said = seal.open_event(event)
        node = _node_of(said, bound, [nodes for seq, nodes in moves if seq < event.seq])
        told.append(_event(event, said, bound, node, veil))
    return told


def _moves(run: Run, seal: Seal) -> list[tuple[int, JsonObject]]:
    """When the run moved to another version, and how its steps were called from then on."""
    moved = RunEvent.objects.filter(run=run, kind="RunMigrated").order_by("seq")
    return [(one.seq, an_object(seal.open_event(one).get("nodes", {}), "")) for one in moved]


def traces_of(run: Run, *, after: int, limit: int) -> list[dict[str, Any]]:
    """What is left of an erased run's log: kinds, times and hashes."""
    return [trace_of(one) for one in found_after(run, after, limit)]


def found_after(run: Run, after: int, limit: int) -> QuerySet[RunEvent]:
    """The rows after seq `after`, at most `limit`."""
    return RunEvent.objects.filter(run=run, seq__gt=after).order_by("seq")[:limit]


def trace_of(event: RunEvent) -> dict[str, Any]:
    """An event without what it says."""
    return {
        "seq": event.seq,
        "kind": event.kind,
        "actor": event.actor,
        "at_ms": event.at_ms,
        "data": {},
        "node": None,
        "title": None,
        "hash": event.hash,
    }


def _event(
    event: RunEvent, said: JsonObject, bound: BoundGraph, node: NodeId | None, veil: Veil
) -> dict[str, Any]:
    return {
        **trace_of(event),
        "data": _told(event.kind, said, _keeps_hidden(node, bound, veil), veil),
        "node": node,
        "title": dict(bound.title(node)) if node is not None else None,
    }


def _node_of(said: JsonObject, bound: BoundGraph, renamed: Sequence[JsonObject]) -> NodeId | None:
    """The node an event concerns: of its activity, or of the activity its command key names.

    An activity keeps its id when the run moves to a version in which its node has another.
    """
    activity = said.get("activity") or str(said.get("key", "")).rpartition(":")[0]
    node = str(activity).rpartition(".")[0]
    for nodes in renamed:
        node = str(nodes.get(node, node))
    return NodeId(node) if node in bound.graph.nodes else None


def _keeps_hidden(node: NodeId | None, bound: BoundGraph, veil: Veil) -> bool:
    """Whether the step keeps something that the reader does not see whole."""
    if node is None:
        return veil.sights[Privacy.PERSONAL] is not Sight.WHOLE
    return any(veil.sight(one) is not Sight.WHOLE for one in bound.outputs(node))


def _told(kind: str, said: JsonObject, is_hidden: bool, veil: Veil) -> JsonObject:
    told = {
        name: value if name in _STRUCTURE else veil.over(value)
        for name, value in said.items()
        if name not in _LEFT_OUT
    }
    sent = _SENT.get(kind)
    if sent is not None and sent in said:
        told[sent] = _sent(an_object(said[sent], ""), is_hidden, veil)
    elif kind == "RunStarted":
        told["variables"] = veil.variables(an_object(said.get("variables", {}), ""))
    elif kind == "ParticipantJoined" and said.get("role") == "customer" and said.get("name"):
        told["name"] = seen(said["name"], veil.sights[Privacy.PERSONAL])
    elif is_hidden and "message" in told:
        told["message"] = MASK
    return told


def _sent(sent: JsonObject, is_hidden: bool, veil: Veil) -> JsonValue:
    """Half a secret is one too: what is being typed into a field is hidden as the whole will be."""
    if "field" in sent and "value" in sent:
        return {**sent, "value": veil.variable(f"form.{sent['field']}", sent["value"])}
    if is_hidden:
        return _blanked(sent, str | int | float)
    if veil.sights[Privacy.PERSONAL] is not Sight.WHOLE:
        return _blanked(sent, str)
    return veil.over(sent)


def _blanked(value: JsonValue, kinds: type | UnionType) -> JsonValue:
    """Nothing of these kinds but what the house says, and the shape of the rest."""
    match value:
        case dict():
            is_staff = "staff_no" in value
            return {
                key: one
                if key in _OF_THE_HOUSE or (key == "name" and is_staff)
                else _blanked(one, kinds)
                for key, one in value.items()
            }
        case list():
            return [_blanked(one, kinds) for one in value]
        case bool() | None:
            return value
        case _:
            return MASK if isinstance(value, kinds) else value
