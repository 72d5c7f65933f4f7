"""A customer comes in by a link, or back on the same device: one verb each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import links
from accounts.links import Entry, LinkUnusableError
from accounts.models import JoinLink, Redemption
from designer.models import FlowVersion
from runtime import driver
from runtime.models import Participant, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A customer is in: the run, and what their cookie is made of."""

    run: Run
    entry: Entry


def join(token: str, *, ip: str, cookie: str | None, locale: str, now: datetime) -> Joined:
    """Redeem the link: start its run, or come (back) into it. Raises LinkUnusableError, counted."""
    try:
        with transaction.atomic():
            entry = links.redeem(token, ip=ip, now=now, cookie=cookie)
            run = _resumed(entry.redemption) if entry.resumed else _entered(entry, locale, now)
    except LinkUnusableError:
        links.note_failure(token, ip=ip, now=now)
        raise
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


def _entered(entry: Entry, locale: str, now: datetime) -> Run:
    link = entry.redemption.link
    at_ms = int(now.timestamp() * 1000)
    if link.kind == JoinLink.Kind.RUN:
        run = Run.objects.filter(pk=link.target, ending="").first()
    else:
        run = _start(link.target, f"customer:{entry.redemption.pk}", locale, at_ms)
    if run is None:
        raise LinkUnusableError
    links.bind(entry.redemption, run.pk)
    Participant.objects.create(
        run=run,
        role=Participant.Role.CUSTOMER,
        device=str(entry.redemption.pk),
        joined_at_ms=at_ms,
    )
    return run


def _start(version_id: UUID, actor: str, locale: str, at_ms: int) -> Run | None:
    version = FlowVersion.objects.select_related("flow").filter(pk=version_id).first()
    if version is None:
        return None
    return driver.start_run(version, at_ms=at_ms, locale=locale, actor=actor)
