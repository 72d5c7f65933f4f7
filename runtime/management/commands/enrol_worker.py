"""`manage.py enrol_worker NAME --token-file PATH`: let a media worker in.

Its token is written once.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

from runtime.models import Worker


class Command(BaseCommand):
    """Lets a worker in by name and token."""

    help = "Let a media worker in. An existing token file is kept and believed."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--token-file", type=Path, required=True)

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["token_file"]
        if not path.exists():
            _write_token(path)
        token = path.read_text(encoding="ascii").strip()
        hashed = hashlib.sha256(token.encode("ascii")).hexdigest()
        Worker.objects.update_or_create(name=options["name"], defaults={"token_hash": hashed})


def _write_token(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
