"""Who someone is to a run.

The principal behind a socket or request, their seat, and what `can` may ask of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts import basis, links, sessions
from accounts.access import CustomerPass, Principal, can
from accounts.models import User
from flow.events import Role
from runtime.models import Participant, Run

ASKED_AGAIN_MS = 30_000
"""What only time can take away (a session unused for long, say) is noticed this late at most."""
_PLACE = """
    SELECT r.seq, p.tab, p.role, p.device, p.user_id, r.workspace_id
    FROM runtime_participant p JOIN runtime_run r ON r.id = p.run_id
    WHERE p.id = %s
"""


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

    @property
    def are_none(self) -> bool:
        """It brought nothing at all."""
        return not self.session_key and not self.join_cookie

    def are_of_anyone(self) -> bool:
        return self.find_user() is not None or self.find_pass() is not None

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


class Place(NamedTuple):
    """Where a seat is now: the seq of its run, and the tab that speaks for it."""

    seq: int
    tab: str


class Claim:
    """A socket's right to its seat, by the database as it is now.

    `find_place` reads each time what the right rests on, in two statements; only when any of that
    has changed, or ASKED_AGAIN_MS are over, `find_seat` and `can` are asked again.
    """

    def __init__(self, credentials: Credentials, prefer: str, seat: Participant) -> None:
        self.participant, self.run = seat.pk, seat.run_id
        self._credentials, self._prefer = credentials, prefer
        self._user = seat.user_id
        self._redemption = UUID(seat.device) if seat.device else None
        self._basis: tuple[Any, ...] | None = None
        self._actions: frozenset[str] = frozenset()
        self._again_at_ms = 0

    @property
    def person(self) -> UUID | None:
        """The user, or the redemption of a customer: whose hints concern this seat."""
        return self._user or self._redemption

    def find_place(self, action: str, now_ms: int) -> Place | None:
        """None when `action` is not allowed here (any more)."""
        with connection.cursor() as cursor:
            cursor.execute(_PLACE, (self.participant.hex,))
            row = cursor.fetchone()
            found = self._read_basis(cursor)
        if row is None or not found:
            return None
        rests_on = (*row[2:], found)
        if rests_on != self._basis or now_ms >= self._again_at_ms:
            self._actions = self._find_actions()
            self._basis, self._again_at_ms = rests_on, now_ms + ASKED_AGAIN_MS
        return Place(row[0], row[1]) if action in self._actions else None

    def _read_basis(self, cursor: CursorWrapper) -> basis.Basis:
        if self._user is not None:
            return basis.of_staff(cursor, self._credentials.session_key or "", self._user)
        if self._redemption is not None:
            return basis.of_customer(cursor, self._redemption)
        return ()

    def _find_actions(self) -> frozenset[str]:
        found = find_seat(self._credentials, self.run, prefer=self._prefer, in_use=True)
        if found is None or found[1].pk != self.participant:
            return frozenset()
        subject = subject_of(found[1].run)
        return frozenset(one for one in ("run.attend", "run.act") if can(found[0], one, subject))


def find_claim(credentials: Credentials, run_id: UUID, *, prefer: str = "") -> Claim | None:
    """The right of whoever these credentials stand for to a seat in the run, or None."""
    found = find_seat(credentials, run_id, prefer=prefer, in_use=True)
    return Claim(credentials, prefer, found[1]) if found is not None else None
