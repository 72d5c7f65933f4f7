"""REST of runs: list, story, events, verification, pictures. Parses, asks, renders."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import override

from accounts.access import OVERSIGHT, find_workspace, roles_for
from accounts.answers import ErrorSerializer
from accounts.models import Role as Duty
from accounts.views import GuardedView
from flow.events import ExternalEventReceived, Role
from runtime import decisions, driver
from runtime.api.closed import as_answer, refuse_erased
from runtime.api.deciding import DecidedSerializer, ExternalEventSerializer, decided
from runtime.api.documents import (
    RunEventSerializer,
    RunListSerializer,
    RunSerializer,
    VerdictSerializer,
)
from runtime.clock import now_ms
from runtime.evidence import log, story
from runtime.evidence.files import read_range, size_of
from runtime.evidence.verify import find_picture, verify_run
from runtime.models import Participant, Run
from runtime.standing import subject_of

PAGE = 50
EVENTS_LIMIT = 1_000
_NEEDING = frozenset({Run.Status.INCIDENT, Run.Status.COMPENSATING})


class RunView(GuardedView):
    """Base of the views of one run."""

    @override
    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(as_answer(exc))

    def run(self, run_id: UUID) -> Run:
        """404 for what is not there or not for this person's eyes."""
        run = _whole_runs().filter(pk=run_id).first()
        if run is None:
            raise Http404
        self.allowed(subject_of(run))
        return run

    def reader(self, run: Run) -> Role:
        """As whom this person reads it: who served it may see more than who looks it over."""
        served = Participant.objects.filter(run=run.home_id, user=self.person, role="agent")
        return "agent" if served.exists() else "supervisor"


def _whole_runs() -> QuerySet[Run]:
    whole = Run.objects.select_related(
        "version__flow", "root", "parent__version__flow", "erasure_wish"
    )
    return whole.prefetch_related("participants")


class RunsView(GuardedView):
    """The calls this person may see, newest first: sub-flows are part of theirs."""

    actions: ClassVar = {"GET": "run.list"}

    @extend_schema(
        operation_id="runs",
        parameters=[
            OpenApiParameter("status", OpenApiTypes.STR, enum=Run.Status.values),
            OpenApiParameter("q", OpenApiTypes.STR, description="Number, flow or agent."),
            OpenApiParameter("page", OpenApiTypes.INT),
        ],
        responses={200: RunListSerializer},
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        page = int(asked.get("page", "1")) if asked.get("page", "1").isdecimal() else 1
        runs = self._visible()
        if asked.get("status") in Run.Status.values:
            runs = runs.filter(_standing(asked["status"])).distinct()
        if asked.get("q"):
            runs = runs.filter(_matching(asked["q"][:100])).distinct()
        start = (max(page, 1) - 1) * PAGE
        found = list(runs.order_by("-started_at_ms", "-pk")[start : start + PAGE + 1])
        following = page + 1 if len(found) > PAGE else None
        rows = [{**story.row_of(one), "late": driver.is_late(one)} for one in found[:PAGE]]
        return Response({"results": rows, "next": following})

    def _visible(self) -> QuerySet[Run]:
        workspace = self.allowed(find_workspace(self.person))
        runs = _whole_runs().filter(workspace=workspace, root=None)
        if roles_for(self.person, workspace).isdisjoint((*OVERSIGHT, Duty.ADMIN)):
            runs = runs.filter(participants__user=self.person)
        return runs


def _standing(status: str) -> Q:
    """Of that status; a call whose sub-flow needs somebody needs somebody too."""
    own = Q(status=status)
    return own | Q(family__status=status) if status in _NEEDING else own


def _matching(text: str) -> Q:
    return (
        Q(number__icontains=text)
        | Q(family__number__icontains=text)
        | Q(version__flow__name__icontains=text)
        | Q(participants__role="agent", participants__name__icontains=text)
    )


class OneRunView(RunView):
    """One run as its auditor reads it."""

    actions: ClassVar = {"GET": "run.read"}

    @extend_schema(operation_id="run", responses={200: RunSerializer, 404: ErrorSerializer})
    def get(self, _request: Request, run_id: UUID) -> Response:
        run = self.run(run_id)
        if run.erased_at_ms is not None:
            return Response({**story.skeleton_of(run), "decisions": []})
        snapshot = driver.read_run(run.pk)
        hidden = story.veil_for(self.reader(run), snapshot.bound, snapshot.state)
        told = story.story_of(run, snapshot.bound, snapshot.state, hidden)
        return Response({**told, "decisions": decisions.open_to(self.person, run, snapshot)})


class EventsView(RunView):
    """The log of one run."""

    actions: ClassVar = {"GET": "run.read", "POST": "run.notify"}

    @extend_schema(
        operation_id="run_events",
        parameters=[OpenApiParameter("after", OpenApiTypes.INT, description="The last seq seen.")],
        responses={200: RunEventSerializer(many=True), 404: ErrorSerializer},
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        run = self.run(run_id)
        asked = request.query_params.get("after", "0")
        after = int(asked) if asked.isdecimal() else 0
        if run.erased_at_ms is not None:
            return Response(log.traces_of(run, after=after, limit=EVENTS_LIMIT))
        snapshot = driver.read_run(run.pk)
        hidden = story.veil_for(self.reader(run), snapshot.bound, snapshot.state)
        graphs = driver.graphs_of(run.pk)
        events = log.events_of(run, graphs, hidden, after=after, limit=EVENTS_LIMIT)
        return Response(events)

    @extend_schema(
        operation_id="notify_run",
        request=ExternalEventSerializer,
        responses={
            200: DecidedSerializer,
            400: ErrorSerializer,
            404: ErrorSerializer,
            409: ErrorSerializer,
        },
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        run = self.run(run_id)
        asked = ExternalEventSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        event = ExternalEventReceived(at_ms=now_ms(), name=told["name"], data=told["data"])
        return decided(run, event, id_=told["id"], by=self.person)


class VerifyRunView(RunView):
    """The check of one run's record."""

    actions: ClassVar = {"GET": "run.verify"}

    @extend_schema(
        operation_id="verify_run", responses={200: VerdictSerializer, 404: ErrorSerializer}
    )
    def get(self, _request: Request, run_id: UUID) -> Response:
        return Response(verify_run(self.run(run_id), now_ms()))


class PictureView(GuardedView):
    """A picture kept as evidence."""

    actions: ClassVar = {"GET": "evidence.read"}

    @extend_schema(
        operation_id="evidence",
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY, 404: ErrorSerializer},
    )
    def get(self, _request: Request, evidence_id: UUID) -> HttpResponse:
        picture = find_picture(evidence_id)
        if picture is None:
            raise Http404
        self.allowed(subject_of(picture.run))
        refuse_erased(picture.run)
        size = size_of(picture.path) if picture.path else None
        if size is None:
            raise Http404
        content = read_range(picture.path, 0, size - 1)
        return HttpResponse(
            content,
            content_type="image/jpeg",
            headers={"Cache-Control": "no-store", "Content-Disposition": "inline"},
        )
