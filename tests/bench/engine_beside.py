"""The same ten steps, one client, SQLite (WAL, FULL): ours, SQLite's own commits, three engines."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.engine_site import in_turns, open_site, peers, peers_python, say_ratio
from tests.bench.engine_steps import commit_rate

ROUNDS, STEPS, JOBS = 7, 300, 12


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        open_site(folder)
        from tests.bench.engine_run import step_rate, ten_steps  # noqa: PLC0415 - needs the site
        from tests.runtime.builders import published  # noqa: PLC0415 - needs the site

        version = published(ten_steps())
        step_rate(100, version)
        addresses = {
            "dbos": f"sqlite:///{folder}/dbos.sqlite3",
            "viewflow": f"{folder}/viewflow.sqlite3",
            "spiff": f"{folder}/spiff.sqlite3",
        }
        with peers(peers_python(folder), **addresses) as others:
            rounds = in_turns(
                ROUNDS,
                {
                    "ours": lambda: step_rate(STEPS, version),
                    "SQLite": lambda: commit_rate(folder),
                    "dbos": lambda: others["dbos"].rate(JOBS),
                    "viewflow": lambda: others["viewflow"].rate(JOBS // 2),
                    "spiff": lambda: others["spiff"].rate(JOBS),
                },
            )
    say_ratio("engine.steps_vs_sqlite", rounds, "ours", "SQLite", unit="commits/s")
    for peer in addresses:
        say_ratio(f"engine.vs_{peer}", rounds, "ours", peer)


if __name__ == "__main__":
    main()
