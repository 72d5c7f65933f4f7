"""REST of what is decided about a run: by staff, and by systems that hold a callback's address."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.access import can
from accounts.answers import ErrorSerializer
from accounts.guard import BoundedJSONParser
from accounts.views import GuardedView
from designer.documents import findings_json
from designer.models import FlowVersion
from flow.events import (
    RUN,
    Event,
    ExternalEventReceived,
    IncidentEnded,
    IncidentRetried,
    IncidentSkipped,
    RunCancelled,
    RunMigrated,
    RunResumed,
    RunSuspended,
    Signalled,
)
from flow.graph import BoundaryKind
from runtime import decisions
from runtime.api.deciding import (
    CallbackSerializer,
    DecidedSerializer,
    ExternalEventSerializer,
    IncidentWishSerializer,
    MigrationWishSerializer,
    MoveSerializer,
    ReasonedSerializer,
    RefusedMoveSerializer,
    WishSerializer,
    decided,
)
from runtime.api.runs import RunView
from runtime.clock import now_ms
from runtime.errors import GrantError
from runtime.evidence import grants
from runtime.evidence.story import time_of
from runtime.models import Run
from runtime.standing import subject_of
from runtime.versions import bound_graph

ANSWERS = {
    200: DecidedSerializer,
    400: ErrorSerializer,
    403: ErrorSerializer,
    404: ErrorSerializer,
    409: ErrorSerializer,
}


class DecisionView(RunView):
    """Base of the views that bring one decision to one run."""

    def wish(self, kind: type[WishSerializer], request: Request) -> dict[str, Any]:
        asked = kind(data=request.data)
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)

    def decided(self, run: Run, event: Event, wish: dict[str, Any]) -> Response:
        return decided(run, event, id_=str(wish["id"]), by=self.person)

    @property
    def by(self) -> str:
        return audit.actor_of(self.person)


class IncidentView(DecisionView):
    """A halted run: try again, go past the step, or end."""

    actions: ClassVar = {"POST": "run.retry"}

    @extend_schema(
        operation_id="decide_incident", request=IncidentWishSerializer, responses=ANSWERS
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        run = self.run(run_id)
        wish = self.wish(IncidentWishSerializer, request)
        if not can(self.person, decisions.WORDS[wish["decision"]], subject_of(run)):
            raise exceptions.PermissionDenied
        return self.decided(run, self._event(wish), wish)

    def _event(self, wish: dict[str, Any]) -> Event:
        at_ms, by, reason = now_ms(), self.by, wish["reason"]
        match wish["decision"]:
            case "retry":
                return IncidentRetried(at_ms=at_ms, by=by)
            case "skip":
                return IncidentSkipped(at_ms=at_ms, by=by, outcome=wish["outcome"], reason=reason)
            case _:
                return IncidentEnded(at_ms=at_ms, by=by, reason=reason)


class SuspendView(DecisionView):
    """Let a run stand still."""

    actions: ClassVar = {"POST": "run.suspend"}

    @extend_schema(operation_id="suspend_run", request=ReasonedSerializer, responses=ANSWERS)
    def post(self, request: Request, run_id: UUID) -> Response:
        run, wish = self.run(run_id), self.wish(ReasonedSerializer, request)
        event = RunSuspended(at_ms=now_ms(), by=self.by, reason=wish["reason"])
        return self.decided(run, event, wish)


class ResumeView(DecisionView):
    """Let a run that stands still go on."""

    actions: ClassVar = {"POST": "run.suspend"}

    @extend_schema(operation_id="resume_run", request=WishSerializer, responses=ANSWERS)
    def post(self, request: Request, run_id: UUID) -> Response:
        run, wish = self.run(run_id), self.wish(WishSerializer, request)
        return self.decided(run, RunResumed(at_ms=now_ms(), by=self.by), wish)


class CancelView(DecisionView):
    """End a run from outside its flow."""

    actions: ClassVar = {"POST": "run.cancel"}

    @extend_schema(operation_id="cancel_run", request=ReasonedSerializer, responses=ANSWERS)
    def post(self, request: Request, run_id: UUID) -> Response:
        run, wish = self.run(run_id), self.wish(ReasonedSerializer, request)
        event = RunCancelled(at_ms=now_ms(), by=self.by, reason=wish["reason"])
        return self.decided(run, event, wish)


class StepInView(DecisionView):
    """A supervisor takes over where the flow says what is to come then."""

    actions: ClassVar = {"POST": "run.step_in"}

    @extend_schema(operation_id="step_in", request=WishSerializer, responses=ANSWERS)
    def post(self, request: Request, run_id: UUID) -> Response:
        run, wish = self.run(run_id), self.wish(WishSerializer, request)
        event = Signalled(
            at_ms=now_ms(),
            activity=RUN,
            name=BoundaryKind.SUPERVISOR.value,
            data={"by": self.by},
        )
        return self.decided(run, event, wish)


class MigrationView(DecisionView):
    """A live run under another version of its flow."""

    actions: ClassVar = {"GET": "run.migrate", "POST": "run.migrate"}

    @extend_schema(
        operation_id="migrations",
        responses={200: MoveSerializer(many=True), 404: ErrorSerializer},
    )
    def get(self, _request: Request, run_id: UUID) -> Response:
        return Response([_move_json(one) for one in decisions.moves(self.run(run_id))])

    @extend_schema(
        operation_id="migrate_run",
        request=MigrationWishSerializer,
        responses={**ANSWERS, 422: RefusedMoveSerializer},
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        run, wish = self.run(run_id), self.wish(MigrationWishSerializer, request)
        version = decisions.find_target(run, wish["to"])
        if version is None:
            raise Http404
        event = RunMigrated(at_ms=now_ms(), by=self.by, to=version.hash, nodes=wish["nodes"])
        return self.decided(run, event, wish)


def _move_json(move: decisions.Move) -> dict[str, Any]:
    return {
        "id": move.version.pk,
        "number": move.version.number,
        "note": move.version.note,
        "published_at": move.version.published_at,
        "steps": _steps(move.version),
        "nodes": dict(move.nodes),
        "findings": findings_json(move.findings),
    }


def _steps(version: FlowVersion) -> list[dict[str, Any]]:
    bound = bound_graph(version.pk)
    return [{"id": one, "title": dict(bound.title(one))} for one in bound.graph.nodes]


class CallbackAddressView(RunView):
    """The address of a run for another system."""

    actions: ClassVar = {"POST": "run.notify"}

    @extend_schema(
        operation_id="callback_address",
        request=None,
        responses={201: CallbackSerializer, 404: ErrorSerializer},
    )
    def post(self, _request: Request, run_id: UUID) -> Response:
        run = self.run(run_id)
        token, expires_at_ms = grants.callback_token(run.pk, now_ms())
        audit.append(
            actor=audit.actor_of(self.person),
            action="run.callback",
            target=f"run:{run.pk}",
            workspace=run.workspace_id,
            data={"expires_at_ms": expires_at_ms},
        )
        body = {"url": grants.callback_path(token), "expires_at": time_of(expires_at_ms)}
        return Response(body, status=201)


class SmallJSONParser(BoundedJSONParser):
    """What another system has to say fits into 64 KiB."""

    limit_bytes = 64 * 1024


class CallbackView(GuardedView):
    """Another system says that something has happened; its address is all it needs."""

    actions: ClassVar = {"POST": "run.callback"}
    authentication_classes: ClassVar = []  # type: ignore[misc]
    parser_classes: ClassVar = [SmallJSONParser]  # type: ignore[misc]

    @extend_schema(
        operation_id="callback", request=ExternalEventSerializer, responses=ANSWERS, auth=[]
    )
    def post(self, request: Request, token: str) -> Response:
        run = _run_behind(token)
        asked = ExternalEventSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        event = ExternalEventReceived(at_ms=now_ms(), name=told["name"], data=told["data"])
        return decided(run, event, id_=told["id"], by=None)


def _run_behind(token: str) -> Run:
    """The same 404 for a token that is forged, expired, or of a run that is gone."""
    try:
        run = Run.objects.filter(pk=grants.read_callback_token(token, now_ms())).first()
    except GrantError:
        run = None
    if run is None:
        raise Http404
    return run
