"""A customer comes in by a link, or back on the same device: one verb each.

Where the flow's drops are final (`drop_policy`), the same link leads a customer who dropped into a
new run; the one they left has ended, or ends now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import audit, deadlocks, links
from accounts.links import Entry, LinkUnusableError
from accounts.models import JoinLink, Redemption
from designer.models import FlowVersion
from flow.events import ParticipantId, ParticipantLeft
from flow.state import EndKind, RunState, RunStatus
from runtime import driver
from runtime.models import Participant, Run

SESSIONS = 20
"""Runs that one device may begin by one link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A customer is in: the run, and what their cookie is made of."""

    run: Run
    entry: Entry


def join(token: str, *, ip: str, cookie: str | None, locale: str, now: datetime) -> Joined:
    """Redeem the link: start its run, or come (back) into it. Raises LinkUnusableError, counted."""
    try:
        return deadlocks.survive(
            lambda: _join_once(token, ip=ip, cookie=cookie, locale=locale, now=now)
        )
    except LinkUnusableError:
        links.note_failure(token, ip=ip, now=now)
        raise


def _join_once(token: str, *, ip: str, cookie: str | None, locale: str, now: datetime) -> Joined:
    with transaction.atomic():
        entry = links.redeem(token, ip=ip, now=now, cookie=cookie)
        run = _returned(entry, locale, now) if entry.resumed else _entered(entry, locale, now)
    return Joined(run=run, entry=entry)


def find_joined(cookie: str | None, *, now: datetime) -> Run | None:
    """The run this device can go back to."""
    held = links.find_pass(cookie, now=now)
    if held is None:
        return None
    return Run.objects.select_related("version__flow", "workspace").filter(pk=held.run_id).first()


def _resumed(redemption: Redemption) -> Run:
    runs = Run.objects.select_related("version__flow", "workspace")
    run = runs.filter(pk=redemption.run).first() if redemption.run is not None else None
    if run is None:
        raise LinkUnusableError
    return run


def begins_anew(run: Run) -> bool:
    """Whether the link leads into a new run now: the customer dropped out of this one for good."""
    if run.erased_at_ms is not None:
        return False
    snapshot = driver.read_run(run.pk)
    return snapshot.bound.drops_are_final and _has_dropped_out(snapshot.state)


def _has_dropped_out(state: RunState) -> bool:
    """The customer is away, and the run is open or has ended for it: not well, and not by staff."""
    customers = [one for one in state.people.values() if one.role == "customer"]
    if not customers or any(one.present for one in customers):
        return False
    ending = state.ending
    if ending is None:
        return state.status is RunStatus.OPEN
    by_itself = ending.node is not None or ending.code == "customer_left"
    was_away = all(one.since_ms <= ending.at_ms for one in customers)
    return by_itself and was_away and ending.kind in (EndKind.ABORT, EndKind.DEFER)


def _returned(entry: Entry, locale: str, now: datetime) -> Run:
    """The run the device was in, or a new one."""
    is_open = links.hold(entry.redemption, now=now)
    old, link = _resumed(entry.redemption), entry.redemption.link
    begun = Participant.objects.filter(device=str(entry.redemption.pk)).count()
    may = is_open and link.kind == JoinLink.Kind.FLOW_VERSION and begun < SESSIONS
    if not may or not begins_anew(old):
        return old
    at_ms = int(now.timestamp() * 1000)
    _leave_for_good(old, str(entry.redemption.pk), at_ms)
    run = _start(link.target, f"customer:{entry.redemption.pk}", locale, at_ms)
    if run is None:
        raise LinkUnusableError
    links.rebind(entry.redemption, run.pk, now=now)
    _seat(run, entry.redemption, at_ms)
    audit.append(
        actor=f"customer:{entry.redemption.pk}",
        action="run.begin_anew",
        target=f"run:{run.pk}",
        workspace=run.workspace_id,
        data={"after": str(old.pk)},
    )
    return run


def _leave_for_good(run: Run, device: str, at_ms: int) -> None:
    """Nobody need wait in the old run any more. One that has ended takes no notice."""
    if run.ending:
        return
    customer = Participant.objects.get(run=run, device=device)
    left = ParticipantLeft(
        at_ms=at_ms,
        participant=ParticipantId(str(customer.pk)),
        role="customer",
        deliberate=True,
    )
    actor = f"participant:{customer.pk}"
    driver.advance_run(run.pk, left, key=f"anew:{customer.pk}", actor=actor)


def _entered(entry: Entry, locale: str, now: datetime) -> Run:
    link = entry.redemption.link
    at_ms = int(now.timestamp() * 1000)
    if link.kind == JoinLink.Kind.SEAT:
        return _seated(entry, link)
    if link.kind == JoinLink.Kind.RUN:
        run = Run.objects.filter(pk=link.target, ending="").first()
    else:
        run = _start(link.target, f"customer:{entry.redemption.pk}", locale, at_ms)
    if run is None:
        raise LinkUnusableError
    links.bind(entry.redemption, run.pk)
    _seat(run, entry.redemption, at_ms)
    return run


def _seated(entry: Entry, link: JoinLink) -> Run:
    """The device takes the seat that was kept for its person."""
    kept = Participant.objects.filter(pk=link.target, device="", removed_at_ms=None)
    if not kept.filter(run__ending="").update(device=str(entry.redemption.pk)):
        raise LinkUnusableError
    run = Run.objects.get(participants=link.target)
    links.bind(entry.redemption, run.pk)
    return run


def _seat(run: Run, redemption: Redemption, at_ms: int) -> None:
    Participant.objects.create(
        run=run,
        role=Participant.Role.CUSTOMER,
        device=str(redemption.pk),
        joined_at_ms=at_ms,
    )


def _start(version_id: UUID, actor: str, locale: str, at_ms: int) -> Run | None:
    version = FlowVersion.objects.select_related("flow").filter(pk=version_id).first()
    if version is None:
        return None
    return driver.start_run(version, at_ms=at_ms, locale=locale, actor=actor)
