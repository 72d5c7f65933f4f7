"""A run as its auditor reads it.

People, recordings, pictures, forms, variables and events, as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from flow.graph import JsonObject, JsonValue, Privacy
from flow.interpreter.bound import BoundGraph
from flow.interpreter.incidents import choices
from flow.projection import MASK, outcomes_past
from flow.state import RunState, RunStatus
from runtime import sealing
from runtime.models import Evidence, Participant, Recording, RecordingFile, Run, RunEvent

_SHORTEST_SECRET = 4


def time_of(at_ms: int | None) -> datetime | None:
    """Milliseconds since 1970 as a date, None for None."""
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)


def row_of(run: Run) -> dict[str, Any]:
    """A line of the list of runs; `run` comes with version, flow and participants."""
    agents = [one.name for one in run.participants.all() if one.role == Participant.Role.AGENT]
    ended = run.ended_at_ms
    return {
        "id": run.pk,
        "number": run.number,
        "flow": run.version.flow.name,
        "version": run.version.number,
        "status": run.status,
        "ending": run.ending or None,
        "started_at": time_of(run.started_at_ms),
        "ended_at": time_of(ended),
        "agent": agents[-1] if agents else "",
        "duration_ms": None if ended is None else ended - run.started_at_ms,
        "erased_at": time_of(run.erased_at_ms),
    }


def story_of(run: Run, bound: BoundGraph, state: RunState) -> dict[str, Any]:
    """The document of one run: row, graph, people, recordings, evidence, forms, variables."""
    ending = state.ending
    return {
        **_record_of(run),
        "ending": None if ending is None else {"kind": ending.kind.value, "code": ending.code},
        "incident": _incident(bound, state),
        "current": _current(state),
        "suspended_at": time_of(state.suspended_at_ms),
        "to_undo": len(state.done) if state.status is RunStatus.COMPENSATING else 0,
        "forms": list(_forms(bound, state)),
        "variables": list(_variables(bound, state)),
    }


def skeleton_of(run: Run) -> dict[str, Any]:
    """The document of an erased run: that it was, when, and what there had been of it."""
    return {
        **_record_of(run),
        "ending": {"kind": run.ending, "code": ""},
        "current": [],
        "incident": None,
        "suspended_at": None,
        "to_undo": 0,
        "forms": [],
        "variables": [],
    }


def _record_of(run: Run) -> dict[str, Any]:
    """What the rows beside the log say."""
    return {
        **row_of(run),
        "graph": run.version.graph,
        "layout": run.version.layout,
        "people": _people(run),
        "recordings": [_recording(one) for one in _recordings(run)],
        "evidence": [_picture(one) for one in _pictures(run)],
    }


def _incident(bound: BoundGraph, state: RunState) -> dict[str, Any] | None:
    """What halted the run and what staff can do about it; None while nothing does."""
    can, incident = choices(bound, state), state.incident
    if incident is None or not can:
        return None
    return {
        "code": incident.code,
        "node": incident.node,
        "title": dict(bound.title(incident.node)),
        "cause": incident.cause,
        "at": time_of(incident.at_ms),
        "can": list(can),
        "outcomes": outcomes_past(bound, state),
    }


def _current(state: RunState) -> list[str]:
    if state.ending is not None:
        return []
    active = [one.node for one in state.activities.values() if one.span is None]
    halted = [state.incident.node] if state.incident is not None else []
    return list(dict.fromkeys([*active, *halted]))


def events_of(
    run: Run, bound: BoundGraph, state: RunState, *, after: int, limit: int
) -> list[dict[str, Any]]:
    """The log after seq `after`, at most `limit` events, secret texts masked."""
    secrets, seal = _secret_texts(bound, state), sealing.seal_of_row(run)
    found = RunEvent.objects.filter(run=run, seq__gt=after).order_by("seq")[:limit]
    return [_event(one, seal.open_event(one), bound, secrets) for one in found]


def _people(run: Run) -> list[dict[str, Any]]:
    return [
        {"id": one.pk, "role": one.role, "name": one.name, "staff_no": one.staff_no}
        for one in run.participants.order_by("joined_at_ms")
    ]


def _recordings(run: Run) -> Iterable[Recording]:
    return run.recordings.prefetch_related("files").order_by("started_at_ms")


def _recording(recording: Recording) -> dict[str, Any]:
    names = {str(one.pk): one.name for one in recording.run.participants.all()}
    files = sorted(recording.files.all(), key=lambda one: (one.generation, one.t0_ms, one.file))
    return {
        "recording": recording.name,
        "files": [_file(one, names.get(one.party, "")) for one in files],
    }


def _file(file: RecordingFile, name: str) -> dict[str, Any]:
    playable = file.state == RecordingFile.State.DELIVERED
    return {
        "id": file.pk,
        "role": file.role,
        "party": file.party,
        "name": name,
        "generation": file.generation,
        "t0_ms": file.t0_ms,
        "duration_ms": file.duration_ms,
        "bytes": file.bytes,
        "mime": file.mime,
        "url": f"/api/v1/runs/{file.recording.run_id}/recordings/{file.pk}/grant"
        if playable
        else "",
        "gaps": file.gaps,
        "state": file.state,
    }


def _pictures(run: Run) -> Iterable[Evidence]:
    return run.evidence.select_related("run").exclude(sha256="").order_by("at_ms")


def _picture(one: Evidence) -> dict[str, Any]:
    return {
        "id": one.pk,
        "kind": one.kind,
        "label": one.label,
        "at_ms": one.at_ms,
        "url": "" if one.run.erased_at_ms is not None else f"/api/v1/evidence/{one.pk}",
        "sha256": one.sha256,
        "width": one.width,
        "height": one.height,
    }


def _forms(bound: BoundGraph, state: RunState) -> Iterable[dict[str, Any]]:
    """The forms that were filled, in order of time."""
    filled = sorted(
        (passed.at_ms, node)
        for node, passed in state.passed.items()
        if bound.components[node].manifest.key == "doc.form"
    )
    for _, node in filled:
        fields: Any = bound.graph.nodes[node].config.get("fields", [])
        yield {
            "node": node,
            "title": dict(bound.title(node)),
            "fields": [_answer(bound, state, one) for one in fields],
        }


def _answer(bound: BoundGraph, state: RunState, field: dict[str, Any]) -> dict[str, Any]:
    """A field with its value; `shown` is the text of a chosen option, None for other values."""
    value = _shown(bound, state, f"form.{field['name']}")
    options = {one["value"]: one["label"] for one in field.get("options", [])}
    shown = options.get(value) if isinstance(value, str) else None
    return {"label": field["label"], "value": value, "shown": shown}


def _variables(bound: BoundGraph, state: RunState) -> Iterable[dict[str, Any]]:
    for name in sorted(state.variables):
        declared = bound.variables.get(name)
        privacy = declared.privacy if declared is not None else Privacy.PERSONAL
        yield {"name": name, "value": _shown(bound, state, name), "privacy": privacy.value}


def _shown(bound: BoundGraph, state: RunState, name: str) -> JsonValue:
    value = state.variables.get(name)
    return MASK if name in bound.secrets and value is not None else value


def _event(
    event: RunEvent, said: JsonObject, bound: BoundGraph, secrets: frozenset[str]
) -> dict[str, Any]:
    told = _without_typing(said, bound)
    data = {
        key: _masked(value, secrets)
        for key, value in told.items()
        if key not in ("schema", "type", "at_ms", "seed")
    }
    node = _node_of(said)
    known = bound.graph.nodes.get(node) if node else None  # type: ignore[call-overload]
    return {
        "seq": event.seq,
        "kind": event.kind,
        "actor": event.actor,
        "at_ms": event.at_ms,
        "data": data,
        "node": node if known is not None else None,
        "title": dict(bound.title(known.id)) if known is not None else None,
        "hash": event.hash,
    }


def _without_typing(data: dict[str, Any], bound: BoundGraph) -> dict[str, Any]:
    """Half a secret is one too: what was typed into a secret field is masked key by key."""
    sent = data.get("data")
    if not isinstance(sent, dict) or f"form.{sent.get('field')}" not in bound.secrets:
        return data
    return {**data, "data": {**sent, "value": MASK}} if "value" in sent else data


def _node_of(data: dict[str, Any]) -> str | None:
    """The node an event concerns: of its activity, or of the activity its command key names."""
    activity = data.get("activity") or str(data.get("key", "")).rpartition(":")[0]
    return str(activity).rpartition(".")[0] or None


def _secret_texts(bound: BoundGraph, state: RunState) -> frozenset[str]:
    values = (state.variables.get(name) for name in bound.secrets)
    return frozenset(one for one in values if isinstance(one, str) and len(one) >= _SHORTEST_SECRET)


def _masked(value: Any, secrets: frozenset[str]) -> Any:
    if isinstance(value, str):
        return MASK if value in secrets else value
    if isinstance(value, list):
        return [_masked(one, secrets) for one in value]
    if isinstance(value, dict):
        return {key: _masked(one, secrets) for key, one in value.items()}
    return value
