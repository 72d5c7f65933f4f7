"""What a log tells of an exception: where it came from, and nothing that somebody said."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import structlog

from flow.errors import EventRefusedError, ExpressionError, MalformedDocumentError

CANARY = "zq7canary"


def logged(error: Exception, cause: Exception | None = None) -> dict[str, Any]:
    """The line that the site's own handler writes of it."""
    handler = next(one for one in logging.getLogger().handlers if one.formatter)
    assert handler.formatter is not None
    try:
        raise error from cause
    except type(error):
        record = logging.getLogger("test").makeRecord(
            "test", logging.ERROR, __file__, 1, "it broke", (), _info(), None
        )
    line: dict[str, Any] = json.loads(handler.formatter.format(record))
    return line


def _info() -> Any:
    import sys  # noqa: PLC0415

    return sys.exc_info()


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"invalid literal for int(): {CANARY}"),
        KeyError(CANARY),
        ExpressionError(source="int(x)", message=f"cannot convert {CANARY}"),
        MalformedDocumentError(path="/name", expected="a number", found=CANARY),
    ],
)
def test_values_that_an_exception_met_are_not_logged(error):
    line = logged(error)

    assert CANARY not in json.dumps(line)
    assert type(error).__name__ in line["exception"]
    assert "test_tracebacks.py" in line["exception"]


def test_the_one_behind_it_is_traced_as_quietly():
    line = logged(RuntimeError("x"), cause=ValueError(CANARY))

    assert CANARY not in json.dumps(line)
    assert line["exception"].index("ValueError") < line["exception"].index("RuntimeError")


@pytest.mark.parametrize(
    "error", [OSError("disk full"), EventRefusedError(reason="busy", message="disk full")]
)
def test_what_operators_need_is_said(error):
    assert "disk full" in logged(error)["exception"]


def test_structlog_writes_the_same_way(capfd):
    handler = next(one for one in logging.getLogger().handlers if one.formatter)
    try:
        raise KeyError(CANARY)
    except KeyError:
        structlog.get_logger("test").exception("it_broke")
    handler.flush()

    assert CANARY not in capfd.readouterr().err
