"""Signed grants: what a worker may deliver, and what a person may play for a minute."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass

from django.conf import settings
from django.core import signing

from runtime.errors import GrantError
from runtime.models import Room

DELIVERY_LIFE_MS = 24 * 3600 * 1000
PLAY_LIFE_S = 60
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,119}")
_PLAY_SALT = "runtime.play"


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
    body = json.dumps(asdict(grant), separators=(",", ":"), sort_keys=True).encode()
    return f"{_encode(body)}.{_encode(_sign(body))}"


def read_grant(token: str, now_ms: int) -> Grant:
    """Raises GrantError when the token is not ours or too old."""
    try:
        body, signature = (_decode(part) for part in token.split("."))
    except ValueError:
        raise GrantError("not a grant") from None
    if not hmac.compare_digest(signature, _sign(body)):
        raise GrantError("the signature is not ours")
    grant = Grant(**json.loads(body))
    if grant.expires_at_ms < now_ms:
        raise GrantError("expired")
    return grant


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


def _sign(body: bytes) -> bytes:
    key = hmac.new(settings.SECRET_KEY.encode(), b"runtime.delivery", hashlib.sha256).digest()
    return hmac.new(key, body, hashlib.sha256).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
