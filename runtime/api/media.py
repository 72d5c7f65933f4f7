"""REST of media files: workers deliver under a grant, people play under another."""

from __future__ import annotations

import re
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import parsers, permissions
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import override

from accounts import audit
from accounts.access import WorkerPass, can
from accounts.answers import ApiError, ErrorSerializer
from accounts.views import GuardedView
from runtime.api.closed import refuse_erased
from runtime.api.documents import (
    DeliveredSerializer,
    PlayGrantSerializer,
    UploadAddressSerializer,
    WishToPlaySerializer,
)
from runtime.clock import now_ms
from runtime.errors import GrantError
from runtime.evidence import files, grants
from runtime.models import Composition, RecordingFile, Room
from runtime.standing import subject_of

DELIVERY_LIMIT_BYTES = 8 * 1024**3
PIECE_LIMIT_BYTES = 4 * 1024**2
"""A request without an end gets at most this much; players ask for the rest."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class GrantView(GuardedView):
    """Leave to play one file for a minute."""

    actions: ClassVar = {"POST": "recording.read"}

    @extend_schema(
        operation_id="grant_recording",
        request=WishToPlaySerializer,
        responses={200: PlayGrantSerializer, 404: ErrorSerializer},
    )
    def post(self, request: Request, run_id: UUID, file_id: UUID) -> Response:
        asked = WishToPlaySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        file = _find_file(file_id)
        if file is None or file.recording.run_id != run_id:
            raise Http404
        self.allowed(subject_of(file.recording.run))
        refuse_erased(file.recording.run)
        audit.append(
            actor=audit.actor_of(self.person),
            action="recording.play",
            target=f"run:{run_id}",
            workspace=file.recording.run.workspace_id,
            data={"file": str(file_id), "reason": asked.validated_data.get("reason", "")},
        )
        token = grants.play_token(file_id, self.person.pk)
        return Response({"url": f"/api/v1/media/play/{token}"})


class PlayView(GuardedView):
    """A recording's file, in ranges (RFC 9110 §14)."""

    actions: ClassVar = {"GET": "recording.read"}

    @extend_schema(
        operation_id="play_recording",
        parameters=[OpenApiParameter("Range", OpenApiTypes.STR, OpenApiParameter.HEADER)],
        responses={
            (200, "video/webm"): OpenApiTypes.BINARY,
            (206, "video/webm"): OpenApiTypes.BINARY,
            (200, "video/mp4"): OpenApiTypes.BINARY,
            (206, "video/mp4"): OpenApiTypes.BINARY,
            404: ErrorSerializer,
        },
    )
    def get(self, request: Request, token: str) -> HttpResponseBase:
        file = self._granted(token)
        size = files.size_of(file.path)
        if size is None:
            raise Http404
        wanted = _range_of(request.headers.get("Range", ""), size)
        if wanted is None:
            return _unsatisfiable(size)
        headers = {
            "Accept-Ranges": "bytes",
            "Cache-Control": "no-store",
            "Content-Disposition": "inline",
            "Content-Type": file.mime,
        }
        if not request.headers.get("Range"):
            headers["Content-Length"] = str(size)
            return StreamingHttpResponse(files.pieces(file.path), headers=headers)
        start, end = wanted
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
        return HttpResponse(files.read_range(file.path, start, end), status=206, headers=headers)

    def _granted(self, token: str) -> RecordingFile | Composition:
        """The file, when the grant is good, this person's own, and they may still see the run."""
        try:
            file_id, user_id = grants.read_play_token(token)
        except GrantError:
            raise Http404 from None
        file = _find_file(UUID(file_id))
        if file is None or user_id != str(self.person.pk):
            raise Http404
        self.allowed(subject_of(file.recording.run))
        refuse_erased(file.recording.run)
        if not file.path:
            raise Http404
        return file


class OctetParser(parsers.BaseParser):
    """Leaves the body where it is: it is read as it comes."""

    media_type = "*/*"

    @override
    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream


class GrantHolder(permissions.BasePermission):
    """Who holds a delivery grant of ours acts for the worker the room is on."""

    @override
    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method not in view.actions:
            return False
        grant, room = _delivery_grant(request)
        view.grant = grant
        return can(WorkerPass(worker_id=room.worker.name), view.actions[request.method])


class DeliverView(GuardedView):
    """A worker on another host asks where to put a finished file, or streams it in."""

    actions: ClassVar = {"POST": "media.deliver", "PUT": "media.deliver"}
    authentication_classes: ClassVar = []  # type: ignore[misc]
    permission_classes: ClassVar = [GrantHolder]  # type: ignore[misc]
    parser_classes: ClassVar = [OctetParser]  # type: ignore[misc]
    grant: grants.Grant

    @extend_schema(
        operation_id="place_media",
        request=None,
        responses={200: UploadAddressSerializer, 403: ErrorSerializer},
    )
    def post(self, request: Request, run_id: UUID, generation: int, name: str) -> Response:
        return Response({"put": files.upload_address(self._granted(run_id, generation, name))})

    @extend_schema(
        operation_id="deliver_media",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: DeliveredSerializer, 403: ErrorSerializer, 409: ErrorSerializer},
    )
    def put(self, request: Request, run_id: UUID, generation: int, name: str) -> Response:
        place = self._granted(run_id, generation, name)
        try:
            size = files.keep(request._request, place, limit_bytes=DELIVERY_LIMIT_BYTES)
        except files.FileExists:
            message = _("Another file of this name is here already.")
            raise ApiError(409, "exists", message) from None
        except ValueError:
            raise ApiError(413, "too_large", _("This file is too large.")) from None
        return Response({"bytes": size}, status=201)

    def _granted(self, run_id: UUID, generation: int, name: str) -> str:
        """The file's name in the store, when the grant is for it."""
        prefix = f"{run_id}/{generation}/"
        if self.grant.prefix != prefix or not grants.is_file_name(name):
            raise _no_grant()
        return prefix + name


def _delivery_grant(request: Request) -> tuple[grants.Grant, Room]:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme != "Grant":
            raise GrantError("no grant")
        grant = grants.read_grant(token, now_ms())
    except GrantError:
        raise _no_grant() from None
    room = (
        Room.objects.select_related("worker")
        .filter(run_id=grant.room, generation=grant.generation, run__erased_at_ms=None)
        .first()
    )
    if room is None:
        raise _no_grant()
    return grant, room


def _no_grant() -> ApiError:
    return ApiError(403, "bad_grant", _("You may not do this."))


def _find_file(file_id: UUID) -> RecordingFile | Composition | None:
    """A party's file, or the video of all."""
    files_of = RecordingFile.objects.select_related("recording__run")
    videos = Composition.objects.select_related("recording__run")
    return files_of.filter(pk=file_id).first() or videos.filter(pk=file_id).first()


def _range_of(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte to send; None when the range cannot be satisfied."""
    if not header:
        return 0, size - 1
    found = _RANGE.fullmatch(header.strip())
    if found is None or not any(found.groups()) or size == 0:
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
    if start > end:
        return None
    return start, min(end, start + PIECE_LIMIT_BYTES - 1)


def _unsatisfiable(size: int) -> HttpResponse:
    return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
