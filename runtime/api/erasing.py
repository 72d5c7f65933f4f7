"""REST of erasing a run: its data goes for good, its trace stays."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.answers import ApiError, ErrorSerializer
from flow.errors import EventRefusedError
from runtime import erasure
from runtime.api.deciding import ReasonedSerializer
from runtime.api.runs import RunView
from runtime.clock import now_ms
from runtime.evidence.story import time_of
from runtime.refusals import text_of


class ErasedSerializer(serializers.Serializer[Any]):
    """When the run's key was destroyed; asked again, it is the first time."""

    erased_at = serializers.DateTimeField()


class EraseView(RunView):
    """Destroy what a run and its sub-flows hold about people."""

    actions: ClassVar = {"POST": "run.erase"}

    @extend_schema(
        operation_id="erase_run",
        request=ReasonedSerializer,
        responses={
            200: ErasedSerializer,
            400: ErrorSerializer,
            404: ErrorSerializer,
            409: ErrorSerializer,
        },
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        run = self.run(run_id)
        asked = ReasonedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        reason = asked.validated_data["reason"]
        try:
            erased_at_ms = erasure.erase_run(run, by=self.person, reason=reason, now_ms=now_ms())
        except EventRefusedError as error:
            said = text_of(error.reason, get_language() or "en")
            raise ApiError(409, error.reason, said) from error
        return Response({"erased_at": time_of(erased_at_ms)})
