"""`manage.py drain_worker NAME`: no new rooms for a media worker; its calls move, then it ends."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from runtime import pool
from runtime.clock import now_ms
from runtime.models import Worker


class Command(BaseCommand):
    """Sends a worker away."""

    help = "Move a media worker's calls to the others; then it ends. Told again, nothing changes."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        worker = Worker.objects.filter(name=options["name"]).first()
        if worker is None:
            known = ", ".join(Worker.objects.order_by("name").values_list("name", flat=True))
            raise CommandError(f"no media worker {options['name']!r}; there are: {known}")
        if worker.status == Worker.Status.LOST:
            raise CommandError(f"{worker.name} is not there: it has no rooms to move")
        moving = pool.drain(worker, now_ms())
        self.stdout.write(f"{worker.name} drains; rooms that move: {moving}")
