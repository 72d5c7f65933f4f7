"""How the API says no: {code, message, field?} in the reader's language, nothing of the inside."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response

log = structlog.get_logger(__name__)


class ApiError(exceptions.APIException):
    """A refusal with its own status and code; `extra` is added to the body."""

    def __init__(
        self,
        status_code: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail=message, code=code)
        self.status_code = status_code
        self.code, self.message, self.field, self.extra = code, message, field, extra or {}

    def body(self) -> dict[str, Any]:
        named = {"field": self.field} if self.field else {}
        return {"code": self.code, "message": self.message, **named, **self.extra}


class ErrorSerializer(serializers.Serializer[Any]):
    """The body of every refusal."""

    code = serializers.CharField(help_text="A stable word for programs.")
    message = serializers.CharField(help_text="A sentence for people, in their language.")
    field = serializers.CharField(required=False, help_text="JSON pointer to what was wrong.")


def answer_error(error: Exception, _context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: None lets Django answer 500 without details."""
    answer = _named(error)
    if answer is None:
        return None
    response = Response(answer.body(), status=answer.status_code)
    if answer.status_code == status.HTTP_503_SERVICE_UNAVAILABLE:
        log.warning("database_away", exc_info=error)
        response["Retry-After"] = "2"
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        response["WWW-Authenticate"] = "Session"
    return response


def _named(error: Exception) -> ApiError | None:  # noqa: PLR0911 - one line for each kind
    match error:
        case ApiError():
            return error
        case InterfaceError() | OperationalError():
            return ApiError(503, "again", _("The site is busy. Please try again."))
        case Http404() | exceptions.NotFound():
            return ApiError(404, "not_found", _("There is no such thing here."))
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return ApiError(401, "not_signed_in", _("Please sign in."))
        case PermissionDenied() | exceptions.PermissionDenied():
            return ApiError(403, _code(error), _("You may not do this."))
        case exceptions.ValidationError():
            return _invalid(error)
        case exceptions.APIException():
            return ApiError(error.status_code, _code(error), _("This request could not be read."))
        case _:
            return None


def _code(error: Exception) -> str:
    code = getattr(error, "default_code", "not_allowed")
    return "not_allowed" if code == "permission_denied" else str(code)


def _invalid(error: exceptions.ValidationError) -> ApiError:
    """The first field that was refused, with its reason."""
    pointer = ""
    detail: Any = error.detail
    while isinstance(detail, dict | list) and detail:
        if isinstance(detail, list):
            detail = detail[0]
            continue
        key = next(iter(detail))
        pointer, detail = f"{pointer}/{key}", detail[key]
    return ApiError(status.HTTP_400_BAD_REQUEST, "invalid", str(detail), field=pointer or None)
