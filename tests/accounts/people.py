"""People and links for tests: readable, valid by default."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from django.test import Client

from accounts import links, sessions
from accounts.models import JoinLink, Membership, User, Workspace

PASSWORD = "correct horse battery"
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def workspace(name: str = "Riverbank") -> Workspace:
    return Workspace.objects.get_or_create(name=name)[0]


def person(*roles: str, name: str = "", where: Workspace | None = None, **fields) -> User:
    """Somebody with these roles in `where` (else in Riverbank)."""
    user = User(username=name or f"{'-'.join(roles) or 'nobody'}-{uuid.uuid4().hex[:6]}", **fields)
    user.set_password(PASSWORD)
    user.save()
    for role in roles:
        Membership.objects.create(workspace=where or workspace(), user=user, role=role)
    return user


def signed_in(user: User, *, checks_csrf: bool = False) -> Client:
    """A browser in which `user` has just signed in."""
    client = Client(enforce_csrf_checks=checks_csrf)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    sessions.begin(session)
    session.save()
    return client


def link(*, ttl_min: int = 60, max_uses: int = 1, now: datetime = NOW) -> links.NewLink:
    target = links.Target(workspace=workspace(), kind=JoinLink.Kind.FLOW_VERSION, id=uuid.uuid4())
    return links.create(
        target, created_by=None, now=now, ttl=timedelta(minutes=ttl_min), max_uses=max_uses
    )
