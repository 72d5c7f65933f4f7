"""`python -m config.web [--spare] WORDS`: one web process, which is Daphne told those words.

A spare loads all it needs, which takes seconds, and then serves as soon as it reads a line on its
standard input: the supervisor writes it when the one before has died. The input's end is its own.
"""

from __future__ import annotations

import sys

import structlog

# Before the application, which completes it (config.serving).
from daphne.cli import CommandLineInterface

from config import asgi

SPARE = "--spare"

log = structlog.get_logger(__name__)


def main(words: list[str]) -> None:
    """Serve until told to end."""
    if words[:1] == [SPARE]:
        words = words[1:]
        _load()
        log.info("standing_by")
        if not sys.stdin.readline():
            return
    command_line = CommandLineInterface()
    command_line.run([*words, f"{asgi.__name__}:application"])


def _load() -> None:
    """What the first request would load."""
    from django.urls import get_resolver  # noqa: PLC0415 - after Django's setup

    from components.registry import catalogue  # noqa: PLC0415 - after Django's setup

    get_resolver().url_patterns  # noqa: B018 - imports every view
    catalogue()


if __name__ == "__main__":
    main(sys.argv[1:])
