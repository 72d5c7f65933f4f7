"""One line of JSON per log record: known fields only, so nothing secret slips in as an extra."""

from __future__ import annotations

import logging
import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

FIELDS = frozenset(
    {
        "event", "level", "logger", "timestamp", "exception",
        "run", "seq", "room", "generation", "worker", "recording", "activity", "node",
        "job", "kind", "key", "attempt", "due_ms", "lag_ms", "duration_ms",
        "action", "actor", "code", "reason", "status", "count", "bytes", "pid",
    }
)  # fmt: skip


_TOKENS = re.compile(r"(/api/v1/(?:callbacks|media/play)/)[^\s\"'/?]+")
"""Addresses that are a grant themselves: who reads the log must not hold it."""


def without_tokens(text: str) -> str:
    """What is logged of an address, or of a line with addresses in it."""
    return _TOKENS.sub(r"\1…", text)


def hide_tokens(
    _logger: Any, _method: str, record: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Take grants out of everything that is text."""
    for name, value in record.items():
        if isinstance(value, str):
            record[name] = without_tokens(value)
    return record


def only_known(
    _logger: Any, _method: str, record: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop every field that is not on the list."""
    for name in [one for one in record if one not in FIELDS and not one.startswith("_")]:
        del record[name]
    return record


def set_up(options: dict[str, Any]) -> None:
    """Send structlog and the standard library's loggers through the same formatter to stderr.

    `options` is `settings.LOGGING`: {"level": name}.
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            only_known,
            hide_tokens,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    }
    logging.config.dictConfig(_wiring(formatter, options["level"]))


def _wiring(formatter: dict[str, Any], level: str) -> dict[str, Any]:
    """Everything through one handler; libraries that talk too much only when something is wrong."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True, "level": level},
            "django.server": {"handlers": [], "propagate": True},
            "axes": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},  # two lines for every job
            "celery.worker.strategy": {"level": "WARNING"},
        },
    }
