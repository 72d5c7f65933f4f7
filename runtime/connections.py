"""What a workspace may reach outside, and how: a call by the connection's name, proved and bounded.

A step names a connection; host, credentials and limits are its admin's business and never the
flow's. The secret is sealed with a key of its own, which the keyring wraps for this connection.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from designer.outside import Use, users_by_connection
from flow.graph import JsonValue
from runtime import egress, mail
from runtime.egress import MAIL, WEB, Answer, Call, Place
from runtime.errors import BlockedError, EgressError, KeyringError, NoConnectionError
from runtime.keyring import KEY_BYTES, NONCE_BYTES, keyring
from runtime.models import Connection, Run

_SIGNING_KEY = "whsec_"
"""Begins a signing secret that is written in base64 (Standard Webhooks 1.0)."""
_SERVER_ERRORS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to ask of a connection."""

    method: str
    path: str
    """Begins with a slash, or is empty: what follows the connection's own path, already quoted."""
    id: str
    """The same at every attempt: `Idempotency-Key`, and the id that is signed."""
    query: Mapping[str, str] | None = None
    document: JsonValue = None
    """Sent as JSON; nothing is sent for None."""
    limit_ms: int | None = None
    """Shorter than the connection's own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """What a check found. `code` is `ok`, or why not."""

    code: str
    ms: int
    status: int | None = None

    @property
    def ok(self) -> bool:
        return self.code == "ok"


def get_connection(workspace_id: UUID, name: str, *kinds: str) -> Connection:
    """The connection a step names. Raises NoConnectionError, also when it is switched off."""
    found = Connection.objects.filter(
        workspace_id=workspace_id, name=name, kind__in=kinds, allowed=True
    ).first()
    if found is None:
        raise NoConnectionError(name=name)
    return found


def usable(workspace_id: UUID) -> dict[str, str]:
    """Name -> kind of those that steps can use."""
    found = Connection.objects.filter(workspace_id=workspace_id, allowed=True)
    return dict(found.values_list("name", "kind"))


def used_by(workspace_id: UUID) -> Mapping[str, list[Use]]:
    """Name -> the flows whose steps name it: drawn, newest, or in runs that have not ended."""
    running = Run.objects.filter(workspace=workspace_id).exclude(status=Run.Status.CLOSED)
    alive = list(running.values_list("version_id", flat=True).distinct())
    return users_by_connection(workspace_id, alive)


def place_of(connection: Connection) -> Place:
    """Where it leads. Raises BlockedError for what no connection may be."""
    schemes = MAIL if connection.kind == Connection.Kind.EMAIL else WEB
    return egress.place_of(connection.base_url, schemes)


def ask(connection: Connection, wish: Wish, now_ms: int) -> Answer:
    """Make the call. Raises BlockedError, UnsentError, NoAnswerError."""
    place = place_of(connection)
    body = b"" if wish.document is None else json.dumps(wish.document).encode()
    query = f"?{urlencode(wish.query)}" if wish.query else ""
    limit_ms = min(connection.timeout_ms, wish.limit_ms or connection.timeout_ms)
    headers = {"Idempotency-Key": wish.id, "Accept": "application/json"}
    if body:
        headers["Content-Type"] = "application/json"
    return egress.send(
        Call(
            place=place,
            method=wish.method,
            target=f"{place.path}{_path(wish.path)}{query}" or "/",
            headers=headers | _proof(connection, wish.id, now_ms, body),
            body=body,
            limit_s=limit_ms / 1000,
            private=connection.private,
        )
    )


def _path(path: str) -> str:
    """A path that stays below the connection's own. Raises BlockedError."""
    steps = path.lower().replace("%2e", ".").replace("%2f", "/").split("/")
    is_plain = path.isascii() and path.isprintable() and not set(path) & set(" ?#\\")
    if path and (not path.startswith("/") or not is_plain or ".." in steps):
        raise BlockedError(cause="path")
    return path


def _proof(connection: Connection, id_: str, now_ms: int, body: bytes) -> dict[str, str]:
    """The headers by which the other side knows us."""
    secret = secret_of(connection)
    match connection.auth:
        case Connection.Auth.BASIC:
            pair = base64.b64encode(f"{connection.username}:{secret}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        case Connection.Auth.BEARER:
            return {"Authorization": f"Bearer {secret}"}
        case Connection.Auth.HEADER:
            return {connection.username: secret}
        case Connection.Auth.SIGNATURE:
            return signature(secret, id_, now_ms // 1000, body)
        case _:
            return {}


def signature(secret: str, id_: str, at_s: int, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks 1.0: who receives them can tell a replay and a change.

    The key is the text's bytes, or what follows `whsec_` in base64.
    """
    key = secret.encode()
    if secret.startswith(_SIGNING_KEY):
        try:
            key = base64.b64decode(secret.removeprefix(_SIGNING_KEY), validate=True)
        except binascii.Error:
            key = secret.encode()
    signed = f"{id_}.{at_s}.".encode() + body
    mark = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "Webhook-Id": id_,
        "Webhook-Timestamp": str(at_s),
        "Webhook-Signature": f"v1,{mark}",
    }


def mail_out(connection: Connection, letter: mail.Letter, limit_ms: int) -> None:
    """Hand a letter to the connection's mail server. Raises as `mail.send`, and BlockedError."""
    limit_s = min(connection.timeout_ms, limit_ms) / 1000
    mail.send(_server(connection, limit_s), letter)


def _server(connection: Connection, limit_s: float) -> mail.Server:
    return mail.Server(
        place=place_of(connection),
        username=connection.username,
        password=secret_of(connection),
        sender=connection.sender,
        limit_s=limit_s,
        private=connection.private,
    )


def check(connection: Connection, now_ms: int) -> Reachable:
    """Whether somebody answers there who knows us; nothing is asked of them."""
    began_s = time.monotonic()

    def found(code: str, status: int | None = None) -> Reachable:
        return Reachable(code=code, ms=int((time.monotonic() - began_s) * 1000), status=status)

    try:
        if connection.kind == Connection.Kind.EMAIL:
            mail.greet(_server(connection, connection.timeout_ms / 1000))
            return found("ok")
        answer = ask(connection, Wish(method="GET", path="", id=f"check-{now_ms}"), now_ms)
    except (EgressError, KeyringError) as error:
        return found(error.code)
    if answer.status in {401, 403, 407}:
        return found("refused", answer.status)
    return found("broken" if answer.status >= _SERVER_ERRORS else "ok", answer.status)


def seal_secret(connection: Connection, secret: str) -> None:
    """Put the secret into the connection, which is not saved here; "" takes it away.

    Raises KeyringError.
    """
    if not secret:
        connection.sealed_secret = ""
        return
    key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, secret.encode(), connection.pk.bytes)
    wrapped = keyring().wrap(key, connection.pk.bytes)
    connection.sealed_secret = f"{base64.b64encode(sealed).decode()}|{wrapped}"


def secret_of(connection: Connection) -> str:
    """The secret; "" when there is none. Raises KeyringError."""
    if not connection.sealed_secret:
        return ""
    text, _, wrapped = connection.sealed_secret.partition("|")
    cipher = AESGCM(keyring().unwrap(wrapped, connection.pk.bytes))
    try:
        sealed = base64.b64decode(text, validate=True)
        opened = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], connection.pk.bytes)
    except (InvalidTag, ValueError) as error:
        raise KeyringError(f"the secret of connection {connection.pk} does not open") from error
    return opened.decode()
