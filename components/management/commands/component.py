"""`manage.py component …`: make keys, pack a folder, sign, verify and compare packages."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from components.packages import archive, changes, keys, packing
from components.packages.changes import Level
from components.packages.errors import BadKeyError, RefusedPackageError
from components.packages.keys import KEYRING, Signer
from components.packages.verify import MANIFEST, verify

PASSWORD = "COMPONENT_KEY_PASSWORD"  # noqa: S105 - the name of a variable
ENDING = ".component"


class Command(BaseCommand):
    """Offline work on packages; the exit code is 1 when a package is refused."""

    help = "Make keys, pack, sign and verify component packages."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        made = acts.add_parser("keygen", help="make a key; prints the entry of a keyring for it")
        made.add_argument("file", type=Path, help="where the private key goes")
        made.add_argument("--owner", required=True, help="name of the publisher or bank")
        made.add_argument("--signer", choices=list(Signer), default=Signer.PUBLISHER)
        made.set_defaults(run=self._keygen)
        packed = acts.add_parser("pack", help="make a package of a folder")
        packed.add_argument("folder", type=Path)
        packed.add_argument("--out", type=Path, help=f"<key>-<version>{ENDING} unless told")
        packed.set_defaults(run=self._pack)
        signed = acts.add_parser("sign", help="sign a package, beside those who have")
        signed.add_argument("package", type=Path)
        signed.add_argument("--key", type=Path, required=True)
        signed.set_defaults(run=self._sign)
        checked = acts.add_parser("verify", help="say whether a package may be taken, and why not")
        checked.add_argument("package", type=Path)
        checked.add_argument("--keyring", type=Path, required=True)
        checked.add_argument("--countersigned", action="store_true", help="by the bank too")
        checked.set_defaults(run=self._verify)

        compared = acts.add_parser("diff", help="what a newer version changes for its users")
        compared.add_argument("old", type=Path, help="a folder or a package")
        compared.add_argument("new", type=Path)
        compared.set_defaults(run=self._diff)

    @override
    def handle(self, *_args: Any, run: Callable[[dict[str, Any]], None], **options: Any) -> None:
        try:
            run(options)
        except RefusedPackageError as refusal:
            self.stderr.write(f"refused: {refusal}")
            sys.exit(1)
        except (BadKeyError, OSError) as error:
            raise CommandError(str(error)) from error

    def _keygen(self, options: dict[str, Any]) -> None:
        file: Path = options["file"]
        private = keys.generate()
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(keys.write_private(private, _password()))
        entry = keys.write_entry(
            keys.public_of(private), Signer(options["signer"]), options["owner"]
        )
        self.stdout.write(json.dumps({"schema": KEYRING, "keys": [entry]}, indent=2))

    def _pack(self, options: dict[str, Any]) -> None:
        files = packing.collect(options["folder"])
        data = packing.pack(files)
        key, version = packing.name_of(files)
        out: Path = options["out"] or Path(f"{key}-{version}{ENDING}")
        out.write_bytes(data)
        self.stdout.write(f"{out}: {len(files)} files, {len(data)} bytes, not signed yet")

    def _sign(self, options: dict[str, Any]) -> None:
        package: Path = options["package"]
        private = keys.read_private(options["key"].read_bytes(), _password())
        package.write_bytes(packing.sign(package.read_bytes(), private))
        self.stdout.write(f"{package}: signed by {keys.id_of(keys.public_of(private))}")

    def _verify(self, options: dict[str, Any]) -> None:
        keyring = keys.read_keyring(options["keyring"].read_text())
        found = verify(
            options["package"].read_bytes(),
            keyring,
            must_be_countersigned=options["countersigned"],
        )
        told = "and the bank" if found.is_countersigned else "not countersigned"
        self.stdout.write(
            f"{found.key} {found.version} by {found.publisher}, {told}\ndigest {found.digest}"
        )

    def _diff(self, options: dict[str, Any]) -> None:
        old, new = _face_of(options["old"]), _face_of(options["new"])
        found = changes.compare(old, new)
        for one in found.changes:
            again = ", to be agreed to again" if one.must_be_agreed else ""
            what = one.what.replace("_", " ")
            self.stdout.write(f"{one.level.name.lower():<6} {one.where}: {what}{again}")
        said = changes.level_of(old["version"], new["version"])
        if said is None or said < found.level:
            wanted = _grown(old["version"], found.level)
            self.stdout.write(f"{new['version']} is not enough: {wanted} or more")
            sys.exit(1)
        self.stdout.write(f"{new['version']} says enough")


def _face_of(path: Path) -> dict[str, Any]:
    """The manifest of a folder or package. Raises RefusedPackageError."""
    files = packing.collect(path) if path.is_dir() else archive.read(path.read_bytes())
    packing.name_of(files)
    face: dict[str, Any] = json.loads(files[MANIFEST])
    return face


def _grown(version: str, level: Level) -> str:
    major, minor, patch = map(int, version.split("."))
    match level:
        case Level.MAJOR:
            return f"{major + 1}.0.0"
        case Level.MINOR:
            return f"{major}.{minor + 1}.0"
        case Level.PATCH:
            return f"{major}.{minor}.{patch + 1}"


def _password() -> bytes | None:
    """Of private keys; from the environment, so that it stands in no history of commands."""
    return os.environ[PASSWORD].encode() if os.environ.get(PASSWORD) else None
