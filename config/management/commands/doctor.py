"""`manage.py doctor`: what is wrong with this deployment, and how to mend it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from typing_extensions import override

from config.diagnosis.doctor import examine, has_failed
from config.diagnosis.verdict import Verdict


class Command(BaseCommand):
    """One line a check; the exit code is 1 when something fails."""

    help = "Say what is wrong with this deployment and how to mend it."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON array")

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        verdicts = examine()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in verdicts]))
        else:
            for one in verdicts:
                self.stdout.write(_line(one))
        if has_failed(verdicts):
            sys.exit(1)


def _line(verdict: Verdict) -> str:
    mend = f"  → {verdict.mend}" if verdict.mend else ""
    return f"{verdict.level.value:<5} {verdict.name:<13} {verdict.detail}{mend}"
