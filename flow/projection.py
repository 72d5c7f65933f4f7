"""What one person may see of one run: the view of docs/protocol.md, made from the state alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flow import media
from flow.component import Activity
from flow.events import GUESTS, HIDDEN, ParticipantId, Role
from flow.graph import JsonObject, JsonValue, LocalText, NodeId, Outcome, Privacy
from flow.interpreter.bound import BoundGraph
from flow.interpreter.boundaries import is_late
from flow.interpreter.incidents import choices, ways_past
from flow.privacy import LIVE, Veil, seen, veil
from flow.state import ActivityState, Ending, PresenceState, RunState, RunStatus

STAFF: frozenset[Role] = frozenset({"agent", "supervisor", "auditor"})
_OVERSIGHT: frozenset[Role] = frozenset({"supervisor", "auditor"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What the view says about the run and only the floors above know."""

    id: str
    number: str
    flow: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Viewer:
    bound: BoundGraph
    state: RunState
    role: Role
    at_ms: int
    veil: Veil

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF


def project(
    bound: BoundGraph,
    state: RunState,
    role: Role,
    participant: ParticipantId,
    *,
    at_ms: int,
    run: RunFacts,
) -> JsonObject:
    """The `View` for one participant in one role, who sees of each value what `privacy` allows."""
    names = [one.name for one in state.people.values() if one.role == "customer" and one.name]
    hidden = veil(LIVE[role], bound.classes, state.variables, names)
    viewer = _Viewer(bound=bound, state=state, role=role, at_ms=at_ms, veil=hidden)
    return {
        "run": _run(state, run, at_ms) | _lateness(viewer, None),
        "you": _you(viewer, participant),
        "people": _people(viewer, participant),
        "steps": list(_steps(viewer)),
        "activities": list(_activities(viewer)),
        "other": _other(viewer) if viewer.is_staff else None,
        "spans": _spans(state),
        "room": _room(state),
        "media": media.to_json(media.profile_of([(bound.graph, state)])),
        "incident": _incident(viewer),
        "early": _early(viewer),
    }


def _run(state: RunState, run: RunFacts, at_ms: int) -> JsonObject:
    return {
        "id": run.id,
        "number": run.number,
        "flow": run.flow,
        "version": run.version,
        "status": state.status.value,
        "started_at_ms": state.started_at_ms,
        "at_ms": at_ms,
        "ending": _ending(state.ending),
    }


def _ending(ending: Ending | None) -> JsonValue:
    if ending is None:
        return None
    return {
        "kind": ending.kind.value,
        "code": ending.code,
        "message": dict(ending.message),
        "next_step": dict(ending.next_step),
        "at_ms": ending.at_ms,
    }


def _incident(viewer: _Viewer) -> JsonValue:
    """What halted the run; once it has ended, its ending says all there is to say."""
    state = viewer.state
    undoing = state.status is RunStatus.COMPENSATING
    if state.incident is None or (state.ending is not None and not (undoing and viewer.is_staff)):
        return None
    said: JsonObject = {"code": state.incident.code, "node": state.incident.node}
    if not viewer.is_staff:
        return said
    can: list[JsonValue] = [*choices(viewer.bound, state)]
    past = outcomes_past(viewer.bound, state)
    return {**said, "at_ms": state.incident.at_ms, "can": can, "outcomes": past}


def outcomes_past(bound: BoundGraph, state: RunState) -> list[JsonValue]:
    """The outcomes by which the step that halted the run can be skipped, and where they lead."""
    if state.incident is None:
        return []
    return [_outcome(bound, state.incident.node, one) for one in ways_past(bound, state)]


def _you(viewer: _Viewer, participant: ParticipantId) -> JsonObject:
    person = viewer.state.people.get(participant)
    you: JsonObject = {"participant": participant, "role": viewer.role, "name": ""}
    if person is None:
        return you
    you["name"] = person.name
    if person.role in GUESTS or person.role == "supervisor":
        is_recorded = any(one.ended_at_ms is None for one in viewer.state.recordings.values())
        must = is_recorded and not person.consented and person.mode not in HIDDEN
        you["must_consent"] = must
    return you


def _people(viewer: _Viewer, participant: ParticipantId) -> list[JsonValue]:
    """Everybody but those who listen unseen; of these only oversight is told, and who hears one."""
    return [
        {
            "id": one.id,
            "role": one.role,
            "name": _name(viewer, one),
            "staff_no": one.staff_no,
            "present": one.present,
            "since_ms": one.since_ms,
            "mode": one.mode,
            "muted": list(one.muted),
        }
        for one in viewer.state.people.values()
        if _is_told_of(viewer, participant, one)
    ]


def _is_told_of(viewer: _Viewer, participant: ParticipantId, one: PresenceState) -> bool:
    if one.mode not in HIDDEN or one.id == participant or viewer.role in _OVERSIGHT:
        return True
    return one.mode == "whisper" and participant in one.to


def _name(viewer: _Viewer, person: PresenceState) -> str:
    """What a customer is called is as personal as what they say."""
    sight = viewer.veil.sights[Privacy.PERSONAL]
    is_shown = person.role != "customer" or not person.name
    return person.name if is_shown else str(seen(person.name, sight))


def _spans(state: RunState) -> list[JsonValue]:
    return [
        {"name": one.span, "activity": one.id, "since_ms": one.started_at_ms}
        for one in state.activities.values()
        if one.span is not None
    ]


def _room(state: RunState) -> JsonValue:
    if state.room is None or state.ending is not None:
        return None
    return {"generation": state.room.generation, "interrupted": state.room.interrupted}


def _early(viewer: _Viewer) -> list[JsonValue]:
    """Events of other systems that no step has waited for yet; what they bring is nobody's yet."""
    kept = viewer.state.early if viewer.is_staff else ()
    return [{"name": one.name, "at_ms": one.at_ms} for one in kept]


def _steps(viewer: _Viewer) -> Iterator[JsonValue]:
    """The way so far in order of time, where the run is, and the main line from there."""
    bound, state = viewer.bound, viewer.state
    current = _current(state)
    following = _following(bound, state, current)
    ahead = {*current, *following}
    known = bound.graph.nodes  # of a version before this one, a run may have passed others
    done = [node for node in state.passed if node not in ahead and node in known]
    place, last = bound.places, len(bound.places)
    done.sort(key=lambda node: (state.passed[node].at_ms, place.get(node, last), node))
    for name, nodes in (("done", done), ("current", current), ("next", following)):
        for node in nodes:
            if _is_shown(viewer, node):
                yield _step(viewer, node, name)


def _current(state: RunState) -> list[NodeId]:
    if state.ending is not None:
        return []
    active = [one.node for one in state.activities.values() if one.span is None]
    halted = [state.incident.node] if state.incident else []
    return list(dict.fromkeys([*active, *halted]))


def _following(bound: BoundGraph, state: RunState, current: list[NodeId]) -> list[NodeId]:
    if state.ending is not None:
        return []
    ahead = bound.line_from(*current) if current else bound.main_line
    here = set(current)
    return [node for node in ahead if node not in here]


def _is_shown(viewer: _Viewer, node: NodeId) -> bool:
    calls = viewer.bound.components[node].manifest.calls
    return viewer.is_staff or calls or _panel(viewer, node, "customer") is not None


def _step(viewer: _Viewer, node: NodeId, state: str) -> JsonObject:
    passed = viewer.state.passed.get(node) if state == "done" else None
    outcome = viewer.bound.outcomes(node).get(passed.outcome) if passed else None
    return {
        "node": node,
        "title": dict(viewer.bound.title(node)),
        "group": viewer.bound.components[node].manifest.group,
        "state": state,
        "outcome": outcome.id if outcome else None,
        "polarity": outcome.polarity.value if outcome else None,
    }


def _activities(viewer: _Viewer) -> Iterator[JsonValue]:
    if viewer.state.ending is not None:
        return
    for one in viewer.state.activities.values():
        panel = _panel(viewer, one.node, viewer.role)
        if panel is not None:
            yield _activity(viewer, one, panel)


def _panel(viewer: _Viewer, node: NodeId, role: Role) -> str | None:
    """The panel of the role; other staff look over the agent's shoulder."""
    panels = viewer.bound.components[node].manifest.panels
    return panels.get(role) or (panels.get("agent") if role in STAFF else None)


def _activity(viewer: _Viewer, activity: ActivityState, panel: str) -> JsonObject:
    manifest = viewer.bound.components[activity.node].manifest
    return {
        "id": activity.id,
        "node": activity.node,
        "component": manifest.key,
        "title": dict(viewer.bound.title(activity.node)),
        "group": manifest.group,
        "panel": panel,
        "data": _presented(viewer, activity, viewer.role),
        "started_at_ms": activity.started_at_ms,
        "outcomes": _outcomes(viewer, activity.node) if viewer.is_staff else [],
        **_lateness(viewer, activity.node),
    }


def _lateness(viewer: _Viewer, scope: NodeId | None) -> JsonObject:
    """Of what may become late, how soon, and whether it is; for staff alone."""
    sla_s = viewer.bound.slas.get(scope) if viewer.is_staff else None
    return {} if sla_s is None else {"sla_s": sla_s, "late": is_late(viewer.state, scope)}


def _outcomes(viewer: _Viewer, node: NodeId) -> list[JsonValue]:
    return [_outcome(viewer.bound, node, one) for one in viewer.bound.outcomes(node).values()]


def _outcome(bound: BoundGraph, node: NodeId, outcome: Outcome) -> JsonValue:
    return {
        "id": outcome.id,
        "polarity": outcome.polarity.value,
        "label": dict(outcome.label),
        "target": _target_title(bound, node, outcome.id),
    }


def _target_title(bound: BoundGraph, node: NodeId, outcome: str) -> JsonValue:
    target = bound.graph.targets.get((node, outcome))
    return None if target is None else _text(bound.title(target))


def _text(text: LocalText) -> JsonObject:
    return dict(text)


def _other(viewer: _Viewer) -> JsonValue:
    """What the customer sees. Where both have the same panel, staff gets its own masked data."""
    if viewer.state.ending is not None:
        return None
    for one in viewer.state.activities.values():
        panel = _panel(viewer, one.node, "customer") if one.span is None else None
        if panel is None:
            continue
        same = _panel(viewer, one.node, viewer.role) == panel
        data = _presented(viewer, one, viewer.role if same else "customer")
        return {"panel": panel, "title": _text(viewer.bound.title(one.node)), "data": data}
    return None


def _presented(viewer: _Viewer, activity: ActivityState, role: Role) -> JsonObject:
    behaviour = viewer.bound.components[activity.node].behaviour
    shown = behaviour.present(_shown(viewer, activity), role)
    return {name: viewer.veil.over(value) for name, value in shown.items()}


def _shown(viewer: _Viewer, activity: ActivityState) -> Activity:
    state = viewer.state
    return Activity(
        id=activity.id,
        node=activity.node,
        visit=activity.visit,
        config=viewer.bound.graph.nodes[activity.node].config,
        data=activity.data,
        variables=viewer.veil.variables(state.variables),
        people=tuple(state.people.values()),
        at_ms=viewer.at_ms,
        started_at_ms=activity.started_at_ms + activity.paused_ms,
        locale=state.locale,
        chance=state.seed,
        types=viewer.bound.types,
    )
