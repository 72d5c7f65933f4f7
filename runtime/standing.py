"""Who someone is to a run.

The principal behind a socket or request, their seat, and what `can` may ask of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts import links, sessions
from accounts.access import CustomerPass, Principal, can
from accounts.models import User
from flow.events import Role
from runtime.models import Participant, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a browser brought along when its socket was opened.

    Believed only by asking again each time.
    """

    session_key: str | None
    join_cookie: str | None

    @staticmethod
    def of(scope: Mapping[str, Any]) -> Credentials:
        session = scope.get("session")
        cookies = scope.get("cookies")
        found = cookies.get(settings.JOIN_COOKIE_NAME) if isinstance(cookies, dict) else None
        return Credentials(session_key=getattr(session, "session_key", None), join_cookie=found)

    def find_user(self, *, in_use: bool = False) -> User | None:
        return sessions.find_user(self.session_key, in_use=in_use)

    def find_pass(self) -> CustomerPass | None:
        return links.find_pass(self.join_cookie, now=datetime.now(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A run as `accounts.access` wants to see it."""

    workspace_id: UUID
    run_id: UUID
    people_ids: frozenset[UUID]
    """The staff seated in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What a socket knows about the person behind it."""

    participant: UUID
    run: UUID
    role: Role
    name: str
    tab: str = ""
    epoch: int = 0


def subject_of(run: Run) -> Subject:
    """The run with what `can` asks of it; a sub-flow is of those whose call it is in."""
    seated = Participant.objects.filter(run_id=run.home_id, user__isnull=False)
    return Subject(
        workspace_id=run.workspace_id,
        run_id=run.home_id,
        people_ids=frozenset(seated.values_list("user_id", flat=True)),
    )


def find_seat(
    credentials: Credentials, run_id: UUID, *, prefer: str = "", in_use: bool = False
) -> tuple[Principal, Participant] | None:
    """Who speaks here in this run, allowed to be there right now; None otherwise.

    One browser may hold both a staff session and a join cookie: `prefer="customer"` takes the
    cookie first.
    """
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        return None
    seats = [_staff_seat(credentials, run, in_use=in_use), _customer_seat(credentials, run)]
    if prefer == "customer":
        seats.reverse()
    for found in seats:
        if found is not None and can(found[0], "run.attend", subject_of(run)):
            return found
    return None


def _staff_seat(
    credentials: Credentials, run: Run, *, in_use: bool
) -> tuple[Principal, Participant] | None:
    user = credentials.find_user(in_use=in_use)
    if user is None:
        return None
    seat = Participant.objects.filter(run=run, user=user).first()
    return (user, seat) if seat is not None else None


def _customer_seat(credentials: Credentials, run: Run) -> tuple[Principal, Participant] | None:
    held = credentials.find_pass()
    if held is None or held.run_id != run.pk:
        return None
    seat = Participant.objects.filter(run=run, device=str(held.redemption_id)).first()
    return (held, seat) if seat is not None else None
