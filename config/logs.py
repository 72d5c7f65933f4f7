"""One line of JSON per log record: known fields only, so nothing secret slips in as an extra."""

from __future__ import annotations

import logging
import logging.config
import re
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog
from django.db import OperationalError

from flow.errors import ExpressionError

FLOORS = frozenset({"accounts", "components", "config", "designer", "flow", "runtime"})
PLAIN = (OSError, OperationalError)
"""Errors of others that speak of machines only."""
DEEPEST = 10
"""Exceptions one behind another that a log tells of."""
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


def traced(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """The traceback of an exception and of those behind it, with what only our own errors say.

    What others raise may repeat a value that they met, and that may be what a customer said.
    """
    lines: list[str] = []
    error: BaseException | None = exc_info[1]
    for _ in range(DEEPEST):
        if error is None:
            break
        lines = [*traceback.format_tb(error.__traceback__), _said_by(error), *lines]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(lines).rstrip()


def _said_by(error: BaseException) -> str:
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}"
    is_ours = kind.__module__.partition(".")[0] in FLOORS and not isinstance(error, ExpressionError)
    return f"{name}: {error}\n" if is_ours or isinstance(error, PLAIN) else f"{name}\n"


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
            structlog.processors.ExceptionRenderer(traced),
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
