"""REST of connections: what a workspace may reach outside. Secrets go in and never come out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.access import can, find_workspace
from accounts.answers import ApiError, ErrorSerializer
from accounts.models import Workspace
from accounts.views import GuardedView
from designer.outside import Use
from runtime import connections
from runtime.clock import now_ms
from runtime.errors import BlockedError
from runtime.models import Connection
from runtime.models.connection import LEAST_MS, MOST_MS

NAME = r"^[a-z][a-z0-9_]{0,39}$"
_HEADER = re.compile(
    r"(?!host$|content-|transfer-|connection$|webhook-|idempotency-)[a-z0-9-]{1,60}"
)
"""Names of headers, in lower case, that a secret may travel in."""
_SHOWN = ("name", "kind", "base_url", "auth", "username", "sender", "timeout_ms", "private")


class UseSerializer(serializers.Serializer[Any]):
    """A flow that names the connection."""

    flow = serializers.UUIDField()
    title = serializers.CharField()
    draft = serializers.BooleanField(help_text="As it is drawn now.")
    versions = serializers.ListField(
        child=serializers.IntegerField(), help_text="The newest, and those of runs under way."
    )


class PlainRowSerializer(serializers.Serializer[Any]):
    """What everybody may know of a connection who may know that it is there."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Connection.Kind.choices)
    allowed = serializers.BooleanField()


class DetailsSerializer(serializers.Serializer[Any]):
    """What only its admin sees in a list."""

    base_url = serializers.CharField()
    used_by = UseSerializer(many=True)


class ConnectionRowSerializer(PlainRowSerializer):
    """A connection in a list."""

    details = DetailsSerializer(allow_null=True, help_text="For admins; nothing for who draws.")


class ConnectionSerializer(PlainRowSerializer):
    """A connection as its admin sees it."""

    used_by = UseSerializer(many=True)
    base_url = serializers.CharField()
    auth = serializers.ChoiceField(choices=Connection.Auth.choices)
    username = serializers.CharField(allow_blank=True)
    has_secret = serializers.BooleanField()
    sender = serializers.CharField(allow_blank=True)
    timeout_ms = serializers.IntegerField()
    private = serializers.BooleanField()


class NewConnectionSerializer(serializers.Serializer[Any]):
    """What an admin sets up."""

    name = serializers.RegexField(NAME)
    kind = serializers.ChoiceField(choices=Connection.Kind.choices)
    base_url = serializers.CharField(max_length=300)
    auth = serializers.ChoiceField(choices=Connection.Auth.choices, default=Connection.Auth.NONE)
    username = serializers.CharField(max_length=120, allow_blank=True, default="")
    secret = serializers.RegexField(
        r"^[\x21-\x7e]*$",
        max_length=1_000,
        allow_blank=True,
        default="",
        write_only=True,
        help_text="Kept sealed, never shown; empty for none.",
    )
    sender = serializers.EmailField(allow_blank=True, default="")
    timeout_ms = serializers.IntegerField(min_value=LEAST_MS, max_value=MOST_MS, default=5_000)
    private = serializers.BooleanField(default=False)
    allowed = serializers.BooleanField(default=True)


class ChangeConnectionSerializer(NewConnectionSerializer):
    """What an admin changes; what is missing stays, the secret too."""

    name = None  # type: ignore[assignment] # steps of flows know it
    kind = None  # type: ignore[assignment]


class ReachableSerializer(serializers.Serializer[Any]):
    """What a check of a connection found."""

    ok = serializers.BooleanField()
    code = serializers.CharField(
        help_text="ok, blocked, unreachable, no_answer, refused, broken or keyring."
    )
    ms = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True, help_text="Of HTTP.")


class ConnectionView(GuardedView):
    """Base of the views of connections."""

    def connection(self, connection_id: UUID) -> Connection:
        """404 for what is not there or not theirs."""
        return self.allowed(Connection.objects.filter(pk=connection_id).first())

    def note(self, connection: Connection, what: str, **data: Any) -> None:
        """Into the workspace's audit trail; never with a secret."""
        audit.append(
            actor=f"user:{self.person.pk}",
            action=f"connection.{what}",
            target=f"connection:{connection.pk}",
            workspace=connection.workspace_id,
            data={"name": connection.name, "kind": connection.kind, **data},
        )


class ConnectionsView(ConnectionView):
    """The connections of the person's workspace."""

    actions: ClassVar = {"GET": "connection.list", "POST": "connection.change"}

    @extend_schema(operation_id="connections", responses={200: ConnectionRowSerializer(many=True)})
    def get(self, _request: Request) -> Response:
        workspace = self._workspace()
        found = Connection.objects.filter(workspace=workspace).order_by("name")
        if not can(self.person, "connection.read", workspace):
            return Response([{**_row(one), "details": None} for one in found])
        uses = connections.used_by(workspace.pk)
        return Response(
            [
                {**_row(one), "details": {"base_url": one.base_url, "used_by": _uses(one, uses)}}
                for one in found
            ]
        )

    @extend_schema(
        operation_id="create_connection",
        request=NewConnectionSerializer,
        responses={201: ConnectionSerializer, 400: ErrorSerializer, 409: ErrorSerializer},
    )
    def post(self, request: Request) -> Response:
        asked = NewConnectionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        connection = Connection(workspace=self._workspace())
        _take_over(connection, dict(asked.validated_data))
        try:
            with transaction.atomic():
                connection.save(force_insert=True)
                self.note(connection, "create")
        except IntegrityError as error:
            message = _("A connection has this name already.")
            raise ApiError(409, "name_taken", message, field="/name") from error
        return Response(_whole(connection), status=status.HTTP_201_CREATED)

    def _workspace(self) -> Workspace:
        return self.allowed(find_workspace(self.person))


class OneConnectionView(ConnectionView):
    """One connection."""

    actions: ClassVar = {
        "GET": "connection.read",
        "PATCH": "connection.change",
        "DELETE": "connection.change",
    }

    @extend_schema(
        operation_id="connection", responses={200: ConnectionSerializer, 404: ErrorSerializer}
    )
    def get(self, _request: Request, connection_id: UUID) -> Response:
        return Response(_whole(self.connection(connection_id)))

    @extend_schema(
        operation_id="change_connection",
        request=ChangeConnectionSerializer,
        responses={200: ConnectionSerializer, 400: ErrorSerializer, 404: ErrorSerializer},
    )
    def patch(self, request: Request, connection_id: UUID) -> Response:
        connection = self.connection(connection_id)
        asked = ChangeConnectionSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        changed = sorted(asked.validated_data)
        _take_over(connection, dict(asked.validated_data))
        with transaction.atomic():
            connection.save()
            self.note(connection, "change", changed=changed)
        return Response(_whole(connection))

    @extend_schema(
        operation_id="delete_connection",
        responses={204: None, 404: ErrorSerializer, 409: ErrorSerializer},
    )
    def delete(self, _request: Request, connection_id: UUID) -> Response:
        """Only one that nothing uses any more."""
        connection = self.connection(connection_id)
        if connections.used_by(connection.workspace_id).get(connection.name):
            raise ApiError(409, "in_use", _("Flows use this connection. Switch it off instead."))
        with transaction.atomic():
            self.note(connection, "delete")
            connection.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class CheckConnectionView(ConnectionView):
    """Whether somebody answers at the other end."""

    actions: ClassVar = {"POST": "connection.change"}

    @extend_schema(
        operation_id="check_connection",
        request=None,
        responses={200: ReachableSerializer, 404: ErrorSerializer},
    )
    def post(self, _request: Request, connection_id: UUID) -> Response:
        connection = self.connection(connection_id)
        found = connections.check(connection, now_ms())
        self.note(connection, "check", code=found.code)
        return Response(
            {"ok": found.ok, "code": found.code, "ms": found.ms, "status": found.status}
        )


def _take_over(connection: Connection, asked: dict[str, Any]) -> None:
    """The asked fields into the connection, checked as a whole. Raises ApiError."""
    secret: str | None = asked.pop("secret", None)
    for name, value in asked.items():
        setattr(connection, name, value)
    if secret is not None:
        connections.seal_secret(connection, secret)
    _check(connection)


def _check(connection: Connection) -> None:
    try:
        connections.place_of(connection)
    except BlockedError as error:
        raise ApiError(400, "invalid", _url_fault(error.cause), field="/base_url") from error
    auth, kinds = Connection.Auth, Connection.Kind
    if auth(connection.auth) is auth.HEADER and not _HEADER.fullmatch(connection.username.lower()):
        raise ApiError(400, "invalid", _("Name a header for the secret."), field="/username")
    if auth(connection.auth) is not auth.NONE and not connection.sealed_secret:
        raise ApiError(400, "invalid", _("This needs a secret."), field="/secret")
    if connection.kind == kinds.EMAIL and not connection.sender:
        raise ApiError(400, "invalid", _("Say whom e-mails come from."), field="/sender")


def _url_fault(cause: str) -> str:
    match cause:
        case "scheme":
            return _("The address must begin with https:// (for e-mail smtp:// or smtps://).")
        case "port":
            return _("This site allows no calls to that port.")
        case "userinfo":
            return _("Name and password do not belong into the address.")
        case _:
            return _("This is no address that can be called.")


def _row(connection: Connection) -> dict[str, Any]:
    return {
        "id": connection.pk,
        "name": connection.name,
        "kind": connection.kind,
        "allowed": connection.allowed,
    }


def _whole(connection: Connection) -> dict[str, Any]:
    shown = {name: getattr(connection, name) for name in _SHOWN}
    uses = _uses(connection, connections.used_by(connection.workspace_id))
    return {
        **_row(connection),
        **shown,
        "has_secret": bool(connection.sealed_secret),
        "used_by": uses,
    }


def _uses(connection: Connection, uses: Mapping[str, list[Use]]) -> list[dict[str, Any]]:
    return [asdict(one) for one in uses.get(connection.name, ())]
