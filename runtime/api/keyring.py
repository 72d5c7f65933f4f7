"""REST of the keyring: which key wraps how much, and having the active one wrap everything."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit, signin
from accounts.answers import ApiError, ErrorSerializer
from accounts.views import GuardedView
from runtime import rotation
from runtime.api.deciding import WishSerializer
from runtime.clock import now_ms
from runtime.errors import KeyringError
from runtime.keyring import FileKeyring, HeldKeyring, Keyring, keyring

KINDS = ("file", "environment", "service")


class KeySerializer(serializers.Serializer[Any]):
    """A key of the ring, or one that still wraps something and is missing."""

    id = serializers.CharField()
    active = serializers.BooleanField(help_text="It wraps what is new.")
    missing = serializers.BooleanField(help_text="The ring does not hold it.")
    runs = serializers.IntegerField(help_text="How many runs it wraps the key of.")
    connections = serializers.IntegerField(help_text="How many secrets of connections it wraps.")


class KeyringSerializer(serializers.Serializer[Any]):
    """The ring as it is now. What is to be wrapped anew is what other keys than the active wrap."""

    kind = serializers.ChoiceField(choices=KINDS)
    keys = KeySerializer(many=True)
    adds_keys = serializers.BooleanField(help_text="Whether a rotation makes a new key by itself.")
    under_way = serializers.BooleanField(help_text="Whether everything is being wrapped anew.")


class RotationSerializer(WishSerializer):
    """Wrap everything with the active key; `password` is that of whoever asks."""

    password = serializers.CharField(max_length=4096, trim_whitespace=False)


ANSWERS = {400: ErrorSerializer, 403: ErrorSerializer, 409: ErrorSerializer, 503: ErrorSerializer}


class KeyringView(GuardedView):
    """The keyring of the site."""

    actions: ClassVar = {"GET": "keyring.read"}

    @extend_schema(operation_id="keyring", responses={200: KeyringSerializer, **ANSWERS})
    def get(self, _request: Request) -> Response:
        return Response(_whole(_ring()))


class RotationView(GuardedView):
    """A rotation of the keyring."""

    actions: ClassVar = {"POST": "keyring.rotate"}

    @extend_schema(
        operation_id="rotate_keyring",
        request=RotationSerializer,
        responses={202: KeyringSerializer, **ANSWERS},
    )
    def post(self, request: Request) -> Response | HttpResponse:
        asked = RotationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            sure = signin.confirm(request._request, self.person, asked.validated_data["password"])
        except signin.TooManyAttemptsError:
            return signin.locked_out(request._request)
        if not sure:
            message = _("This is not your password.")
            raise ApiError(403, "wrong_password", message, field="/password")
        if rotation.is_under_way():
            raise ApiError(409, "under_way", _("Everything is being wrapped anew already."))
        ring = _ring()
        self._begin(ring, asked.validated_data["id"])
        return Response(_whole(ring), status=status.HTTP_202_ACCEPTED)

    def _begin(self, ring: Keyring, id_: UUID) -> None:
        try:
            added = ring.add() if _adds_keys(ring) and isinstance(ring, FileKeyring) else ""
        except (KeyringError, OSError) as error:
            message = _("The file of the keyring cannot be written. Tell who runs this site.")
            raise ApiError(503, "keyring", message) from error
        rotation.begin(id_, now_ms())
        audit.append(
            actor=audit.actor_of(self.person),
            action="keyring.rotate",
            data={"active": ring.active, "added": added},
        )


def _ring() -> Keyring:
    try:
        return keyring()
    except KeyringError as error:
        message = _("The keyring cannot be read. Tell who runs this site.")
        raise ApiError(503, "keyring", message) from error


def _adds_keys(ring: Keyring) -> bool:
    """On several hosts each has a file of its own, and a key must be everywhere before it wraps."""
    return isinstance(ring, FileKeyring) and not settings.REDIS_URL


def _kind(ring: Keyring) -> str:
    if isinstance(ring, FileKeyring):
        return "file"
    return "environment" if isinstance(ring, HeldKeyring) else "service"


def _whole(ring: Keyring) -> dict[str, Any]:
    under_way = rotation.is_under_way()  # before it is counted: what ends now is counted whole
    try:
        active, wraps = ring.active, rotation.wrapped_by_key()
        held = ring.ids if isinstance(ring, HeldKeyring) else tuple({active, *wraps})
    except KeyringError as error:
        message = _("The keyring cannot be read. Tell who runs this site.")
        raise ApiError(503, "keyring", message) from error
    keys = [active, *sorted({*held, *wraps} - {active})]
    return {
        "kind": _kind(ring),
        "keys": [
            {
                "id": one,
                "active": one == active,
                "missing": one not in held,
                **wraps.get(one, rotation.Wrapped())._asdict(),
            }
            for one in keys
        ],
        "adds_keys": _adds_keys(ring),
        "under_way": under_way,
    }
