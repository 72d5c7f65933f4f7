"""REST of where a call's media is: told where to be, sent to another worker."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.answers import ApiError, ErrorSerializer
from runtime import routes
from runtime.api.runs import RunView
from runtime.clock import now_ms
from runtime.errors import EffectFailedError
from runtime.models import Run
from runtime.refusals import text_of

ANSWERS = {404: ErrorSerializer, 409: ErrorSerializer}


class RouteSerializer(serializers.Serializer[Any]):
    """Where a call's media is to be; an empty list takes a bound away."""

    zones = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20)
    regions = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20)


class RoutedSerializer(serializers.Serializer[Any]):
    """Whether the room goes to another worker for it."""

    moving = serializers.BooleanField()


class RouteView(RunView):
    """Where a run's media is to be, for its room and those after it."""

    actions: ClassVar = {"POST": "run.route"}

    @extend_schema(
        operation_id="route_run",
        request=RouteSerializer,
        responses={200: RoutedSerializer, **ANSWERS},
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        run, read = self.run(run_id), RouteSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        asked = read.validated_data
        try:
            moving = routes.set_route(run, asked["zones"], asked["regions"], now_ms())
        except EffectFailedError as error:
            raise refused(error) from error
        note(self.person.pk, run, "run.route", {**asked, "moving": moving})
        return Response({"moving": moving})


class MoveView(RunView):
    """Send a run's room to another worker; people in the call go over without an interruption."""

    actions: ClassVar = {"POST": "run.move"}

    @extend_schema(
        operation_id="move_run", request=None, responses={200: RoutedSerializer, **ANSWERS}
    )
    def post(self, _request: Request, run_id: UUID) -> Response:
        run = self.run(run_id)
        try:
            generation = routes.migrate(run, now_ms())
        except EffectFailedError as error:
            raise refused(error) from error
        note(self.person.pk, run, "run.move", {"generation": generation})
        return Response({"moving": True})


def note(who: object, run: Run, action: str, data: dict[str, Any]) -> None:
    """What staff has done about where a call's media is."""
    target = f"run:{run.pk}"
    audit.append(
        workspace=run.workspace_id, actor=f"user:{who}", action=action, target=target, data=data
    )


def refused(error: EffectFailedError) -> ApiError:
    """Why not, in words."""
    return ApiError(409, error.code, text_of(error.code, get_language() or "en"))
