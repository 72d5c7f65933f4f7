"""The JSON documents of the runtime's REST: their shapes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api import BrandSerializer
from components.api import LocalTextField
from designer.documents import DocumentField
from flow.graph import Polarity
from runtime.decisions import WORDS
from runtime.models import RecordingFile, Run

ENDINGS = ("success", "reject", "abort", "defer")
CHOICES = ("retry", "skip", "end")
PRIVACIES = ("none", "personal", "special", "secret")


class JoinSerializer(serializers.Serializer[Any]):
    """What a customer's page sends from the link."""

    token = serializers.CharField(max_length=200, trim_whitespace=False)
    locale = serializers.CharField(max_length=20, default="en")


class HostSerializer(serializers.Serializer[Any]):
    """Whose service this is."""

    name = serializers.CharField()
    brand = BrandSerializer()


class JoinedSerializer(serializers.Serializer[Any]):
    """Where a customer goes on."""

    run = serializers.UUIDField()
    socket = serializers.CharField(help_text="Path of the run socket.")
    anew = serializers.BooleanField(
        help_text="This run is over for the device: its link, redeemed again, begins a new one."
    )
    flow = serializers.CharField()
    workspace = HostSerializer()


class RunRowSerializer(serializers.Serializer[Any]):
    """A line of the list of runs."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    flow = serializers.CharField()
    version = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Run.Status.values)
    ending = serializers.ChoiceField(choices=ENDINGS, allow_null=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    agent = serializers.CharField(allow_blank=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    erased_at = serializers.DateTimeField(
        allow_null=True, help_text="When its data was destroyed; what is left says when and what."
    )
    to_be_erased = serializers.BooleanField(
        help_text="An admin has asked for it, and another has yet to agree."
    )
    late = serializers.BooleanField(help_text="It, or a step of it, lasts longer than it should.")


class RunListSerializer(serializers.Serializer[Any]):
    """One page of runs."""

    results = RunRowSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="The next page, null at the end.")


class EndingSerializer(serializers.Serializer[Any]):
    """How a run ended."""

    kind = serializers.ChoiceField(choices=ENDINGS)
    code = serializers.CharField(allow_blank=True)


class RunPersonSerializer(serializers.Serializer[Any]):
    """Someone who was in the run."""

    id = serializers.UUIDField()
    role = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    staff_no = serializers.CharField(allow_blank=True)


class GapSerializer(serializers.Serializer[Any]):
    """A time without media, in ms since 1970."""

    from_ms = serializers.IntegerField()
    to_ms = serializers.IntegerField()


class RecordingFileSerializer(serializers.Serializer[Any]):
    """One party's file in one generation of the room; times in ms since 1970."""

    id = serializers.UUIDField()
    role = serializers.CharField(allow_blank=True)
    label = serializers.CharField(  # type: ignore[assignment]
        allow_blank=True, help_text="Of a party's second picture: `video-2`."
    )
    copy = serializers.BooleanField(help_text="Made by the second recorder.")
    party = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)
    generation = serializers.IntegerField()
    t0_ms = serializers.IntegerField()
    duration_ms = serializers.IntegerField()
    bytes = serializers.IntegerField()
    mime = serializers.CharField()
    url = serializers.CharField(allow_blank=True, help_text="POST here for a grant to play it.")
    gaps = GapSerializer(many=True)
    state = serializers.ChoiceField(choices=RecordingFile.State.values)


class ChapterSerializer(serializers.Serializer[Any]):
    """A moment of the recording that has a name; ms since 1970."""

    at_ms = serializers.IntegerField()
    label = LocalTextField()  # type: ignore[assignment]
    legal_step = serializers.CharField()
    run = serializers.UUIDField(help_text="The run of the family that marked it.")


class RunRecordingSerializer(serializers.Serializer[Any]):
    """One recording with its files."""

    recording = serializers.CharField()
    chapters = ChapterSerializer(many=True)
    files = RecordingFileSerializer(many=True)


class EvidenceSerializer(serializers.Serializer[Any]):
    """A picture kept as evidence."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    at_ms = serializers.IntegerField()
    url = serializers.CharField(allow_blank=True, help_text="Empty when it was erased.")
    sha256 = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class FormFieldSerializer(serializers.Serializer[Any]):
    """A field of a filled form; secret values are masked."""

    label = LocalTextField()  # type: ignore[assignment]
    value = serializers.JSONField(allow_null=True)
    shown = LocalTextField(allow_null=True, help_text="The text of a chosen option.")


class FilledFormSerializer(serializers.Serializer[Any]):
    """A form as it was submitted."""

    node = serializers.CharField()
    title = LocalTextField()
    fields = FormFieldSerializer(many=True)  # type: ignore[assignment]


class RunVariableSerializer(serializers.Serializer[Any]):
    """A variable of the run; secret values are masked."""

    name = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    privacy = serializers.ChoiceField(choices=PRIVACIES)


class WayPastSerializer(serializers.Serializer[Any]):
    """An outcome by which the step that halted the run can be skipped."""

    id = serializers.CharField()
    polarity = serializers.ChoiceField(choices=[one.value for one in Polarity])
    label = LocalTextField()  # type: ignore[assignment]
    target = LocalTextField(allow_null=True, help_text="Title of the step it leads to.")


class IncidentSerializer(serializers.Serializer[Any]):
    """What halted the run, and what can be done about it."""

    code = serializers.CharField()
    node = serializers.CharField()
    title = LocalTextField()
    cause = serializers.CharField(help_text="English, for staff only.")
    at = serializers.DateTimeField()
    can = serializers.ListField(child=serializers.ChoiceField(choices=CHOICES))
    outcomes = WayPastSerializer(many=True)


class RelatedRunSerializer(serializers.Serializer[Any]):
    """Another run of the same family: the caller, or a sub-flow."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    flow = serializers.CharField()
    version = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Run.Status.values)
    ending = serializers.ChoiceField(choices=ENDINGS, allow_null=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    node = serializers.CharField(help_text="The step of the caller in whose place it runs.")


class EarlyEventSerializer(serializers.Serializer[Any]):
    """An event of another system that no step has waited for yet."""

    name = serializers.CharField()
    at = serializers.DateTimeField()


class RunSerializer(RunRowSerializer):
    """A run as its auditor reads it."""

    graph = DocumentField()
    layout = DocumentField()
    ending = EndingSerializer(allow_null=True)  # type: ignore[assignment]
    incident = IncidentSerializer(allow_null=True)
    current = serializers.ListField(
        child=serializers.CharField(), help_text="Steps the run is at; none once it has ended."
    )
    early = EarlyEventSerializer(
        many=True, help_text="What came before its step; it goes with the run's end."
    )
    suspended_at = serializers.DateTimeField(allow_null=True)
    to_undo = serializers.IntegerField(
        help_text="How much of what was done for good is still to be undone."
    )
    decisions = serializers.ListField(
        child=serializers.ChoiceField(choices=list(WORDS)),
        help_text="What this person may decide about the run as it is now.",
    )
    parent = RelatedRunSerializer(allow_null=True)
    children = RelatedRunSerializer(many=True)
    people = RunPersonSerializer(many=True)
    recordings = RunRecordingSerializer(many=True)
    evidence = EvidenceSerializer(many=True)
    forms = FilledFormSerializer(many=True)
    variables = RunVariableSerializer(many=True)


class RunEventSerializer(serializers.Serializer[Any]):
    """A fact of the run's log."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    actor = serializers.CharField()
    at_ms = serializers.IntegerField()
    data = DocumentField()  # type: ignore[assignment]
    node = serializers.CharField(allow_null=True)
    title = LocalTextField(allow_null=True)
    hash = serializers.CharField()


class EventsVerdictSerializer(serializers.Serializer[Any]):
    """Whether the chain of events holds."""

    count = serializers.IntegerField()
    ok = serializers.BooleanField()
    broken_at = serializers.IntegerField(allow_null=True)


class FileVerdictSerializer(serializers.Serializer[Any]):
    """Whether a recording's file is what was recorded."""

    id = serializers.UUIDField()
    ok = serializers.BooleanField()
    segments = serializers.IntegerField()
    problem = serializers.CharField(allow_null=True)
    erased = serializers.BooleanField(help_text="Its bytes are gone; its hashes were checked.")


class PictureVerdictSerializer(serializers.Serializer[Any]):
    """Whether a picture is what was taken."""

    id = serializers.UUIDField()
    ok = serializers.BooleanField()
    erased = serializers.BooleanField(help_text="Its bytes are gone; its hash is kept.")


class ChildVerdictSerializer(serializers.Serializer[Any]):
    """Whether the record of a sub-flow is what it was."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    ok = serializers.BooleanField()
    events = EventsVerdictSerializer()


class VerdictSerializer(serializers.Serializer[Any]):
    """Whether the run's record is what it was when it was written."""

    ok = serializers.BooleanField()
    events = EventsVerdictSerializer()
    recordings = FileVerdictSerializer(many=True)
    evidence = PictureVerdictSerializer(many=True)
    children = ChildVerdictSerializer(many=True)
    checked_at = serializers.DateTimeField()


class WishToPlaySerializer(serializers.Serializer[Any]):
    """Why somebody wants to play a recording."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)


class PlayGrantSerializer(serializers.Serializer[Any]):
    """Leave to play one file."""

    url = serializers.CharField(help_text="Good for one minute, for this person and this file.")


class UploadAddressSerializer(serializers.Serializer[Any]):
    """Where a worker puts a finished file."""

    put = serializers.CharField(
        allow_null=True, help_text="Good for 15 minutes, without a grant; null: PUT it here."
    )


class DeliveredSerializer(serializers.Serializer[Any]):
    """What was kept."""

    bytes = serializers.IntegerField()
