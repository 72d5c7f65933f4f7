"""`manage.py enrol_worker NAME --token-file PATH`: let a media worker, or those of a host, in.

Each token is written once.
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
    """Lets workers in by name and token."""

    help = "Let a media worker in. An existing token file is kept and believed."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--token-file", type=Path, required=True)
        parser.add_argument(
            "--processes",
            type=int,
            default=0,
            help="of a host: NAME.1, NAME.2, … with one line of the file each",
        )

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        count: int = options["processes"]
        name: str = options["name"]
        names = [f"{name}.{number}" for number in range(1, count + 1)] if count else [name]
        for one, token in zip(names, _tokens(options["token_file"], len(names)), strict=True):
            hashed = hashlib.sha256(token.encode("ascii")).hexdigest()
            Worker.objects.update_or_create(name=one, defaults={"token_hash": hashed})


def _tokens(path: Path, count: int) -> list[str]:
    """The first `count` lines of the file; missing ones are made."""
    held = path.read_text(encoding="ascii").split() if path.exists() else []
    fresh = [secrets.token_urlsafe(32) for _ in range(count - len(held))]
    if fresh:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("".join(f"\n{token}" for token in fresh).lstrip("\n" if not held else ""))
    return [*held, *fresh][:count]
