"""Join links: made once, redeemed once by POST, resumed by the same device.

Every token that opens nothing gets the same refusal after the same queries, so that neither the
answer nor its time tells a forged token from a used or an expired one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.http import HttpResponseBase

from accounts import deadlocks
from accounts.access import CustomerPass
from accounts.models import JoinFailure, JoinLink, Redemption, User, Workspace

TOKEN_BYTES = 32
FAILURES_PER_LINK = 5
FAILURE_WINDOW = timedelta(minutes=10)
RESUME_WINDOW = timedelta(hours=4)
"""How long a device may come back when the floor above names no other limit."""
COOKIE_AGE = timedelta(hours=12)
SALT = "accounts.links"
NO_SUCH_HASH = "-"


class LinkUnusableError(Exception):
    """Forged, used, expired, revoked or too many failures: deliberately not said which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a link leads to: `id` belongs to a thing of a floor above, of this kind."""

    workspace: Workspace
    kind: JoinLink.Kind
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """A link with its token."""

    link: JoinLink
    token: str
    """Shown once, in the fragment of the address; not stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A device that is let in.

    `device_key` goes into its cookie; `resumed` when it had been in before.
    """

    redemption: Redemption
    device_key: str
    resumed: bool


def create(
    target: Target, *, created_by: User | None, now: datetime, ttl: timedelta, max_uses: int = 1
) -> NewLink:
    """A link for `max_uses` devices, open for `ttl`."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = JoinLink.objects.create(
        workspace=target.workspace,
        kind=target.kind,
        target=target.id,
        token_hash=hash_of(token),
        created_at=now,
        created_by=created_by,
        expires_at=now + ttl,
        max_uses=max_uses,
    )
    return NewLink(link=link, token=token)


def revoke(link: JoinLink, *, now: datetime) -> None:
    """Close a link for new devices; devices already in keep their run."""
    JoinLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now)


def redeem(
    token: str,
    *,
    ip: str,
    now: datetime,
    cookie: str | None = None,
    resume: timedelta = RESUME_WINDOW,
) -> Entry:
    """Spend one use of the link, or let the device back in that has spent it already.

    Call it inside the transaction that starts the run: when that fails, the use is not spent, and a
    refusal outside of it is still counted. Raises LinkUnusableError.
    """
    token_hash = hash_of(token)
    returning = _find_returning(cookie, now=now)
    if returning is not None and returning.redemption.link.token_hash == token_hash:
        return returning
    # A blocked address asks for a link that cannot be: the same queries, the same time.
    wanted = NO_SUCH_HASH if _is_blocked(ip, now=now) else token_hash
    if not _spend(wanted, now=now):
        raise LinkUnusableError
    device_key = secrets.token_urlsafe(TOKEN_BYTES)
    redemption = Redemption.objects.create(
        link=JoinLink.objects.get(token_hash=token_hash),
        device_hash=hash_of(device_key),
        redeemed_at=now,
        resume_until=now + resume,
    )
    return Entry(redemption=redemption, device_key=device_key, resumed=False)


def _spend(token_hash: str, *, now: datetime) -> bool:
    """One UPDATE decides: of any number of simultaneous redemptions only `max_uses` find a row."""
    usable = Q(used_at=None, revoked_at=None, expires_at__gt=now, failures__lt=FAILURES_PER_LINK)
    last = When(uses__gte=F("max_uses") - 1, then=Value(now))
    return bool(
        JoinLink.objects.filter(usable, token_hash=token_hash).update(
            uses=F("uses") + 1, used_at=Case(last, default=F("used_at"))
        )
    )


def note_failure(token: str, *, ip: str, now: datetime) -> None:
    """Count a refusal against the address and, when there is one, the link.

    Call it outside of `redeem`'s transaction, which the refusal rolls back. The same token tried
    again by the same address counts once: a customer may press reload.
    """
    deadlocks.survive(lambda: _count_failure(hash_of(token), ip=ip, now=now))


def _count_failure(token_hash: str, *, ip: str, now: datetime) -> None:
    JoinFailure.objects.filter(at__lt=now - FAILURE_WINDOW).delete()
    with transaction.atomic():
        _, fresh = JoinFailure.objects.update_or_create(
            address_hash=_address_hash(ip), token_hash=token_hash, defaults={"at": now}
        )
        JoinLink.objects.filter(token_hash=token_hash if fresh else NO_SUCH_HASH).update(
            failures=F("failures") + 1
        )


def _is_blocked(ip: str, *, now: datetime) -> bool:
    recent = JoinFailure.objects.filter(address_hash=_address_hash(ip), at__gt=now - FAILURE_WINDOW)
    return recent.count() >= settings.JOIN_FAILURES_PER_IP


def bind(redemption: Redemption, run_id: UUID) -> None:
    """Say which run the redemption led to; once."""
    bound = Redemption.objects.filter(pk=redemption.pk, run=None).update(run=run_id)
    if not bound:
        raise LinkUnusableError
    redemption.run = run_id


def hold(redemption: Redemption, *, now: datetime) -> bool:
    """Read the redemption again, for this transaction alone to change; whether its link is open."""
    held = Redemption.objects.select_for_update().select_related("link").get(pk=redemption.pk)
    redemption.run = held.run
    return held.link.revoked_at is None and held.link.expires_at > now


def rebind(redemption: Redemption, run_id: UUID, *, now: datetime) -> None:
    """Let the device, whose redemption is held, go on in another run than it was in."""
    until = now + RESUME_WINDOW
    Redemption.objects.filter(pk=redemption.pk).update(run=run_id, resume_until=until)
    redemption.run = run_id


def keep_open(run_id: UUID, *, until: datetime) -> None:
    """Let the run's devices come back until `until`; when the run has ended, that is now."""
    Redemption.objects.filter(run=run_id).update(resume_until=until)


def forget_devices(run_id: UUID, *, now: datetime) -> None:
    """No device comes back to the run, or can be known again."""
    Redemption.objects.filter(run=run_id).update(resume_until=now, device_hash="")


def find_pass(cookie: str | None, *, now: datetime) -> CustomerPass | None:
    """What the join cookie proves now: the run this device may be in, or None."""
    entry = _find_returning(cookie, now=now)
    if entry is None or entry.redemption.run is None:
        return None
    return CustomerPass(
        redemption_id=entry.redemption.pk,
        workspace_id=entry.redemption.link.workspace_id,
        run_id=entry.redemption.run,
    )


def _find_returning(cookie: str | None, *, now: datetime) -> Entry | None:
    """The redemption that the cookie's device key belongs to, while it may be resumed."""
    try:
        redemption_id, device_key = signing.loads(cookie or "", salt=SALT, max_age=COOKIE_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    redemption = (
        Redemption.objects.select_related("link")
        .filter(pk=redemption_id, resume_until__gt=now)
        .first()
    )
    if redemption is None or not hmac.compare_digest(redemption.device_hash, hash_of(device_key)):
        return None
    return Entry(redemption=redemption, device_key=device_key, resumed=True)


def cookie_of(entry: Entry) -> str:
    """The signed value of the join cookie."""
    return signing.dumps([str(entry.redemption.pk), entry.device_key], salt=SALT)


def set_cookie(response: HttpResponseBase, entry: Entry) -> None:
    """Give the device its way back."""
    response.set_cookie(
        settings.JOIN_COOKIE_NAME,
        cookie_of(entry),
        max_age=COOKIE_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )


def hash_of(token: str) -> str:
    """SHA-256 in hex of a random token or key."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _address_hash(ip: str) -> str:
    """A keyed hash, so that the table of failures is no list of addresses."""
    return hmac.new(settings.SECRET_KEY.encode(), f"address:{ip}".encode(), "sha256").hexdigest()
