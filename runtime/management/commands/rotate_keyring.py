"""`manage.py rotate_keyring`: another key wraps the keys of all runs; `--retire ID` drops one."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from runtime import rotation
from runtime.errors import KeyringError
from runtime.keyring import FileKeyring, Keyring, keyring, write_first


class Command(BaseCommand):
    """Adds a key to the ring and wraps everything with it."""

    help = (
        "Add a key to the keyring's file and wrap the key of every run with it. Cut short, it is "
        "called again with --finish, which adds no key; so is a ring that others keep."
    )

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--first", action="store_true", help="make the file, if there is none")
        what.add_argument("--finish", action="store_true", help="add no key, wrap with the active")
        what.add_argument("--retire", metavar="ID", help="take away a key that wraps nothing")

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["first"]:
                _make_first()
                return
            ring = keyring()
            if options["retire"]:
                self._retire(_file(ring), options["retire"])
                return
            if not options["finish"]:
                self.stdout.write(f"added {_file(ring).add()}")
            self._rewrap(ring)
        except KeyringError as error:
            raise CommandError(str(error)) from error

    def _rewrap(self, ring: Keyring) -> None:
        tally = rotation.rewrap(ring)
        self.stdout.write(f"{tally.rewrapped} wrapped with {ring.active}")
        if tally.unopened:
            names = ", ".join(tally.unopened[:5])
            raise CommandError(f"the ring does not open {len(tally.unopened)}: {names}")

    def _retire(self, ring: FileKeyring, key_id: str) -> None:
        if users := rotation.users_of(key_id):
            raise CommandError(f"{key_id} still wraps {users}; call rotate_keyring --finish first")
        ring.retire(key_id)
        self.stdout.write(f"retired {key_id}")


def _make_first() -> None:
    named = settings.KEYRING.get("file")
    if named is None:
        raise CommandError("this keyring is no file")
    write_first(Path(named))


def _file(ring: Keyring) -> FileKeyring:
    if isinstance(ring, FileKeyring):
        return ring
    raise CommandError(
        "this keyring is no file: change its keys where they are kept, the new one first, start "
        "the site anew, then call rotate_keyring --finish"
    )
