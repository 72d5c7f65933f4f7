"""REST of who is in a call beside its customer and agent: asked in, overseen, placed, sent away."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.answers import ApiError, ErrorSerializer
from designer.invitations import address_of, qr_svg
from flow.errors import EventRefusedError
from flow.events import GUESTS
from runtime import parties
from runtime.api.runs import RunView
from runtime.clock import now_ms
from runtime.parties import OTHERS, Change
from runtime.refusals import text_of

ANSWERS = {403: ErrorSerializer, 404: ErrorSerializer, 409: ErrorSerializer}


class GuestSerializer(serializers.Serializer[Any]):
    """Who is asked into the call, and as what."""

    role = serializers.ChoiceField(choices=sorted(GUESTS))
    name = serializers.CharField(max_length=120)


class InvitationSerializer(serializers.Serializer[Any]):
    """The link for one device, shown once."""

    participant = serializers.UUIDField()
    url = serializers.CharField()
    qr = serializers.CharField(help_text="SVG")
    expires_at = serializers.DateTimeField()


class OverseeSerializer(serializers.Serializer[Any]):
    """How a supervisor wants to be in the call; the first time they listen."""

    mode = serializers.ChoiceField(choices=["monitor", "whisper", "normal"])


class PlaceSerializer(serializers.Serializer[Any]):
    """What is to be different about somebody's place in the call."""

    mode = serializers.ChoiceField(choices=sorted(OTHERS), required=False)
    muted = serializers.ListField(
        child=serializers.ChoiceField(choices=["audio", "video"]), required=False, max_length=2
    )


class SeatSerializer(serializers.Serializer[Any]):
    """Somebody's place in the call."""

    participant = serializers.UUIDField(source="pk")
    role = serializers.CharField()
    mode = serializers.CharField()
    muted = serializers.ListField(child=serializers.CharField())


class GuestsView(RunView):
    """Ask somebody into the call."""

    actions: ClassVar = {"POST": "run.invite"}

    @extend_schema(
        operation_id="invite_guest",
        request=GuestSerializer,
        responses={201: InvitationSerializer, **ANSWERS},
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        run, asked = self.run(run_id), _read(GuestSerializer, request)
        try:
            kept = parties.invite(
                run, asked["role"], asked["name"], by=self.person, now=timezone.now()
            )
        except EventRefusedError as error:
            raise _refused(error) from error
        url = address_of(kept.link, site=request.build_absolute_uri("/"))
        document = {
            "participant": kept.seat.pk,
            "url": url,
            "qr": qr_svg(url),
            "expires_at": kept.link.link.expires_at,
        }
        return Response(InvitationSerializer(document).data, status=201)


class OverseeView(RunView):
    """A supervisor listens, whispers to the agent, or steps into the call."""

    actions: ClassVar = {"POST": "run.oversee"}

    @extend_schema(
        operation_id="oversee_run",
        request=OverseeSerializer,
        responses={200: SeatSerializer, **ANSWERS},
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        run, asked = self.run(run_id), _read(OverseeSerializer, request)
        try:
            seat = parties.oversee(run, asked["mode"], by=self.person, now_ms=now_ms())
        except EventRefusedError as error:
            raise _refused(error) from error
        return Response(SeatSerializer(seat).data)


class PartyView(RunView):
    """Somebody in the call: on hold, waiting, muted, back; or sent away."""

    actions: ClassVar = {"POST": "run.place", "DELETE": "run.place"}

    @extend_schema(
        operation_id="place_party",
        request=PlaceSerializer,
        responses={200: SeatSerializer, **ANSWERS},
    )
    def post(self, request: Request, run_id: UUID, participant_id: UUID) -> Response:
        run, asked = self.run(run_id), _read(PlaceSerializer, request)
        change = Change(mode=asked.get("mode"), muted=asked.get("muted"))
        try:
            seat = parties.direct(run, participant_id, change, by=self.person, now_ms=now_ms())
        except EventRefusedError as error:
            raise _refused(error) from error
        return Response(SeatSerializer(seat).data)

    @extend_schema(operation_id="send_party_away", responses={204: None, **ANSWERS})
    def delete(self, request: Request, run_id: UUID, participant_id: UUID) -> Response:
        run = self.run(run_id)
        try:
            parties.send_away(run, participant_id, by=self.person, now_ms=now_ms())
        except EventRefusedError as error:
            raise _refused(error) from error
        return Response(status=204)


def _read(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = kind(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _refused(error: EventRefusedError) -> ApiError:
    status = {"invalid_data": 400, "unknown_person": 404}.get(error.reason, 409)
    said = text_of(error.reason, get_language() or "en")
    return ApiError(status, error.reason, said, field=error.field)
