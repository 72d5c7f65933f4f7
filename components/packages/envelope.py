"""What is signed of a package, and the envelope that holds the signatures (DSSE v1.0.2).

A statement lists every file of a package with its hash and size. It is signed as DSSE signs: over
its type and its bytes, so that a signature for one purpose is none for another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from components.packages.errors import Refusal, RefusedPackageError
from components.packages.keys import id_of, public_of

NAME = "SIGNATURE.dsse.json"
TYPE = "application/vnd.counterflow.component.v1+json"
MAX_ENVELOPE_BYTES = 1 << 20
MAX_SIGNATURES = 8
_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Of one file: SHA-256 in hex, and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a package is."""

    key: str
    version: str
    files: Mapping[str, Sum]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Of whoever holds the key of this id."""

    key_id: str
    bytes: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A statement as it was signed, and by whom."""

    payload: bytes
    signatures: tuple[Signature, ...]

    @property
    def digest(self) -> str:
        """The package's name for ever: SHA-256 in hex over the statement."""
        return hashlib.sha256(self.payload).hexdigest()


def state(key: str, version: str, files: Mapping[str, bytes]) -> bytes:
    """The canonical bytes of a package's statement."""
    sums = {
        name: Sum(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        for name, data in files.items()
    }
    return _canonical(Statement(key=key, version=version, files=sums))


def sign(payload: bytes, private: Ed25519PrivateKey) -> Signature:
    """Whoever signs is named by the key."""
    return Signature(key_id=id_of(public_of(private)), bytes=private.sign(signed_bytes(payload)))


def signed_bytes(payload: bytes) -> bytes:
    """Pre-authentication encoding of DSSE: type and payload with their lengths."""
    return b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode(), len(payload), payload)


def write(envelope: Envelope) -> bytes:
    """The JSON of an envelope."""
    signatures = [
        {"keyid": one.key_id, "sig": base64.b64encode(one.bytes).decode()}
        for one in envelope.signatures
    ]
    payload = base64.b64encode(envelope.payload).decode()
    told = {"payloadType": TYPE, "payload": payload, "signatures": signatures}
    return json.dumps(told, indent=1).encode()


def read(data: bytes) -> Envelope:
    """Raises RefusedPackageError: the envelope is not one of ours, or nobody signed it."""
    if len(data) > MAX_ENVELOPE_BYTES:
        raise _bad(f"at most {MAX_ENVELOPE_BYTES} bytes")
    try:
        told: Any = json.loads(data)
        payload = base64.b64decode(told["payload"], validate=True)
        signatures = tuple(
            Signature(key_id=str(one["keyid"]), bytes=base64.b64decode(one["sig"], validate=True))
            for one in told["signatures"]
        )
        kind = told["payloadType"]
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError) as error:
        raise _bad("payloadType, payload and signatures of DSSE") from error
    if kind != TYPE:
        raise _bad(f"payloadType {TYPE}")
    if not 0 < len(signatures) <= MAX_SIGNATURES:
        raise RefusedPackageError(
            Refusal.UNSIGNED, where=NAME, expected=f"1 to {MAX_SIGNATURES} signatures"
        )
    return Envelope(payload=payload, signatures=signatures)


def read_statement(payload: bytes) -> Statement:
    """Only in the one way it can be written. Raises RefusedPackageError."""
    try:
        told: Any = json.loads(payload)
        files = {
            str(name): Sum(sha256=str(one["sha256"]), size=int(one["size"]))
            for name, one in told["files"].items()
        }
        statement = Statement(key=told["key"], version=told["version"], files=files)
        is_canonical = payload == _canonical(statement)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _bad("a statement of key, version and files") from error
    if not is_canonical:
        raise _bad("the statement in canonical form")
    if not _KEY.fullmatch(str(statement.key)) or not _VERSION.fullmatch(str(statement.version)):
        raise _bad("a key of two words or more, and a version of three numbers")
    return statement


def _canonical(statement: Statement) -> bytes:
    sums = {name: {"sha256": one.sha256, "size": one.size} for name, one in statement.files.items()}
    told = {"key": statement.key, "version": statement.version, "files": sums}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _bad(expected: str) -> RefusedPackageError:
    return RefusedPackageError(Refusal.BAD_ENVELOPE, where=NAME, expected=expected)
