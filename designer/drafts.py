"""Flows and drafts: begin, describe, save. A stale save is refused, by the revision it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.text import slugify

from accounts import audit
from accounts.models import User, Workspace
from designer import publishing, shipped
from designer.checking import errors_in, findings_of, graph_of
from designer.errors import NameTakenError, StaleDraftError
from designer.models import Draft, Flow
from designer.neighbours import neighbours_of
from flow.graph import SCHEMA, JsonObject
from flow.verification.finding import Finding

KEY_LENGTH = 56
"""Of a key without its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A draft as it is after a save, with everything verification says of it."""

    draft: Draft
    findings: Sequence[Finding]


def begin(
    *, workspace: Workspace, name: str, template: str | None, person: User, now: datetime
) -> Flow:
    """Create a flow with its first draft: the template's graph, or an empty one.

    Flows that the template calls are made and published with it, unless they are there. Raises
    NameTakenError, UnknownTemplateError.
    """
    start = shipped.get_template(template) if template else EMPTY
    try:
        with transaction.atomic():
            for key in start.calls:
                _provide(workspace, key, person, now)
            flow = Flow.objects.create(
                workspace=workspace,
                name=name,
                key=_free_key(workspace, template or slugify(name)),
                summary=start.summary.get(person.locale) or start.summary.get("en", ""),
                created_at=now,
                created_by=person,
            )
            _first_draft(flow, start, person, now)
    except IntegrityError as error:
        raise NameTakenError(name=name) from error
    audit.append(
        actor=audit.actor_of(person),
        action="flow.create",
        target=str(flow.pk),
        workspace=workspace.pk,
    )
    return flow


def _provide(workspace: Workspace, key: str, person: User, now: datetime) -> None:
    """See that the workspace has the shipped flow of this key, published."""
    flows = Flow.objects.filter(workspace=workspace)
    if flows.filter(key=key).exists():
        return
    title = shipped.get_template(key).title
    wanted = title.get(person.locale) or title["en"]
    names = chain([wanted], (f"{wanted} {number}" for number in count(2)))
    name = next(one for one in names if not flows.filter(name=one).exists())
    flow = begin(workspace=workspace, name=name, template=key, person=person, now=now)
    publishing.publish(flow, revision=1, note="", person=person, now=now)


def _free_key(workspace: Workspace, wanted: str) -> str:
    """`wanted`, or that with a number; a name without Latin letters gives `flow`."""
    stem = wanted[:KEY_LENGTH] or "flow"
    taken = set(
        Flow.objects.filter(workspace=workspace, key__startswith=stem).values_list("key", flat=True)
    )
    numbered = (f"{stem}-{number}" for number in count(2))
    return stem if stem not in taken else next(one for one in numbered if one not in taken)


@transaction.atomic
def describe(flow: Flow, *, name: str, summary: str, person: User) -> Flow:
    """Give a flow this name and summary; its versions and runs are called by them from now on.

    Raises NameTakenError.
    """
    after: JsonObject = {"name": name, "summary": summary}
    before: JsonObject = {"name": flow.name, "summary": flow.summary}
    if before == after:
        return flow
    flow.name, flow.summary = name, summary
    try:
        with transaction.atomic():
            flow.save(update_fields=["name", "summary"])
    except IntegrityError as error:
        raise NameTakenError(name=name) from error
    audit.append(
        actor=audit.actor_of(person),
        action="flow.change",
        target=str(flow.pk),
        workspace=flow.workspace_id,
        data={"before": before, "after": after},
    )
    return flow


def _first_draft(flow: Flow, start: shipped.Template, person: User, now: datetime) -> None:
    graph = graph_of(start.graph)
    around = neighbours_of(graph, flow.workspace_id, key=flow.key)
    Draft.objects.create(
        flow=flow,
        graph=start.graph,
        layout=start.layout,
        problems=len(errors_in(findings_of(graph, around))),
        saved_at=now,
        saved_by=person,
    )


def save(
    flow: Flow,
    *,
    revision: int,
    graph: JsonObject,
    layout: JsonObject,
    person: User,
    now: datetime,
) -> Saved:
    """Put `graph` and `layout` in place of revision `revision`.

    Raises StaleDraftError with what stands now, UnsuitableGraphError.
    """
    drawn = graph_of(graph)
    findings = findings_of(drawn, neighbours_of(drawn, flow.workspace_id, key=flow.key))
    saved = Draft.objects.filter(flow=flow, revision=revision).update(
        revision=F("revision") + 1,
        graph=graph,
        layout=layout,
        problems=len(errors_in(findings)),
        saved_at=now,
        saved_by=person,
    )
    current = Draft.objects.select_related("flow", "saved_by").get(flow=flow)
    if not saved:
        raise StaleDraftError(revision=revision, current=current)
    return Saved(draft=current, findings=findings)


EMPTY = shipped.Template(
    key="",
    title={},
    summary={},
    graph={
        "schema": SCHEMA,
        "start": "",
        "nodes": [],
        "edges": [],
        "variables": [],
        "boundaries": [],
        "settings": {"locales": ["en", "zh-Hans"]},
    },
    layout={},
)
