"""The audit trail: each event carries the hash of the one before it, so a change or a gap shows."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import rfc8785
from django.db import IntegrityError, transaction

from accounts.access import CustomerPass, Principal, WorkerPass
from accounts.models import AuditEvent, User
from flow.graph import JsonValue

SITE = "site"
FIRST = "0" * 64
TRIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How many events were read; `broken_at` is the first seq that is missing or was changed."""

    count: int
    broken_at: int | None


def actor_of(principal: Principal) -> str:
    """How the trail names a principal."""
    match principal:
        case User():
            return f"user:{principal.pk}"
        case CustomerPass():
            return f"customer:{principal.redemption_id}"
        case WorkerPass():
            return f"worker:{principal.worker_id}"
        case _:
            return "anyone"


def append(
    *,
    actor: str,
    action: str,
    target: str = "",
    workspace: UUID | None = None,
    data: Mapping[str, JsonValue] | None = None,
) -> AuditEvent:
    """Write one event at the end of its chain. `data` must hold no secret and no token."""
    chain = str(workspace) if workspace else SITE
    for _ in range(TRIES):
        last = AuditEvent.objects.filter(chain=chain).order_by("-seq").first()
        event = AuditEvent(
            chain=chain,
            seq=last.seq + 1 if last else 1,
            at_ms=time.time_ns() // 1_000_000,
            actor=actor,
            action=action,
            target=target,
            data=dict(data or {}),
            prev_hash=last.hash if last else FIRST,
        )
        event.hash = digest(event)
        try:
            with transaction.atomic():
                event.save(force_insert=True)
        except IntegrityError:
            continue  # another process wrote this seq first
        return event
    raise RuntimeError(f"audit chain {chain} is too busy")


def digest(event: AuditEvent) -> str:
    """SHA-256 in hex over the canonical JSON (RFC 8785) of everything but the hash itself."""
    content = {
        "chain": event.chain,
        "seq": event.seq,
        "at_ms": event.at_ms,
        "actor": event.actor,
        "action": event.action,
        "target": event.target,
        "data": event.data,
        "prev": event.prev_hash,
    }
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


def verify(chain: str) -> Verdict:
    """Read a whole chain and say where it first breaks."""
    previous, count = FIRST, 0
    for event in AuditEvent.objects.filter(chain=chain).order_by("seq").iterator():
        count += 1
        intact = event.seq == count and event.prev_hash == previous and event.hash == digest(event)
        if not intact:
            return Verdict(count=count, broken_at=count)
        previous = event.hash
    return Verdict(count=count, broken_at=None)
