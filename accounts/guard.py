"""The doorkeeper of the REST interface: who asks, whether they may, how much of it is read.

These are the defaults of REST_FRAMEWORK, so this module cannot import `rest_framework.views`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions, parsers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from typing_extensions import override

from accounts.access import RULES, Principal, can
from accounts.answers import ApiError
from accounts.models import User

REQUEST_LIMIT_BYTES = 2 * 1024 * 1024


def principal_of(request: Request) -> Principal:
    """The signed-in person, or None."""
    user = request.user
    return user if isinstance(user, User) else None


class DeclaredAccess(BasePermission):
    """Asks `can` for the action that the view declares; without a declaration nobody may."""

    @override
    def has_permission(self, request: Request, view: object) -> bool:
        actions: Mapping[str, str] = getattr(view, "actions", {})
        action = actions.get(request.method or "")
        if request.method == "OPTIONS" or action is None:
            return False
        if not RULES[action].anyone and principal_of(request) is None:
            raise exceptions.NotAuthenticated
        return can(principal_of(request), action)


class SessionAuthentication(authentication.SessionAuthentication):
    """Django's session; unsafe requests need the CSRF token even before anyone is signed in."""

    @override
    def authenticate(self, request: Request) -> tuple[User, None] | None:
        self.enforce_csrf(request)
        user = getattr(request._request, "user", None)
        return (user, None) if isinstance(user, User) and user.is_active else None

    @override
    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            message = _("This page is out of date. Reload it and try again.")
            raise ApiError(403, "csrf_failed", message) from error

    @override
    def authenticate_header(self, request: Request) -> str:
        return "Session"


class BoundedJSONParser(parsers.JSONParser):
    """JSON of at most `limit_bytes`, counted as it is read, not as the header claims."""

    limit_bytes = REQUEST_LIMIT_BYTES

    @override
    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        content = stream.read(self.limit_bytes + 1)
        if len(content) > self.limit_bytes:
            raise ApiError(413, "too_large", _("This is too large to be saved."))
        try:
            found = json.loads(content, parse_constant=_refuse_constant)
            if b"\\ud" in content.lower():
                # Half of a character is no text: nothing could store it or send it back.
                json.dumps(found, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise exceptions.ParseError from error
        return found


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")
