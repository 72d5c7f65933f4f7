"""Making packages: a folder becomes an archive, a key signs it, the bank's key signs it too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from components.packages import archive, envelope
from components.packages.envelope import Envelope
from components.packages.errors import Refusal, RefusedPackageError
from components.packages.keys import id_of, public_of
from components.packages.verify import MANIFEST

_LEFT_OUT = frozenset({envelope.NAME, ".DS_Store", "Thumbs.db"})


def collect(folder: Path) -> dict[str, bytes]:
    """The files of a folder, hidden ones left out. Raises RefusedPackageError."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.name in _LEFT_OUT or any(part.startswith(".") for part in relative.parts):
            continue
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise RefusedPackageError(
                Refusal.NOT_A_FILE, where=relative.as_posix(), expected="a regular file, no link"
            )
        if path.is_file():
            archive.check_name(relative.as_posix())
            found[relative.as_posix()] = path.read_bytes()
    return found


def pack(files: Mapping[str, bytes]) -> bytes:
    """An archive without a signature. Raises RefusedPackageError when there is no manifest."""
    name_of(files)
    return archive.write(files)


def sign(data: bytes, private: Ed25519PrivateKey) -> bytes:
    """The package with one more signature; signing again with the same key replaces its own."""
    files = archive.read(data)
    held = files.pop(envelope.NAME, None)
    payload = envelope.state(*name_of(files), files)
    former = envelope.read(held) if held is not None else Envelope(payload=payload, signatures=())
    if former.payload != payload:
        raise RefusedPackageError(
            Refusal.CHANGED_FILE, where=envelope.NAME, expected="the files that were signed before"
        )
    mine = id_of(public_of(private))
    others = tuple(one for one in former.signatures if one.key_id != mine)
    signed = replace(former, signatures=(*others, envelope.sign(payload, private)))
    return archive.write({**files, envelope.NAME: envelope.write(signed)})


def name_of(files: Mapping[str, bytes]) -> tuple[str, str]:
    """Key and version by the manifest. Raises RefusedPackageError."""
    try:
        manifest: Any = json.loads(files[MANIFEST])
        return str(manifest["key"]), str(manifest["version"])
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedPackageError(
            Refusal.BAD_MANIFEST, where=MANIFEST, expected="a manifest with key and version"
        ) from error
