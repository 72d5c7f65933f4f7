"""`manage.py texts`: bring config/locale up to date with the code, and compile it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

from config import texts


class Command(BaseCommand):
    """Says which texts still want a translation."""

    help = "Collect the texts people read, keep their translations, compile them."

    @override
    def handle(self, *_args: Any, **_options: Any) -> None:
        texts.update("zh_Hans")
        missing = [str(one.id) for one in texts.read("zh_Hans") if one.id and not one.string]
        for text in missing:
            self.stdout.write(f"not translated: {text}")
