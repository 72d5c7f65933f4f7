"""Durable steps a second on SQLite (FULL), beside SQLite's own one-row commit rate.

Both write to the same folder with the same pragmas, in turns; the median turn counts.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
TURNS = 5
STEPS = 400


def commit_rate(folder: Path) -> float:
    """One-row commits a second of bare sqlite3 with the pragmas of the site."""
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    connection.execute("CREATE TABLE IF NOT EXISTS one (id INTEGER PRIMARY KEY, data TEXT)")
    payload = "x" * 300
    started = time.perf_counter()
    for _ in range(STEPS):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO one (data) VALUES (?)", (payload,))
        connection.execute("COMMIT")
    return STEPS / (time.perf_counter() - started)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings.local",
            COUNTERFLOW_VAR=str(folder),
        )
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True, stdout=sys.stderr
        )
        sys.path.insert(0, str(ROOT))
        import django  # noqa: PLC0415 - needs the settings above

        django.setup()
        from tests.bench.engine_run import step_rate, ten_steps  # noqa: PLC0415 - needs those
        from tests.runtime.builders import published  # noqa: PLC0415 - needs those

        version = published(ten_steps())
        turns = [(step_rate(STEPS, version), commit_rate(folder)) for _ in range(TURNS)]
    ratio = statistics.median(steps / commits for steps, commits in turns)
    steps = statistics.median(steps for steps, _ in turns)
    commits = statistics.median(commits for _, commits in turns)
    print(
        json.dumps(
            {
                "name": "engine.steps_vs_sqlite",
                "value": round(ratio, 3),
                "unit": "ratio",
                "against": f"{steps:.0f} steps/s, SQLite {commits:.0f} commits/s, {TURNS} turns",
            }
        )
    )


if __name__ == "__main__":
    main()
