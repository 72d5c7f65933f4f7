"""A site to measure sockets at: a folder, a database, a web process, all with real settings."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[2]
if TYPE_CHECKING:
    from tests.runtime.web_process import WebProcess


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A migrated database of its own, and Django set up for it in this process."""
    with tempfile.TemporaryDirectory(prefix="bench-sockets-") as name:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings.local",
            COUNTERFLOW_VAR=name,
            COUNTERFLOW_DATABASE_URL="",
        )
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True, stdout=sys.stderr
        )
        import django  # noqa: PLC0415 - needs the settings above

        django.setup()
        yield Path(name)


@contextlib.contextmanager
def web(folder: Path) -> Iterator[WebProcess]:
    """Its web process, warm: the first request loads half of Django."""
    from tests.runtime.web_process import web_process  # noqa: PLC0415 - needs Django

    with web_process(folder / "web.log", {}) as process:
        yield process
