"""Under which version of its flow a run goes on: graphs by version, and from which event on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from uuid import UUID

from components.registry import components_of
from designer.models import FlowVersion
from flow import codec
from flow.errors import EventRefusedError
from flow.events import Event, RunMigrated
from flow.graph import NodeId
from flow.interpreter.bound import BoundGraph, bind
from flow.state import RunState
from flow.verification.finding import Finding
from flow.verification.migration import migration_findings

_GRAPHS: OrderedDict[UUID, BoundGraph] = OrderedDict()
_GRAPHS_SIZE = 128


class MigrationRefusedError(EventRefusedError):
    """The run as it is now cannot go on under the other version; `findings` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(reason="has_findings", message=self.findings[0].message["en"])


def bound_graph(version_id: UUID) -> BoundGraph:
    """A version's graph with its components found. Versions never change, so it is kept."""
    bound = _GRAPHS.get(version_id)
    if bound is None:
        document = FlowVersion.objects.values_list("graph", flat=True).get(pk=version_id)
        graph = codec.graph_from_json(document)
        bound = bind(graph, components_of(graph))
        _GRAPHS[version_id] = bound
        while len(_GRAPHS) > _GRAPHS_SIZE:
            _GRAPHS.popitem(last=False)
    return bound


def find_version(of: UUID, content_hash: str) -> UUID | None:
    """The newest version with this graph, of the flow that version `of` belongs to."""
    versions = FlowVersion.objects.filter(flow__versions=of, hash=content_hash)
    return versions.order_by("-number").values_list("pk", flat=True).first()


def version_under(version_id: UUID, event: Event, state: RunState) -> UUID:
    """The version whose graph takes the event: another one when the event moves the run there.

    Raises EventRefusedError when its flow has no such version, MigrationRefusedError when something
    in the run as it is speaks against it.
    """
    if not isinstance(event, RunMigrated):
        return version_id
    to = find_version(version_id, event.to)
    if to is None:
        raise EventRefusedError(
            reason="invalid_data", message="This flow has no such version", field="/to"
        )
    names = {NodeId(old): NodeId(new) for old, new in event.nodes.items()}
    findings = migration_findings(bound_graph(version_id), bound_graph(to), state, names)
    if findings:
        raise MigrationRefusedError(findings)
    return to
