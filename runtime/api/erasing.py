"""REST of erasing a run: one admin asks, another agrees; its data goes, its trace stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.answers import ApiError, ErrorSerializer
from accounts.models import AuditEvent, User
from flow.errors import EventRefusedError
from runtime import erasure
from runtime.api.deciding import ReasonedSerializer, WishSerializer
from runtime.api.runs import RunView
from runtime.clock import now_ms
from runtime.evidence.story import row_of, time_of
from runtime.models import ErasureWish, Run
from runtime.refusals import text_of

OBSTACLES = ("going_on", "not_sealed")


class AmountSerializer(serializers.Serializer[Any]):
    """What the run and its sub-flows hold."""

    events = serializers.IntegerField()
    recordings = serializers.IntegerField()
    pictures = serializers.IntegerField()
    services = serializers.IntegerField(help_text="Sub-flows.")


class AskedSerializer(serializers.Serializer[Any]):
    """An admin has asked for it, and another has yet to agree."""

    id = serializers.UUIDField()
    by = serializers.CharField()
    by_you = serializers.BooleanField()
    at = serializers.DateTimeField()
    reason = serializers.CharField()


class DoneSerializer(serializers.Serializer[Any]):
    """How the run was erased, by the audit trail."""

    at = serializers.DateTimeField()
    by = serializers.CharField()
    asked_by = serializers.CharField(
        allow_blank=True, help_text="Empty when one admin did it alone."
    )
    reason = serializers.CharField()


class ErasureSerializer(serializers.Serializer[Any]):
    """How erasing stands with a run."""

    number = serializers.CharField()
    flow = serializers.CharField()
    version = serializers.IntegerField()
    status = serializers.CharField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    agent = serializers.CharField(allow_blank=True)
    holds = AmountSerializer()
    obstacle = serializers.ChoiceField(
        choices=OBSTACLES, allow_null=True, help_text="Why it cannot be erased now."
    )
    needs_second = serializers.BooleanField(help_text="Whether another admin has to agree.")
    asked = AskedSerializer(allow_null=True)
    erased_at = serializers.DateTimeField(allow_null=True)
    done = DoneSerializer(allow_null=True)


ANSWERS = {
    200: ErasureSerializer,
    400: ErrorSerializer,
    404: ErrorSerializer,
    409: ErrorSerializer,
}


class ErasureView(RunView):
    """Base of the views that bring a run nearer to being erased, or say how near it is."""

    def after(self, run: Run, step: Callable[[], None]) -> Response:
        """How it stands after the step, or why that was refused."""
        try:
            step()
        except EventRefusedError as error:
            said = text_of(error.reason, get_language() or "en")
            raise ApiError(409, error.reason, said) from error
        run.refresh_from_db()
        return Response(_standing(run, self.person))


class EraseView(ErasureView):
    """Destroy what a run and its sub-flows hold about people."""

    actions: ClassVar = {"GET": "run.erase", "POST": "run.erase", "DELETE": "run.erase"}

    @extend_schema(operation_id="erasure", responses={200: ErasureSerializer, 404: ErrorSerializer})
    def get(self, _request: Request, run_id: UUID) -> Response:
        return Response(_standing(self.run(run_id), self.person))

    @extend_schema(operation_id="erase_run", request=ReasonedSerializer, responses=ANSWERS)
    def post(self, request: Request, run_id: UUID) -> Response:
        """Ask for it; the only admin of a workspace does it by asking."""
        run = self.run(run_id)
        asked = ReasonedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        id_, reason = asked.validated_data["id"], asked.validated_data["reason"]
        return self.after(
            run,
            lambda: erasure.ask(run, id_=id_, by=self.person, reason=reason, now_ms=now_ms()),
        )

    @extend_schema(
        operation_id="drop_erasure", responses={200: ErasureSerializer, 404: ErrorSerializer}
    )
    def delete(self, _request: Request, run_id: UUID) -> Response:
        """Take the wish back, or decline it."""
        run = self.run(run_id)
        return self.after(run, lambda: erasure.drop(run, by=self.person))


class AgreeToEraseView(ErasureView):
    """The second person agrees, and it is done."""

    actions: ClassVar = {"POST": "run.erase"}

    @extend_schema(operation_id="agree_to_erase", request=WishSerializer, responses=ANSWERS)
    def post(self, request: Request, run_id: UUID) -> Response:
        """`id` is that of the wish."""
        run = self.run(run_id)
        asked = WishSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wish_id = asked.validated_data["id"]
        return self.after(
            run,
            lambda: erasure.agree(run, wish_id=wish_id, by=self.person, now_ms=now_ms()),
        )


def _standing(run: Run, reader: User) -> dict[str, Any]:
    row, wish = row_of(run), erasure.find_wish(run)
    obstacle = "" if run.erased_at_ms is not None else erasure.obstacle_to(run)
    told = ("number", "flow", "version", "status", "started_at", "ended_at", "agent", "erased_at")
    return {
        **{name: row[name] for name in told},
        "holds": erasure.amount_of(run)._asdict(),
        "obstacle": obstacle or None,
        "needs_second": erasure.needs_second(run, reader),
        "asked": wish and _asked(wish, reader),
        "done": _done(erasure.find_record(run)) if run.erased_at_ms is not None else None,
    }


def _asked(wish: ErasureWish, reader: User) -> dict[str, Any]:
    return {
        "id": wish.pk,
        "by": wish.asked_by.shown_name,
        "by_you": wish.asked_by_id == reader.pk,
        "at": time_of(wish.asked_at_ms),
        "reason": wish.reason,
    }


def _done(record: AuditEvent | None) -> dict[str, Any] | None:
    if record is None:
        return None
    names = {audit.actor_of(one): one.shown_name for one in _people_of(record)}
    return {
        "at": time_of(record.at_ms),
        "by": names.get(record.actor, record.actor),
        "asked_by": names.get(record.data.get("asked_by", ""), ""),
        "reason": record.data.get("reason", ""),
    }


def _people_of(record: AuditEvent) -> list[User]:
    actors = (record.actor, record.data.get("asked_by", ""))
    ids = [one.removeprefix("user:") for one in actors if one.startswith("user:")]
    return list(User.objects.filter(pk__in=ids))
