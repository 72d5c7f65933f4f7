"""The JSON documents of the designer's REST: their shapes, and how our models become them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.answers import ErrorSerializer
from accounts.models import User
from components.api import LocalTextField, OutcomeSerializer
from designer.models import Draft, Flow, FlowVersion
from designer.neighbours import is_called
from flow.verification.finding import Finding

NAME_LENGTH = 120
SUMMARY_LENGTH = 300
NOTE_LENGTH = 500
LONGEST_TTL_MIN = 30 * 24 * 60


@extend_schema_field({"type": "object", "additionalProperties": True})
class DocumentField(serializers.DictField):
    """A JSON object whose inside is another's concern (a `graph/1` document, a layout)."""


class PersonRefSerializer(serializers.Serializer[Any]):
    """Who did it; null when nobody is known any more."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class TemplateSerializer(serializers.Serializer[Any]):
    """A shipped flow to start from."""

    key = serializers.CharField()
    title = LocalTextField()
    summary = LocalTextField()


class VersionRefSerializer(serializers.Serializer[Any]):
    """A published version, without its graph."""

    number = serializers.IntegerField(min_value=1)
    hash = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    published_at = serializers.DateTimeField()
    published_by = PersonRefSerializer(allow_null=True)


class FlowSerializer(serializers.Serializer[Any]):
    """A flow with its versions; `problems` counts the errors of its draft."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    key = serializers.CharField(help_text="By which other flows call it.")
    called = serializers.BooleanField(help_text="Published, and for other flows to call.")
    summary = serializers.CharField(allow_blank=True)
    updated_at = serializers.DateTimeField()
    updated_by = PersonRefSerializer(allow_null=True)
    draft_revision = serializers.IntegerField(min_value=1)
    problems = serializers.IntegerField(min_value=0)
    versions = VersionRefSerializer(many=True)


class NewFlowSerializer(serializers.Serializer[Any]):
    """A flow to begin, empty or from a template."""

    name = serializers.CharField(max_length=NAME_LENGTH)
    template = serializers.CharField(required=False, allow_null=True, max_length=64)


class ChangeFlowSerializer(serializers.Serializer[Any]):
    """What a flow is called from now on; what is left out stays as it is."""

    name = serializers.CharField(required=False, max_length=NAME_LENGTH)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=SUMMARY_LENGTH)


class DraftSerializer(serializers.Serializer[Any]):
    """A draft; its revision is also the ETag."""

    revision = serializers.IntegerField(min_value=1)
    graph = DocumentField()
    layout = DocumentField()
    saved_at = serializers.DateTimeField()
    saved_by = PersonRefSerializer(allow_null=True)


class SaveDraftSerializer(serializers.Serializer[Any]):
    """What is saved over the revision that If-Match names."""

    graph = DocumentField()
    layout = DocumentField()


class FindingSerializer(serializers.Serializer[Any]):
    """One thing verification says. `path` leads from the start to the spot, as node ids."""

    rule = serializers.CharField()
    severity = serializers.ChoiceField(choices=["error", "warning"])
    message = LocalTextField()
    node = serializers.CharField(allow_null=True)
    outcome = serializers.CharField(allow_null=True)
    field = serializers.CharField(allow_null=True)
    path = serializers.ListField(child=serializers.CharField())


class SavedSerializer(serializers.Serializer[Any]):
    """The revision that the save made."""

    revision = serializers.IntegerField(min_value=1)
    saved_at = serializers.DateTimeField()
    findings = FindingSerializer(many=True)


class StaleSerializer(ErrorSerializer):
    """Somebody else saved; `current` is what stands now."""

    current = DraftSerializer()


class GraphSerializer(serializers.Serializer[Any]):
    """A graph to look at; nothing is kept."""

    graph = DocumentField()


class NodeOutputSerializer(serializers.Serializer[Any]):
    """A variable that a node with its present settings may set."""

    name = serializers.CharField()
    type = serializers.CharField()
    privacy = serializers.CharField()
    outcomes = serializers.ListField(child=serializers.CharField())


class VerifiedSerializer(serializers.Serializer[Any]):
    """What a graph amounts to; outcomes, outputs and summaries are by node id."""

    findings = FindingSerializer(many=True)
    outcomes = serializers.DictField(child=OutcomeSerializer(many=True))
    outputs = serializers.DictField(child=NodeOutputSerializer(many=True))
    summaries = serializers.DictField(child=LocalTextField())


class PublishSerializer(serializers.Serializer[Any]):
    """Which revision becomes the next version."""

    revision = serializers.IntegerField(min_value=1)
    note = serializers.CharField(max_length=NOTE_LENGTH, allow_blank=True, required=False)


class PublishedSerializer(serializers.Serializer[Any]):
    """The version that was made."""

    number = serializers.IntegerField(min_value=1)
    hash = serializers.CharField()


class HasErrorsSerializer(ErrorSerializer):
    """The graph has errors; `findings` names them."""

    findings = FindingSerializer(many=True)


class VersionSerializer(VersionRefSerializer):
    """A published version with its graph."""

    graph = DocumentField()
    layout = DocumentField()


class NewLinkSerializer(serializers.Serializer[Any]):
    """For which version (the newest when absent), and how long it may be opened."""

    version = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    ttl_min = serializers.IntegerField(
        min_value=1, max_value=LONGEST_TTL_MIN, required=False, allow_null=True
    )


class LinkSerializer(serializers.Serializer[Any]):
    """A join link, shown this once."""

    url = serializers.CharField()
    qr_svg = serializers.CharField()
    expires_at = serializers.DateTimeField()
    max_uses = serializers.IntegerField(min_value=1)


def person_json(person: User | None) -> dict[str, Any] | None:
    """A person as others see them."""
    return None if person is None else {"id": str(person.pk), "name": person.shown_name}


def flow_json(flow: Flow) -> dict[str, Any]:
    """The `Flow` document; the draft and the versions should be prefetched."""
    return {
        "id": str(flow.pk),
        "name": flow.name,
        "key": flow.key,
        "called": any(is_called(one) for one in list(flow.versions.all())[-1:]),
        "summary": flow.summary,
        "updated_at": flow.draft.saved_at,
        "updated_by": person_json(flow.draft.saved_by),
        "draft_revision": flow.draft.revision,
        "problems": flow.draft.problems,
        "versions": [version_ref_json(one) for one in flow.versions.all()],
    }


def draft_json(draft: Draft) -> dict[str, Any]:
    """The `Draft` document."""
    return {
        "revision": draft.revision,
        "graph": draft.graph,
        "layout": draft.layout,
        "saved_at": draft.saved_at,
        "saved_by": person_json(draft.saved_by),
    }


def version_ref_json(version: FlowVersion) -> dict[str, Any]:
    """A version without its graph."""
    return {
        "number": version.number,
        "hash": version.hash,
        "note": version.note,
        "published_at": version.published_at,
        "published_by": person_json(version.published_by),
    }


def version_json(version: FlowVersion) -> dict[str, Any]:
    """A version with its graph."""
    return {**version_ref_json(version), "graph": version.graph, "layout": version.layout}


def findings_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings in the order in which verification gave them."""
    return [
        {
            "rule": one.rule,
            "severity": str(one.severity),
            "message": dict(one.message),
            "node": one.node,
            "outcome": one.outcome,
            "field": one.field,
            "path": list(one.path),
        }
        for one in findings
    ]
