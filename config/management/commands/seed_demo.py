"""`manage.py seed_demo`: make the demo workspace, or what is missing of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from typing_extensions import override

from config import demo


class Command(BaseCommand):
    """Shows passwords only when asked with --json: that is for the command line, not for a log."""

    help = "Make the demo workspace with its people, a published flow and a join link."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print it all as one JSON line")

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This site is for real people: settings.DEMO is off.")
        seeded = demo.seed()
        if options["json"]:
            self.stdout.write(demo.as_json(seeded))
            return
        self.stdout.write(f"Demo ready. Passwords: {settings.VAR / 'demo-people.json'}")
