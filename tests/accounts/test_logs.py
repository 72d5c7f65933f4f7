from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def logged(code: str, tmp_path: Path) -> tuple[dict[str, str], str]:
    """The only line that `code` writes, in a process with the site's own settings."""
    start = "import django, logging, structlog\ndjango.setup()\n"
    done = subprocess.run(
        [sys.executable, "-c", start + code],
        cwd=ROOT,
        env={
            "PATH": "/usr/bin",
            "COUNTERFLOW_VAR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = done.stderr.strip().splitlines()
    return json.loads(line), line


def test_only_known_fields_are_logged(tmp_path: Path):
    record, line = logged(
        "structlog.get_logger('runtime').info('placed', run='r1', token='hunter2', name='Ann')",
        tmp_path,
    )

    assert record["event"] == "placed"
    assert record["run"] == "r1"
    assert "hunter2" not in line
    assert "Ann" not in line


def test_an_address_that_is_a_grant_is_logged_without_it(tmp_path: Path):
    record, line = logged(
        "logging.getLogger('x').warning('Conflict: /api/v1/callbacks/eyJydW4i.c2ln')", tmp_path
    )

    assert record["event"] == "Conflict: /api/v1/callbacks/…"
    assert "eyJydW4i" not in line


def test_a_record_is_one_line_whatever_it_says(tmp_path: Path):
    record, _ = logged("logging.getLogger('x').warning('a\\nlevel: forged')", tmp_path)

    assert record["event"] == "a\nlevel: forged"


def test_a_failure_keeps_its_trace_and_the_extras_of_others_are_dropped(tmp_path: Path):
    code = """
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger('x').exception('broken', extra={'password': 'hunter2'})
"""
    record, line = logged(code, tmp_path)

    assert "ZeroDivisionError" in record["exception"]
    assert "hunter2" not in line
