"""How long a staff session lives: twelve hours at most, half an hour unused.

Sockets ask here too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user, logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase

from accounts.models import User

OPENED = "opened_at"
SEEN = "seen_at"
SEEN_EVERY_S = 60
"""The last use is written at most this often, so reading pages does not write sessions."""


def begin(session: SessionBase) -> None:
    """Start both limits; called at login, after the session key was changed."""
    session[OPENED] = session[SEEN] = int(time.time())


def is_live(session: SessionBase, *, now_s: float) -> bool:
    """Neither too old nor too long unused; False for a session that `begin` did not open."""
    opened, seen = session.get(OPENED), session.get(SEEN)
    if not isinstance(opened, int) or not isinstance(seen, int):
        return False
    return now_s - opened < settings.SESSION_ABSOLUTE_S and now_s - seen < settings.SESSION_IDLE_S


def note_use(session: SessionBase, *, now_s: float) -> None:
    """Move the idle limit on."""
    if now_s - session[SEEN] >= SEEN_EVERY_S:
        session[SEEN] = int(now_s)


def session_limits(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: a session beyond its limits is ended before any view sees its user."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        if SESSION_KEY in request.session:
            now_s = time.time()
            if is_live(request.session, now_s=now_s):
                note_use(request.session, now_s=now_s)
            else:
                logout(request)
        return get_response(request)

    return respond


def find_user(session_key: str | None, *, in_use: bool = False) -> User | None:
    """Who a session key stands for right now, or None: for sockets, which outlive their request.

    `in_use`: the person is working (in a call, say), so the idle limit moves on.
    """
    if not session_key:
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    now_s = time.time()
    if SESSION_KEY not in session or not is_live(session, now_s=now_s):
        return None
    request = HttpRequest()
    request.session = session
    user = get_user(request)
    if not isinstance(user, User) or not user.is_active:
        return None
    if in_use:
        note_use(session, now_s=now_s)
        if session.modified:
            session.save()
    return user
