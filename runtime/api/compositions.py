"""REST of compositions: one video of a whole recording, asked for, watched, cancelled."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.answers import ApiError, ErrorSerializer
from runtime.api.closed import refuse_erased
from runtime.api.runs import RunView
from runtime.clock import now_ms
from runtime.evidence import compositions
from runtime.evidence.compositions import NotComposableError
from runtime.models import Composition, Recording


class CompositionSerializer(serializers.Serializer[Any]):
    """One video of a whole recording, or how far its making is."""

    id = serializers.UUIDField()
    recording = serializers.CharField(help_text="The recording's name in the run.")
    state = serializers.ChoiceField(choices=Composition.State.values)
    progress = serializers.FloatField(help_text="0 to 1.")
    duration_ms = serializers.IntegerField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    url = serializers.CharField(help_text="Where leave to play it is given; empty until done.")


class AskedSerializer(serializers.Serializer[Any]):
    """Which recording is wanted as one video."""

    recording = serializers.CharField(max_length=120)


class CompositionsView(RunView):
    """Those of a run: the newest of each recording."""

    actions: ClassVar = {"GET": "recording.read", "POST": "recording.compose"}

    @extend_schema(
        operation_id="compositions",
        responses={200: CompositionSerializer(many=True), 404: ErrorSerializer},
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        run = self.run(run_id)
        made = Composition.objects.filter(recording__run=run).select_related("recording")
        newest = {one.recording_id: one for one in made.order_by("asked_at_ms")}
        return Response([document_of(one) for one in newest.values()])

    @extend_schema(
        operation_id="compose",
        request=AskedSerializer,
        responses={
            202: CompositionSerializer,
            400: ErrorSerializer,
            404: ErrorSerializer,
            409: ErrorSerializer,
            410: ErrorSerializer,
        },
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        run = self.run(run_id)
        refuse_erased(run)
        asked = AskedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        recording = Recording.objects.filter(run=run, name=asked.validated_data["recording"])
        found = recording.select_related("run").first()
        if found is None:
            raise Http404
        try:
            made = compositions.ask(found, get_language() or "en", now_ms())
        except NotComposableError as error:
            raise ApiError(409, error.code, _said(error.code)) from None
        audit.append(
            actor=audit.actor_of(self.person),
            action="recording.compose",
            target=f"run:{run_id}",
            workspace=run.workspace_id,
            data={"composition": str(made.pk)},
        )
        return Response(document_of(made), status=202)


class OneCompositionView(RunView):
    """One that is under way."""

    actions: ClassVar = {"DELETE": "recording.compose"}

    @extend_schema(
        operation_id="cancel_composition",
        responses={200: CompositionSerializer, 404: ErrorSerializer},
    )
    def delete(self, request: Request, run_id: UUID, composition_id: UUID) -> Response:
        run = self.run(run_id)
        found = Composition.objects.filter(pk=composition_id, recording__run=run)
        made = found.select_related("recording__run").first()
        if made is None:
            raise Http404
        compositions.cancel(made, now_ms())
        made.refresh_from_db()
        return Response(document_of(made))


def document_of(made: Composition) -> dict[str, Any]:
    """As the interface tells of it."""
    run_id = made.recording.run_id
    is_there = made.state == Composition.State.DONE and bool(made.path)
    return {
        "id": made.pk,
        "recording": made.recording.name,
        "state": made.state,
        "progress": round(made.steps_done / made.steps, 3),
        "duration_ms": made.duration_ms,
        "bytes": made.bytes,
        "sha256": made.sha256,
        "url": f"/api/v1/runs/{run_id}/recordings/{made.pk}/grant" if is_there else "",
    }


def _said(code: str) -> str:
    words = {
        "still_recording": _("The recording is not complete yet. Please try again in a moment."),
        "nothing_recorded": _("Nothing was recorded here."),
        "too_many": _("One video shows six people at most."),
    }
    return str(words[code])
