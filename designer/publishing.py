"""Publishing: verify a draft, freeze it, number it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from accounts import audit
from accounts.models import User
from designer.checking import errors_in, findings_of, graph_of
from designer.errors import HasErrorsError, StaleDraftError
from designer.models import Draft, Flow, FlowVersion
from designer.neighbours import called_versions, neighbours_of, with_pins
from flow.graph import Graph, to_json


@transaction.atomic
def publish(flow: Flow, *, revision: int, note: str, person: User, now: datetime) -> FlowVersion:
    """Freeze revision `revision` of the draft as the next version.

    Raises StaleDraftError when the draft has gone on, HasErrorsError when it has errors.
    """
    draft = Draft.objects.select_for_update().get(flow=flow)
    if draft.revision != revision:
        raise StaleDraftError(revision=revision, current=draft)
    graph = graph_of(draft.graph)
    findings = findings_of(graph, neighbours_of(graph, flow.workspace_id, key=flow.key))
    if errors_in(findings):
        raise HasErrorsError(findings=findings)
    graph = with_pins(graph, flow.workspace_id)
    version = FlowVersion.objects.create(
        flow=flow,
        number=_next_number(flow),
        hash=graph.content_hash,
        graph=to_json(graph),
        layout=draft.layout,
        closure=closure_of(graph, flow.workspace_id),
        note=note,
        published_at=now,
        published_by=person,
    )
    audit.append(
        actor=audit.actor_of(person),
        action="flow.publish",
        target=str(version.pk),
        workspace=flow.workspace_id,
        data={"flow": str(flow.pk), "number": version.number, "hash": version.hash},
    )
    return version


def _next_number(flow: Flow) -> int:
    last: int | None = flow.versions.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def closure_of(graph: Graph, workspace_id: UUID) -> list[str]:
    """Every component the graph uses, as sorted `key@version`.

    With `flow:key@number#hash` of every flow it calls in a fixed version, and all that those use.
    """
    used = {f"{one.component}@{one.version}" for one in graph.nodes.values()}
    for one in called_versions(graph, workspace_id):
        used.add(f"flow:{one.flow.key}@{one.number}#{one.hash}")
        used.update(one.closure)
    return sorted(used)
