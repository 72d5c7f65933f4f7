"""REST of coming in: a customer redeems a link, or comes back with the device's cookie."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.addresses import client_ip
from accounts.answers import ApiError, ErrorSerializer
from accounts.links import LinkUnusableError, set_cookie
from accounts.views import GuardedView
from runtime import joining
from runtime.api.documents import JoinedSerializer, JoinSerializer
from runtime.models import Run


class JoinView(GuardedView):
    """A customer's way in, and back."""

    actions: ClassVar = {"POST": "run.join", "GET": "run.resume"}

    @extend_schema(
        operation_id="join",
        request=JoinSerializer,
        responses={200: JoinedSerializer, 404: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        asked = JoinSerializer(data=request.data)
        if not asked.is_valid():
            raise _unusable()
        try:
            joined = joining.join(
                asked.validated_data["token"],
                ip=client_ip(request._request),
                cookie=request.COOKIES.get(settings.JOIN_COOKIE_NAME),
                locale=asked.validated_data["locale"],
                now=timezone.now(),
            )
        except LinkUnusableError:
            raise _unusable() from None
        response = Response(_document(joined.run, anew=False))
        set_cookie(response, joined.entry)
        return response

    @extend_schema(operation_id="rejoin", responses={200: JoinedSerializer, 404: ErrorSerializer})
    def get(self, request: Request) -> Response:
        cookie = request.COOKIES.get(settings.JOIN_COOKIE_NAME)
        run = joining.find_joined(cookie, now=timezone.now())
        if run is None:
            raise _unusable()
        return Response(_document(run, anew=joining.begins_anew(run)))


def _unusable() -> ApiError:
    """The same for a forged, a used, an expired and an unreadable token."""
    return ApiError(404, "link_unusable", _("This link cannot be used. Please ask for a new one."))


def _document(run: Run, *, anew: bool) -> dict[str, Any]:
    workspace = run.workspace
    return {
        "anew": anew,
        "run": run.pk,
        "socket": f"/ws/run/{run.pk}/",
        "flow": run.version.flow.name,
        "workspace": {"name": workspace.name, "brand": workspace.brand},
    }
