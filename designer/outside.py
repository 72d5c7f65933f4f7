"""What a workspace can reach outside, told by the floor above, and which flows name what of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import F, Max, Q

from components.registry import catalogue
from designer.models import Draft, FlowVersion
from flow.verification.outside import named_connections

Connections: TypeAlias = Mapping[str, str]
"""Name -> kind."""

_sources: list[Callable[[UUID], Connections]] = []


def tell_by(source: Callable[[UUID], Connections]) -> None:
    """Let `source` say which connections a workspace can use; once, when the site is set up."""
    _sources[:] = [source]


def known_connections(workspace_id: UUID) -> Connections | None:
    """Those of the workspace; None while nobody can tell."""
    return _sources[0](workspace_id) if _sources else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A flow that names a connection: as it is drawn, and in which versions that can still run."""

    flow: UUID
    title: str
    draft: bool
    versions: tuple[int, ...]


def users_by_connection(workspace_id: UUID, alive: Collection[UUID]) -> Mapping[str, list[Use]]:
    """Connection -> the flows that name it, by title.

    Of each flow count its draft, its newest version, and those of `alive` (which still have runs).
    """
    found: dict[str, dict[UUID, Use]] = {}
    for flow, title, number, graph in _graphs(workspace_id, alive):
        for name in _named(graph):
            uses = found.setdefault(name, {})
            use = uses.get(flow) or Use(flow=flow, title=title, draft=False, versions=())
            versions = use.versions if number is None else (*use.versions, number)
            is_draft = use.draft or number is None
            uses[flow] = Use(flow=flow, title=title, draft=is_draft, versions=versions)
    return {name: sorted(uses.values(), key=lambda one: one.title) for name, uses in found.items()}


def _graphs(
    workspace_id: UUID, alive: Collection[UUID]
) -> Iterator[tuple[UUID, str, int | None, dict[str, Any]]]:
    """(flow, its name, version or None for the draft, graph document)."""
    drafts = Draft.objects.filter(flow__workspace=workspace_id)
    for flow, title, graph in drafts.values_list("flow_id", "flow__name", "graph"):
        yield flow, title, None, graph
    versions = FlowVersion.objects.filter(flow__workspace=workspace_id)
    newest = versions.annotate(last=Max("flow__versions__number"))
    running = newest.filter(Q(number=F("last")) | Q(pk__in=alive)).order_by("number")
    yield from running.values_list("flow_id", "flow__name", "number", "graph")


def _named(graph: dict[str, Any]) -> Iterator[str]:
    known = catalogue()
    for node in graph.get("nodes", ()):
        one = known.get((node.get("component"), node.get("version")))
        if one is not None:
            for _, name, _ in named_connections(one.manifest.config_schema, node.get("config", {})):
                yield name
