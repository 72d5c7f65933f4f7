"""REST of people: who am I, sign in, sign out. Parses, calls one verb, renders."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import signin
from accounts.access import can, find_workspace, roles_for
from accounts.answers import ApiError, ErrorSerializer
from accounts.models import Locale, Role, User
from accounts.views import GuardedView

PAGES = {
    "designer": "page.designer",
    "desk": "page.desk",
    "runs": "page.runs",
    "admin": "page.admin",
}


class PersonSerializer(serializers.Serializer[Any]):
    """A person of the staff."""

    id = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField()
    staff_no = serializers.CharField(allow_blank=True)
    locale = serializers.ChoiceField(choices=Locale.choices)


class BrandSerializer(serializers.Serializer[Any]):
    """How the workspace looks to its customers; each part may be missing."""

    name = serializers.CharField(required=False)
    color = serializers.CharField(required=False)
    color_dark = serializers.CharField(required=False)


class WorkspaceSerializer(serializers.Serializer[Any]):
    """A department or line of business."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    brand = BrandSerializer()


class MeSerializer(serializers.Serializer[Any]):
    """Who is signed in, and what is open to them."""

    user = PersonSerializer()
    workspace = WorkspaceSerializer(allow_null=True)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))
    pages = serializers.ListField(child=serializers.ChoiceField(choices=list(PAGES)))


class LoginSerializer(serializers.Serializer[Any]):
    """Name and password."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False)


class ProfileSerializer(serializers.Serializer[Any]):
    """What a person may change of themselves."""

    locale = serializers.ChoiceField(choices=Locale.choices)


def me_of(user: User) -> dict[str, Any]:
    """The `me` document: person, workspace, roles and the pages they may open."""
    workspace = find_workspace(user)
    return {
        "user": {
            "id": user.pk,
            "username": user.username,
            "name": user.shown_name,
            "staff_no": user.staff_no,
            "locale": user.locale,
        },
        "workspace": workspace
        and {"id": workspace.pk, "name": workspace.name, "brand": workspace.brand},
        "roles": sorted(roles_for(user)),
        "pages": [page for page, action in PAGES.items() if can(user, action)],
    }


def set_language_cookie(response: HttpResponseBase, locale: str) -> None:
    """Keep the language on this device, also for pages before signing in."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        locale.lower(),
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


class MeView(GuardedView):
    """The signed-in person."""

    actions: ClassVar = {"GET": "profile.read", "PUT": "profile.change"}

    @extend_schema(operation_id="me", responses={200: MeSerializer, 401: ErrorSerializer})
    def get(self, _request: Request) -> Response:
        return Response(me_of(self.person))

    @extend_schema(
        operation_id="change_me",
        request=ProfileSerializer,
        responses={200: MeSerializer, 400: ErrorSerializer},
    )
    def put(self, request: Request) -> Response:
        asked = ProfileSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        person = self.person
        person.locale = asked.validated_data["locale"]
        person.save(update_fields=["locale"])
        response = Response(me_of(person))
        set_language_cookie(response, person.locale)
        return response


class LoginView(GuardedView):
    """Opening a session."""

    actions: ClassVar = {"POST": "session.open"}

    @extend_schema(
        operation_id="login",
        request=LoginSerializer,
        responses={200: MeSerializer, 401: ErrorSerializer, 429: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        asked = LoginSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            user = signin.sign_in(request._request, **asked.validated_data)
        except signin.TooManyAttemptsError as error:
            message = _("Too many attempts. Wait a few minutes and try again.")
            raise ApiError(429, "too_many_attempts", message) from error
        if user is None:
            raise ApiError(
                401, "bad_credentials", _("This name and password do not belong together.")
            )
        response = Response(me_of(user))
        set_language_cookie(response, user.locale)
        return response


class LogoutView(GuardedView):
    """Ending a session."""

    actions: ClassVar = {"POST": "session.close"}

    @extend_schema(operation_id="logout", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        signin.sign_out(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)
