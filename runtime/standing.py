"""Who someone is to a run.

The principal behind a socket or request, their seat, and what `can` may ask of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
FIRST_ASKED_AGAIN_MS = 1_000
"""So late what changed between finding a right and reading what it rests on."""
_PLACE = """
    SELECT r.seq, p.tab, p.role, p.device, p.user_id, p.removed_at_ms, r.workspace_id
    FROM runtime_participant p JOIN runtime_run r ON r.id = p.run_id
    WHERE p.id = %s
"""
_SEAT = ("user", "device", "run__workspace", "run__root")


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
    seats = Participant.objects.filter(run_id=run.home_id, removed_at_ms=None)
    return _subject(run, seats.filter(user__isnull=False))


def _subject(run: Run, there: Iterable[Participant]) -> Subject:
    return Subject(
        workspace_id=run.workspace_id,
        run_id=run.home_id,
        people_ids=frozenset(one.user_id for one in there if one.user_id is not None),
    )


class Standing(NamedTuple):
    """Who speaks, from which seat, of which run."""

    principal: Principal
    seat: Participant
    subject: Subject


def find_standing(
    credentials: Credentials, run_id: UUID, *, prefer: str = "", in_use: bool = False
) -> Standing | None:
    """Who speaks here in this run, allowed to be there right now; None otherwise.

    One browser may hold both a staff session and a join cookie: `prefer="customer"` takes the
    cookie first.
    """
    kept = Participant.objects.select_related("run").only(*_SEAT)
    there = list(kept.filter(run=run_id, removed_at_ms=None))
    if not there:
        return None
    subject = _subject(there[0].run, there)
    seats = [_staff_seat(credentials, there, in_use=in_use), _customer_seat(credentials, there)]
    if prefer == "customer":
        seats.reverse()
    for found in seats:
        if found is not None and can(found[0], "run.attend", subject):
            return Standing(found[0], found[1], subject)
    return None


def _staff_seat(
    credentials: Credentials, there: Sequence[Participant], *, in_use: bool
) -> tuple[Principal, Participant] | None:
    user = credentials.find_user(in_use=in_use)
    if user is None:
        return None
    return next(((user, one) for one in there if one.user_id == user.pk), None)


def _customer_seat(
    credentials: Credentials, there: Sequence[Participant]
) -> tuple[Principal, Participant] | None:
    held = credentials.find_pass()
    if held is None or held.run_id != there[0].run_id:
        return None
    device = str(held.redemption_id)
    return next(((held, one) for one in there if one.device == device), None)


class Place(NamedTuple):
    """Where a seat is now: the seq of its run, and the tab that speaks for it."""

    seq: int
    tab: str


class Claim:
    """A socket's right to its seat, by the database as it is now.

    `find_place` reads each time what the right rests on, in two statements; only when any of that
    has changed, or ASKED_AGAIN_MS are over, `find_standing` and `can` are asked again.
    """

    def __init__(self, credentials: Credentials, prefer: str, found: Standing, now_ms: int) -> None:
        seat = found.seat
        self.participant, self.run = seat.pk, seat.run_id
        self._credentials, self._prefer = credentials, prefer
        self._user = seat.user_id
        self._redemption = UUID(seat.device) if seat.device else None
        _, self._basis = self._read()
        self._actions = _actions_of(found)
        self._again_at_ms = now_ms + FIRST_ASKED_AGAIN_MS

    @property
    def person(self) -> UUID | None:
        """The user, or the redemption of a customer: whose hints concern this seat."""
        return self._user or self._redemption

    def find_place(self, action: str, now_ms: int) -> Place | None:
        """None when `action` is not allowed here (any more)."""
        place, rests_on = self._read()
        if rests_on != self._basis or now_ms >= self._again_at_ms:
            found = find_standing(self._credentials, self.run, prefer=self._prefer, in_use=True)
            is_here = found is not None and found.seat.pk == self.participant
            self._actions = _actions_of(found) if found and is_here else frozenset()
            self._basis, self._again_at_ms = rests_on, now_ms + ASKED_AGAIN_MS
        return place if action in self._actions else None

    def _read(self) -> tuple[Place | None, tuple[Any, ...]]:
        """Where the seat is, and what the right to it rests on."""
        with connection.cursor() as cursor:
            cursor.execute(_PLACE, (self.participant.hex,))
            row = cursor.fetchone()
            held = self._read_basis(cursor)
        if row is None or not held:
            return None, ()
        return Place(row[0], row[1]), (*row[2:], held)

    def _read_basis(self, cursor: CursorWrapper) -> basis.Basis:
        if self._user is not None:
            return basis.of_staff(cursor, self._credentials.session_key or "", self._user)
        if self._redemption is not None:
            return basis.of_customer(cursor, self._redemption)
        return ()


def find_claim(
    credentials: Credentials, run_id: UUID, now_ms: int, *, prefer: str = ""
) -> Claim | None:
    """The right of whoever these credentials stand for to a seat in the run, or None."""
    found = find_standing(credentials, run_id, prefer=prefer, in_use=True)
    return Claim(credentials, prefer, found, now_ms) if found is not None else None


def _actions_of(found: Standing) -> frozenset[str]:
    actions = ("run.attend", "run.act")
    return frozenset(one for one in actions if can(found.principal, one, found.subject))
