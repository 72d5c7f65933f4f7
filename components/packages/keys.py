"""Keys that sign packages, and the keyring that says whose they are.

A signature names a key; what that key may sign, for whom and how comes from the keyring alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from components.packages.errors import BadKeyError

ED25519 = "ed25519"
KEYRING = "counterflow-keyring/1"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,79}")


class Signer(StrEnum):
    """On whose behalf a key signs."""

    PUBLISHER = "publisher"
    BANK = "bank"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A public key, and what its signature means."""

    id: str
    signer: Signer
    owner: str
    """The publisher's name, or the bank's."""
    public: bytes
    """32 bytes."""
    is_revoked: bool = False
    algorithm: str = ED25519

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """Trusted keys by id, and packages that were called back, by digest."""

    keys: Mapping[str, TrustedKey]
    revoked: frozenset[str] = frozenset()

    def find(self, key_id: str) -> TrustedKey | None:
        return self.keys.get(key_id)


def generate() -> Ed25519PrivateKey:
    """A fresh key."""
    return Ed25519PrivateKey.generate()


def id_of(public: bytes) -> str:
    """The name of a key: SHA-256 in hex over its 32 bytes."""
    return hashlib.sha256(public).hexdigest()


def public_of(private: Ed25519PrivateKey) -> bytes:
    """The 32 bytes that others need."""
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def write_private(private: Ed25519PrivateKey, password: bytes | None) -> bytes:
    """PEM, PKCS 8."""
    sealed = BestAvailableEncryption(password) if password else NoEncryption()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed)


def read_private(pem: bytes, password: bytes | None) -> Ed25519PrivateKey:
    """Raises BadKeyError."""
    try:
        key = load_pem_private_key(pem, password)
    except (ValueError, TypeError) as error:
        raise BadKeyError(
            "expected an Ed25519 key as PEM, and its password if it has one"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKeyError("expected an Ed25519 key")
    return key


def read_keyring(text: str) -> Keyring:
    """A keyring file. Raises BadKeyError naming the entry."""
    try:
        told: Any = json.loads(text)
        entries, revoked = told["keys"], told.get("revoked", [])
        is_ours = told["schema"] == KEYRING
    except (ValueError, KeyError, TypeError) as error:
        raise BadKeyError(f'expected {{"schema": "{KEYRING}", "keys": […]}}') from error
    if not is_ours or not isinstance(entries, list) or not isinstance(revoked, list):
        raise BadKeyError(f"expected schema {KEYRING} with a list of keys")
    keys = [_read_key(entry, number) for number, entry in enumerate(entries)]
    if len({one.id for one in keys}) < len(keys):
        raise BadKeyError("expected each key once")
    return Keyring(keys={one.id: one for one in keys}, revoked=frozenset(map(str, revoked)))


def write_entry(public: bytes, signer: Signer, owner: str) -> dict[str, str]:
    """A key as it stands in a keyring file."""
    return {
        "id": id_of(public),
        "signer": str(signer),
        "owner": owner,
        "algorithm": ED25519,
        "public": base64.b64encode(public).decode(),
    }


def _read_key(entry: Any, number: int) -> TrustedKey:
    try:
        public = base64.b64decode(entry["public"], validate=True)
        key = TrustedKey(
            id=entry["id"],
            signer=Signer(entry["signer"]),
            owner=entry["owner"],
            public=public,
            is_revoked=entry.get("revoked", False) is True,
            algorithm=entry["algorithm"],
        )
        Ed25519PublicKey.from_public_bytes(public)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise BadKeyError(
            f"keys[{number}]: expected id, signer, owner, algorithm, public"
        ) from error
    if key.algorithm != ED25519:
        raise BadKeyError(f"keys[{number}]: expected algorithm {ED25519}")
    if key.id != id_of(public) or not _NAME.fullmatch(str(key.owner)):
        raise BadKeyError(f"keys[{number}]: expected the id of its own key and a plain owner")
    return key
