"""`manage.py prepare`: tables, workers and demo in one go, as `make run` needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from typing_extensions import override

from config import demo


class Command(BaseCommand):
    """Each only when missing; prints the demo as one JSON line."""

    help = "Make tables, let media workers in, make the demo workspace."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--worker", nargs=2, action="append", metavar=("NAME", "TOKEN_FILE"))

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This site is for real people: settings.DEMO is off.")
        call_command("migrate", verbosity=0)
        for name, file in options["worker"] or []:
            call_command("enrol_worker", name, token_file=Path(file))
        self.stdout.write(demo.as_json(demo.seed()))
