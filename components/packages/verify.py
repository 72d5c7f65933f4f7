"""Whether a package may be taken: everything is looked at offline, nothing of it is run.

Order matters. What the archive says is bounded first, then who signed, then whether the files are
those that were signed; only then is any of them read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from components.packages import archive, envelope
from components.packages.envelope import Envelope, Statement
from components.packages.errors import Refusal, RefusedPackageError
from components.packages.keys import Keyring, Signer, TrustedKey

MANIFEST = "component.json"
KINDS = frozenset({"composite", "remote"})
CODE = frozenset(
    {".py", ".pyc", ".pyo", ".so", ".dll", ".dylib", ".exe", ".sh", ".whl", ".jar", ".wasm", ".pkl"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package that was found to be what its signers say."""

    key: str
    version: str
    digest: str
    publisher: str
    is_countersigned: bool
    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is here of a component already: its newest version, and digests by version."""

    newest: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)


def verify(
    data: bytes,
    keyring: Keyring,
    *,
    held: Mapping[str, Held] | None = None,
    must_be_countersigned: bool = False,
) -> Package:
    """The package in `data`. Raises RefusedPackageError with the first thing wrong."""
    files = archive.read(data)
    signed = files.pop(envelope.NAME, None)
    if signed is None:
        raise _refused(Refusal.UNSIGNED, envelope.NAME, "a signature; the package has none")
    found = envelope.read(signed)
    signers = _signers(found, keyring)
    statement = envelope.read_statement(found.payload)
    _compare(statement, files)
    manifest = _manifest(statement, files)
    publisher = _publisher(signers, manifest)
    is_countersigned = any(one.signer is Signer.BANK for one in signers)
    if must_be_countersigned and not is_countersigned:
        raise _refused(Refusal.NOT_COUNTERSIGNED, "", "the bank's signature beside the publisher's")
    if found.digest in keyring.revoked:
        raise _refused(Refusal.REVOKED_PACKAGE, found.digest, "a package that was not called back")
    _check_order(statement, found.digest, (held or {}).get(statement.key, Held()))
    return Package(
        key=statement.key,
        version=statement.version,
        digest=found.digest,
        publisher=publisher,
        is_countersigned=is_countersigned,
        manifest=manifest,
        files=files,
    )


def order_of(version: str) -> tuple[int, ...]:
    """Versions compare by their numbers."""
    return tuple(int(part) for part in version.split("."))


def _signers(found: Envelope, keyring: Keyring) -> list[TrustedKey]:
    """The keys behind all signatures: one that is unknown, revoked or wrong spoils the package."""
    message = envelope.signed_bytes(found.payload)
    keys = []
    for one in found.signatures:
        key = keyring.find(one.key_id)
        if key is None:
            raise _refused(Refusal.UNKNOWN_KEY, one.key_id[:64], "a key of the keyring")
        if key.is_revoked:
            raise _refused(Refusal.REVOKED_KEY, key.id, "a key that is still trusted")
        if not key.has_signed(message, one.bytes):
            raise _refused(Refusal.BAD_SIGNATURE, key.id, "this key's signature of the statement")
        keys.append(key)
    return keys


def _compare(statement: Statement, files: Mapping[str, bytes]) -> None:
    for name in sorted(statement.files.keys() - files.keys()):
        raise _refused(Refusal.MISSING_FILE, name[:200], "every file that was signed")
    for name in sorted(files.keys() - statement.files.keys()):
        raise _refused(Refusal.EXTRA_FILE, name, "no file but those that were signed")
    for name, data in sorted(files.items()):
        told = statement.files[name]
        if (hashlib.sha256(data).hexdigest(), len(data)) != (told.sha256, told.size):
            raise _refused(Refusal.CHANGED_FILE, name, "the bytes that were signed")


def _manifest(statement: Statement, files: Mapping[str, bytes]) -> Mapping[str, Any]:
    if MANIFEST not in files:
        raise _refused(Refusal.MISSING_FILE, MANIFEST, "a manifest")
    for name in sorted(files):
        if PurePosixPath(name).suffix.lower() in CODE:
            raise _refused(Refusal.CARRIES_CODE, name, "no programs: flows, views, texts, pictures")
    try:
        manifest: Any = json.loads(files[MANIFEST])
        told = manifest["key"], manifest["version"], manifest["kind"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _refused(Refusal.BAD_MANIFEST, MANIFEST, "key, version and kind") from error
    if told[:2] != (statement.key, statement.version):
        raise _refused(Refusal.BAD_MANIFEST, MANIFEST, "the key and version that were signed")
    if told[2] not in KINDS:
        raise _refused(Refusal.FORBIDDEN_KIND, str(told[2])[:40], " or ".join(sorted(KINDS)))
    return dict(manifest)


def _publisher(signers: list[TrustedKey], manifest: Mapping[str, Any]) -> str:
    """Who published it: the owner of a publisher's key, whom the manifest must name."""
    owners = {one.owner for one in signers if one.signer is Signer.PUBLISHER}
    if not owners:
        raise _refused(Refusal.UNSIGNED, envelope.NAME, "a publisher's signature")
    if owners != {manifest.get("publisher")}:
        raise _refused(
            Refusal.WRONG_PUBLISHER, MANIFEST, f"publisher {' and '.join(sorted(owners))}"
        )
    return owners.pop()


def _check_order(statement: Statement, digest: str, held: Held) -> None:
    """A version is one content for ever; what is older than the newest here is not taken."""
    known = held.digests.get(statement.version)
    if known == digest:
        return
    if known is not None:
        raise _refused(
            Refusal.VERSION_TAKEN, statement.version, "another version for another content"
        )
    if held.newest is not None and order_of(statement.version) <= order_of(held.newest):
        raise _refused(Refusal.DOWNGRADE, statement.version, f"a version above {held.newest}")


def _refused(code: Refusal, where: str, expected: str) -> RefusedPackageError:
    return RefusedPackageError(code, where=where, expected=expected)
