"""A run as its auditor reads it.

People, recordings, pictures, forms and variables, as JSON; its events are in `log`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from flow.events import Role
from flow.graph import Privacy
from flow.interpreter.bound import BoundGraph
from flow.interpreter.boundaries import is_any_late
from flow.interpreter.incidents import choices
from flow.privacy import RECORD, Sight, Veil, seen, veil
from flow.projection import outcomes_past
from flow.state import RunState, RunStatus
from runtime.models import Evidence, Participant, Recording, RecordingFile, Run

_SHORTEST_SECRET = 4
_AGENT = Participant.Role.AGENT


def time_of(at_ms: int | None) -> datetime | None:
    """Milliseconds since 1970 as a date, None for None."""
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)


def row_of(run: Run) -> dict[str, Any]:
    """A line of the list of runs; `run` comes with version, flow and participants.

    Whether it is late stands in its state, which is not read here.
    """
    agents = [one.name for one in _home(run).participants.all() if one.role == _AGENT]
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
        "to_be_erased": hasattr(run, "erasure_wish"),
        "late": False,
    }


def _home(run: Run) -> Run:
    """The run with the people of the call."""
    home: Run = run.root or run
    return home


def story_of(run: Run, bound: BoundGraph, state: RunState, hidden: Veil) -> dict[str, Any]:
    """The document of one run, as far as the veil lets it be seen."""
    ending = state.ending
    return {
        **_record_of(run),
        "late": is_any_late(state),
        "ending": None if ending is None else {"kind": ending.kind.value, "code": ending.code},
        "incident": _incident(bound, state, hidden),
        "current": _current(state),
        "early": [{"name": one.name, "at": time_of(one.at_ms)} for one in state.early],
        "suspended_at": time_of(state.suspended_at_ms),
        "to_undo": len(state.done) if state.status is RunStatus.COMPENSATING else 0,
        "people": _people(run, hidden.sights[Privacy.PERSONAL]),
        "forms": list(_forms(bound, state, hidden)),
        "variables": list(_variables(bound, state, hidden)),
    }


def skeleton_of(run: Run) -> dict[str, Any]:
    """The document of an erased run: that it was, when, and what there had been of it."""
    return {
        **_record_of(run),
        "ending": {"kind": run.ending, "code": ""},
        "current": [],
        "early": [],
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
        "parent": None if run.parent is None else _relative(run.parent, run.parent_activity),
        "children": [
            _relative(one, one.parent_activity)
            for one in run.children.select_related("version__flow").order_by("pk")
        ],
        "people": _people(run, Sight.NOTHING),
        "recordings": [_recording(one) for one in _recordings(run)],
        "evidence": [_picture(one) for one in _pictures(run)],
    }


def _incident(bound: BoundGraph, state: RunState, hidden: Veil) -> dict[str, Any] | None:
    """What halted the run and what staff can do about it; None while nothing does."""
    can, incident = choices(bound, state), state.incident
    if incident is None or not can:
        return None
    return {
        "code": incident.code,
        "node": incident.node,
        "title": dict(bound.title(incident.node)),
        "cause": hidden.over(incident.cause),
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


def veil_for(reader: Role, bound: BoundGraph, state: RunState) -> Veil:
    """What this reader does not see of the run's record."""
    names = [one.name for one in state.people.values() if one.role == "customer" and one.name]
    return veil(RECORD[reader], bound.classes, state.variables, names)


def _relative(run: Run, activity: str) -> dict[str, Any]:
    """A run of the same family, and the activity of the caller by which it was called."""
    return {
        "id": run.pk,
        "number": run.number,
        "flow": run.version.flow.name,
        "version": run.version.number,
        "status": run.status,
        "ending": run.ending or None,
        "started_at": time_of(run.started_at_ms),
        "ended_at": time_of(run.ended_at_ms),
        "node": activity.rpartition(".")[0],
    }


def _people(run: Run, sight: Sight) -> list[dict[str, Any]]:
    """`sight` is of the customers' names; those of the staff are part of the record."""
    return [
        {
            "id": one.pk,
            "role": one.role,
            "name": _name(one, sight),
            "staff_no": one.staff_no,
        }
        for one in _home(run).participants.order_by("joined_at_ms")
    ]


def _name(person: Participant, sight: Sight) -> str:
    is_shown = person.role != Participant.Role.CUSTOMER or not person.name
    return person.name if is_shown else str(seen(person.name, sight))


def _recordings(run: Run) -> Iterable[Recording]:
    return run.recordings.prefetch_related("files").order_by("started_at_ms")


def _recording(recording: Recording) -> dict[str, Any]:
    staff = recording.run.participants.exclude(role=Participant.Role.CUSTOMER)
    names = {str(one.pk): one.name for one in staff}
    files = sorted(recording.files.all(), key=lambda one: (one.generation, one.t0_ms, one.file))
    return {
        "recording": recording.name,
        "chapters": sorted(recording.chapters, key=lambda one: one["at_ms"]),
        "files": [_file(one, names.get(one.party, "")) for one in files],
    }


def _file(file: RecordingFile, name: str) -> dict[str, Any]:
    playable = file.state == RecordingFile.State.DELIVERED
    return {
        "id": file.pk,
        "role": file.role,
        "label": file.label,
        "copy": file.is_copy,
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
    """Those of the run and of all below it: they were taken in one call."""
    taken = Evidence.objects.filter(Q(run=run) | Q(run__root=run) | Q(run__parent=run))
    return taken.select_related("run").exclude(sha256="").order_by("at_ms")


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


def _forms(bound: BoundGraph, state: RunState, hidden: Veil) -> Iterable[dict[str, Any]]:
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
            "fields": [_answer(state, one, hidden) for one in fields],
        }


def _answer(state: RunState, field: dict[str, Any], hidden: Veil) -> dict[str, Any]:
    """A field with its value; `shown` is the text of a chosen option, None for other values."""
    name = f"form.{field['name']}"
    value = hidden.variable(name, state.variables.get(name))
    options = {one["value"]: one["label"] for one in field.get("options", [])}
    shown = options.get(value) if isinstance(value, str) else None
    return {"label": field["label"], "value": value, "shown": shown}


def _variables(bound: BoundGraph, state: RunState, hidden: Veil) -> Iterable[dict[str, Any]]:
    for name in sorted(state.variables):
        privacy = bound.classes.get(name, Privacy.PERSONAL)
        value = hidden.variable(name, state.variables[name])
        yield {"name": name, "value": value, "privacy": privacy.value}
