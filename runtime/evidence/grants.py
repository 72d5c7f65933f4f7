"""Signed grants: what a worker may deliver, a person play, another system tell a run."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing

from runtime.errors import GrantError
from runtime.models import Room

DELIVERY_LIFE_MS = 24 * 3600 * 1000
PLAY_LIFE_S = 60
CALLBACK_LIFE_MS = 30 * 24 * 3600 * 1000
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,119}")
_PLAY_SALT = "runtime.play"
_DELIVERY, _CALLBACK = b"runtime.delivery", b"runtime.callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Leave to deliver files of one room and generation, under one prefix."""

    room: str
    generation: int
    prefix: str
    """`<run>/<generation>/`"""
    expires_at_ms: int


def grant_for(room: Room, now_ms: int) -> str:
    """The signed grant for what this room records: base64url(JSON) "." base64url(HMAC-SHA-256)."""
    grant = Grant(
        room=str(room.run_id),
        generation=room.generation,
        prefix=f"{room.run_id}/{room.generation}/",
        expires_at_ms=now_ms + DELIVERY_LIFE_MS,
    )
    return _signed(asdict(grant), _DELIVERY)


def read_grant(token: str, now_ms: int) -> Grant:
    """Raises GrantError when the token is not ours or too old."""
    grant = Grant(**_signed_by_us(token, _DELIVERY))
    if grant.expires_at_ms < now_ms:
        raise GrantError("expired")
    return grant


def callback_token(run_id: UUID, now_ms: int) -> tuple[str, int]:
    """With it another system may tell the run that something has happened; and until when.

    There is nothing secret in it, but who holds it may speak.
    """
    expires_at_ms = now_ms + CALLBACK_LIFE_MS
    return _signed({"run": str(run_id), "expires_at_ms": expires_at_ms}, _CALLBACK), expires_at_ms


def callback_path(token: str) -> str:
    """Where it is used, on this site."""
    return f"/api/v1/callbacks/{token}"


def read_callback_token(token: str, now_ms: int) -> UUID:
    """The run it speaks to. Raises GrantError when the token is not ours or too old."""
    grant = _signed_by_us(token, _CALLBACK)
    if grant["expires_at_ms"] < now_ms:
        raise GrantError("expired")
    return UUID(grant["run"])


def is_file_name(name: object) -> bool:
    """A plain file name that can stand under a prefix: no folders, no leading dot."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def play_token(file_id: object, user_id: object) -> str:
    """A token with which this person may fetch this file for PLAY_LIFE_S."""
    return signing.dumps([str(file_id), str(user_id)], salt=_PLAY_SALT)


def read_play_token(token: str) -> tuple[str, str]:
    """(file, user). Raises GrantError."""
    try:
        file_id, user_id = signing.loads(token, salt=_PLAY_SALT, max_age=PLAY_LIFE_S)
    except signing.BadSignature as error:
        raise GrantError("expired or not ours") from error
    return str(file_id), str(user_id)


def _signed(grant: dict[str, Any], purpose: bytes) -> str:
    body = json.dumps(grant, separators=(",", ":"), sort_keys=True).encode()
    return f"{_encode(body)}.{_encode(_sign(body, purpose))}"


def _signed_by_us(token: str, purpose: bytes) -> dict[str, Any]:
    try:
        body, signature = (_decode(part) for part in token.split("."))
    except ValueError:
        raise GrantError("not a grant") from None
    if not hmac.compare_digest(signature, _sign(body, purpose)):
        raise GrantError("the signature is not ours")
    grant: dict[str, Any] = json.loads(body)
    return grant


def _sign(body: bytes, purpose: bytes) -> bytes:
    """A signature for one purpose is none for another."""
    key = hmac.new(settings.SECRET_KEY.encode(), purpose, hashlib.sha256).digest()
    return hmac.new(key, body, hashlib.sha256).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
