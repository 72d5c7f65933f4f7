"""What the addresses of decisions share: the documents they read and write, and how they say no."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import get_language
from rest_framework import serializers
from rest_framework.response import Response

from accounts.answers import ApiError, ErrorSerializer
from accounts.models import User
from components.api import LocalTextField
from designer.documents import FindingSerializer, findings_json
from flow import shapes
from flow.errors import EventRefusedError, MalformedDocumentError
from flow.events import Event
from runtime import decisions
from runtime.api.documents import CHOICES
from runtime.errors import ConflictError, RunSealedError, UnknownRunError
from runtime.models import Run
from runtime.refusals import text_of
from runtime.versions import MigrationRefusedError

EVENT_NAME = r"[a-zA-Z0-9][a-zA-Z0-9._:-]{0,63}"
DATA_LIMIT = 200
"""Members of an external event's data."""


class WishSerializer(serializers.Serializer[Any]):
    """A decision that needs nothing but its identity: sent again, it changes nothing."""

    id = serializers.UUIDField()


class ReasonedSerializer(WishSerializer):
    """A decision that is explained for the record."""

    reason = serializers.CharField(max_length=300)


class IncidentWishSerializer(WishSerializer):
    """What to do about a halted run; `outcome` for a skip, `reason` for all but a retry."""

    decision = serializers.ChoiceField(choices=CHOICES)
    outcome = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class MigrationWishSerializer(WishSerializer):
    """The version to go on under; `nodes` names those that are called otherwise there."""

    to = serializers.UUIDField()
    nodes = serializers.DictField(
        child=serializers.CharField(max_length=64), required=False, default=dict
    )


class ExternalEventSerializer(serializers.Serializer[Any]):
    """Something has happened elsewhere that a step of the run waits for."""

    id = serializers.CharField(max_length=80, help_text="The sender's own; again changes nothing.")
    name = serializers.RegexField(rf"\A{EVENT_NAME}\Z")
    data = serializers.DictField(child=serializers.JSONField(allow_null=True), default=dict)  # type: ignore[assignment]

    def validate_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Plain JSON of bounded depth and size, as every reader takes it alike."""
        if len(data) > DATA_LIMIT:
            raise serializers.ValidationError(_said("too_large"))
        try:
            shapes.any_json(data)
        except MalformedDocumentError as error:
            raise serializers.ValidationError(_said("invalid_data")) from error
        return data


class DecidedSerializer(serializers.Serializer[Any]):
    """The event the decision made, and where the run stands now."""

    seq = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Run.Status.values)


class MoveStepSerializer(serializers.Serializer[Any]):
    """A step of a version a run might go on under."""

    id = serializers.CharField()
    title = LocalTextField()


class MoveSerializer(serializers.Serializer[Any]):
    """A version the run might go on under; without findings it can, with `nodes` as they are."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    note = serializers.CharField(allow_blank=True)
    published_at = serializers.DateTimeField()
    steps = MoveStepSerializer(many=True)
    nodes = serializers.DictField(
        child=serializers.CharField(), help_text="Guess: node as it was -> node as it is there."
    )
    findings = FindingSerializer(many=True)


class RefusedMoveSerializer(ErrorSerializer):
    """Why the run cannot go on under that version."""

    findings = FindingSerializer(many=True, required=False)


class CallbackSerializer(serializers.Serializer[Any]):
    """An address where another system can say that something has happened."""

    url = serializers.CharField(help_text="POST here; it needs no session.")
    expires_at = serializers.DateTimeField()


def decided(run: Run, event: Event, *, id_: str, by: User | None) -> Response:
    """The decision taken, or said why not."""
    try:
        taken = decisions.take(run, event, id_=id_, by=by)
    except UnknownRunError:
        raise Http404 from None
    except ConflictError as error:
        raise _refused(409, error.code) from error
    except RunSealedError as error:
        raise _refused(503, error.code) from error
    except MigrationRefusedError as error:
        raise _refused(422, error.reason, findings=findings_json(error.findings)) from error
    except EventRefusedError as error:
        status = 400 if error.reason == "invalid_data" else 409
        raise _refused(status, error.reason, field=error.field) from error
    return Response({"seq": taken.seq, "status": taken.status})


def _refused(status: int, reason: str, *, field: str | None = None, **extra: Any) -> ApiError:
    return ApiError(status, reason, _said(reason), field=field, extra=extra)


def _said(reason: str) -> str:
    return text_of(reason, get_language() or "en")
