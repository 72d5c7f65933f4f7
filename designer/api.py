"""REST of flows, drafts, versions and join links. Parses, calls one verb, renders."""

from __future__ import annotations

import re
from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import find_workspace
from accounts.answers import ApiError, ErrorSerializer
from accounts.models import Workspace
from accounts.views import GuardedView
from designer import drafts, invitations, publishing, shipped
from designer.checking import described, findings_of, graph_of
from designer.documents import (
    ChangeFlowSerializer,
    DraftSerializer,
    FlowSerializer,
    GraphSerializer,
    HasErrorsSerializer,
    LinkSerializer,
    NewFlowSerializer,
    NewLinkSerializer,
    PublishedSerializer,
    PublishSerializer,
    SaveDraftSerializer,
    SavedSerializer,
    StaleSerializer,
    TemplateSerializer,
    VerifiedSerializer,
    VersionSerializer,
    draft_json,
    findings_json,
    flow_json,
    version_json,
)
from designer.errors import (
    HasErrorsError,
    NameTakenError,
    NotPublishedError,
    OnlyCalledError,
    StaleDraftError,
    UnknownTemplateError,
    UnsuitableGraphError,
)
from designer.models import Flow
from designer.neighbours import neighbours_of
from flow.verification.neighbours import Neighbours

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description='The revision this change began from, in quotes: "7".',
)


class FlowView(GuardedView):
    """Base of the views of one flow."""

    def flow(self, flow_id: UUID) -> Flow:
        """The flow with all that its document shows; 404 for what is not there or not theirs."""
        return self.allowed(_whole_flows().filter(pk=flow_id).first())


def _whole_flows() -> QuerySet[Flow]:
    return Flow.objects.select_related("workspace", "draft", "draft__saved_by").prefetch_related(
        "versions__published_by"
    )


class TemplatesView(GuardedView):
    """The flows we ship to start from."""

    actions: ClassVar = {"GET": "palette.read"}

    @extend_schema(operation_id="templates", responses={200: TemplateSerializer(many=True)})
    def get(self, _request: Request) -> Response:
        found = shipped.all_templates().values()
        return Response(
            [{"key": one.key, "title": one.title, "summary": one.summary} for one in found]
        )


class FlowsView(GuardedView):
    """The flows of the person's workspace."""

    actions: ClassVar = {"GET": "flow.list", "POST": "flow.create"}

    @extend_schema(operation_id="flows", responses={200: FlowSerializer(many=True)})
    def get(self, _request: Request) -> Response:
        flows = _whole_flows().filter(workspace=self._workspace()).order_by("-draft__saved_at")
        return Response([flow_json(one) for one in flows])

    @extend_schema(
        operation_id="create_flow",
        request=NewFlowSerializer,
        responses={201: FlowSerializer, 400: ErrorSerializer, 409: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        asked = NewFlowSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            flow = drafts.begin(
                workspace=self._workspace(),
                name=asked.validated_data["name"],
                template=asked.validated_data.get("template"),
                person=self.person,
                now=timezone.now(),
            )
        except NameTakenError as error:
            raise _taken() from error
        except UnknownTemplateError as error:
            message = _("There is no such template.")
            raise ApiError(400, "unknown_template", message, field="/template") from error
        return Response(flow_json(flow), status=status.HTTP_201_CREATED)

    def _workspace(self) -> Workspace:
        return self.allowed(find_workspace(self.person))


class OneFlowView(FlowView):
    """One flow."""

    actions: ClassVar = {"GET": "flow.read", "PATCH": "flow.change"}

    @extend_schema(operation_id="flow", responses={200: FlowSerializer, 404: ErrorSerializer})
    def get(self, _request: Request, flow_id: UUID) -> Response:
        return Response(flow_json(self.flow(flow_id)))

    @extend_schema(
        operation_id="change_flow",
        request=ChangeFlowSerializer,
        responses={
            200: FlowSerializer,
            400: ErrorSerializer,
            404: ErrorSerializer,
            409: ErrorSerializer,
        },
    )
    def patch(self, request: Request, flow_id: UUID) -> Response:
        flow = self.flow(flow_id)
        asked = ChangeFlowSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            drafts.describe(
                flow,
                name=asked.validated_data.get("name", flow.name),
                summary=asked.validated_data.get("summary", flow.summary),
                person=self.person,
            )
        except NameTakenError as error:
            raise _taken() from error
        return Response(flow_json(flow))


class DraftView(FlowView):
    """The draft of a flow."""

    actions: ClassVar = {"GET": "draft.read", "PUT": "draft.save"}

    @extend_schema(operation_id="draft", responses={200: DraftSerializer, 404: ErrorSerializer})
    def get(self, _request: Request, flow_id: UUID) -> Response:
        draft = self.flow(flow_id).draft
        return Response(draft_json(draft), headers={"ETag": f'"{draft.revision}"'})

    @extend_schema(
        operation_id="save_draft",
        parameters=[IF_MATCH],
        request=SaveDraftSerializer,
        responses={
            200: SavedSerializer,
            404: ErrorSerializer,
            412: StaleSerializer,
            413: ErrorSerializer,
            422: ErrorSerializer,
            428: ErrorSerializer,
        },
    )
    def put(self, request: Request, flow_id: UUID) -> Response:
        flow = self.flow(flow_id)
        revision = _named_revision(request)
        asked = SaveDraftSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            saved = drafts.save(
                flow,
                revision=revision,
                person=self.person,
                now=timezone.now(),
                **asked.validated_data,
            )
        except StaleDraftError as error:
            raise _stale(412, error) from error
        except UnsuitableGraphError as error:
            raise _unsuitable(error) from error
        body = {
            "revision": saved.draft.revision,
            "saved_at": saved.draft.saved_at,
            "findings": findings_json(saved.findings),
        }
        return Response(body, headers={"ETag": f'"{saved.draft.revision}"'})


class VerifyView(GuardedView):
    """What a graph amounts to, while it is drawn."""

    actions: ClassVar = {"POST": "graph.verify"}

    @extend_schema(
        operation_id="verify",
        request=GraphSerializer,
        responses={200: VerifiedSerializer, 413: ErrorSerializer, 422: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        asked = GraphSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            graph = graph_of(asked.validated_data["graph"])
        except UnsuitableGraphError as error:
            raise _unsuitable(error) from error
        workspace = find_workspace(self.person)
        around = neighbours_of(graph, workspace.pk) if workspace else Neighbours()
        return Response({"findings": findings_json(findings_of(graph, around)), **described(graph)})


class PublishView(FlowView):
    """Making the next version."""

    actions: ClassVar = {"POST": "flow.publish"}

    @extend_schema(
        operation_id="publish",
        request=PublishSerializer,
        responses={
            201: PublishedSerializer,
            404: ErrorSerializer,
            409: StaleSerializer,
            422: HasErrorsSerializer,
        },
    )
    def post(self, request: Request, flow_id: UUID) -> Response:
        flow = self.flow(flow_id)
        asked = PublishSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            version = publishing.publish(
                flow,
                revision=asked.validated_data["revision"],
                note=asked.validated_data.get("note", ""),
                person=self.person,
                now=timezone.now(),
            )
        except StaleDraftError as error:
            raise _stale(409, error) from error
        except HasErrorsError as error:
            findings = {"findings": findings_json(error.findings)}
            message = _("The flow has errors. Mend them before publishing.")
            raise ApiError(422, "has_errors", message, extra=findings) from error
        body = {"number": version.number, "hash": version.hash}
        return Response(body, status=status.HTTP_201_CREATED)


class VersionView(FlowView):
    """One published version."""

    actions: ClassVar = {"GET": "version.read"}

    @extend_schema(operation_id="version", responses={200: VersionSerializer, 404: ErrorSerializer})
    def get(self, _request: Request, flow_id: UUID, number: int) -> Response:
        version = self.flow(flow_id).versions.filter(number=number).first()
        return Response(version_json(self.allowed(version)))


class LinksView(FlowView):
    """Join links into runs of a published version."""

    actions: ClassVar = {"POST": "link.create"}

    @extend_schema(
        operation_id="create_link",
        request=NewLinkSerializer,
        responses={201: LinkSerializer, 404: ErrorSerializer, 409: ErrorSerializer},
    )
    def post(self, request: Request, flow_id: UUID) -> Response:
        flow = self.flow(flow_id)
        asked = NewLinkSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            new = invitations.create_link(
                flow,
                number=asked.validated_data.get("version"),
                ttl_min=asked.validated_data.get("ttl_min"),
                person=self.person,
                now=timezone.now(),
            )
        except NotPublishedError as error:
            raise ApiError(409, "not_published", _("Publish this flow first.")) from error
        except OnlyCalledError as error:
            message = _("Other flows call this one. It has no links of its own.")
            raise ApiError(409, "only_called", message) from error
        url = invitations.address_of(new, site=request.build_absolute_uri("/"))
        body = {
            "url": url,
            "qr_svg": invitations.qr_svg(url),
            "expires_at": new.link.expires_at,
            "max_uses": new.link.max_uses,
        }
        return Response(body, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})


def _named_revision(request: Request) -> int:
    """The revision of If-Match. Without it nobody could tell a stale save: 428 (RFC 6585 §3)."""
    named = request.headers.get("If-Match", "")
    found = re.fullmatch(r'(?:W/)?"(\d{1,9})"', named.strip())
    if found is None:
        message = _("Say with If-Match which revision this change began from.")
        raise ApiError(428, "revision_needed", message)
    return int(found[1])


def _taken() -> ApiError:
    message = _("There is a flow with this name already.")
    return ApiError(409, "name_taken", message, field="/name")


def _stale(status_code: int, error: StaleDraftError) -> ApiError:
    message = _("Somebody saved this flow in the meantime.")
    current = {"current": draft_json(error.current)}
    return ApiError(status_code, "stale_draft", message, extra=current)


def _unsuitable(error: UnsuitableGraphError) -> ApiError:
    message = _("This is not a graph that can be kept.")
    return ApiError(422, "malformed_graph", message, field=f"/graph{error.path}")
