"""Signing in and out: one answer for every wrong pair, a brake on guessing, a new key each time."""

from __future__ import annotations

from datetime import timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import activate, gettext

from accounts import audit, sessions
from accounts.addresses import client_ip
from accounts.models import User

ATTEMPTS_PER_MINUTE = 30
"""From one address, whatever the names: slows trying one password on many people."""
LONGEST_COOL_OFF = timedelta(hours=4)
SHORTEST_COOL_OFF = timedelta(minutes=1)


class TooManyAttemptsError(Exception):
    """This address has tried too often in the last minute."""


def sign_in(request: HttpRequest, username: str, password: str) -> User | None:
    """Open a session for the right name and password; None for every other pair, known name or not.

    Raises TooManyAttemptsError. A locked-out name and address is answered by `locked_out`.
    """
    _brake(client_ip(request))
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        audit.append(actor="anyone", action="session.refused", data={"ip": client_ip(request)})
        return None
    login(request, user)
    sessions.begin(request.session)
    activate(user.locale.lower())
    audit.append(
        actor=audit.actor_of(user), action="session.opened", data={"ip": client_ip(request)}
    )
    return user


def confirm(request: HttpRequest, user: User, password: str) -> bool:
    """Whether it is still this person, for what must not be done by whoever finds a screen open.

    Raises TooManyAttemptsError; guessing is counted as at the door.
    """
    _brake(client_ip(request))
    known = authenticate(request, username=user.username, password=password)
    if known != user:
        audit.append(actor=audit.actor_of(user), action="session.unconfirmed")
        return False
    return True


def sign_out(request: HttpRequest) -> None:
    """End the session; harmless without one."""
    if isinstance(request.user, User):
        audit.append(actor=audit.actor_of(request.user), action="session.closed")
    logout(request)


def _brake(address: str) -> None:
    key = f"signin:{address}"
    cache.add(key, 0, timeout=60)
    if cache.incr(key) > ATTEMPTS_PER_MINUTE:
        raise TooManyAttemptsError


def cool_off(request: HttpRequest) -> timedelta:
    """How long a locked name and address waits: doubles with each failure beyond the limit."""
    attempt = (
        AccessAttempt.objects.filter(ip_address=client_ip(request))
        .order_by("-attempt_time")
        .first()
    )
    failures = int(attempt.failures_since_start) if attempt else 0
    beyond = max(0, failures - settings.AXES_FAILURE_LIMIT)
    # 2 to the 8th minutes are more than the longest.
    return min(SHORTEST_COOL_OFF * (1 << min(beyond, 8)), LONGEST_COOL_OFF)


def locked_out(
    request: HttpRequest, _response: object = None, _credentials: object = None, *_: object
) -> HttpResponse:
    """What a locked-out person reads; says nothing about whether the name exists."""
    message = gettext("Too many attempts. Wait a few minutes and try again.")
    if request.path.startswith("/api/"):
        return JsonResponse({"code": "too_many_attempts", "message": message}, status=429)
    return TemplateResponse(request, "site/login.html", {"problem": message}, status=429).render()
