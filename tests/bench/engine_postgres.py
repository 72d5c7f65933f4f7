"""The same ten steps on PostgreSQL as it comes: one client and sixteen, beside pgbench and DBOS."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.engine_site import in_turns, open_site, peers, peers_python, say_ratio
from tests.bench.postgres import postgres

ROUNDS, STEPS, JOBS, PGBENCH_S = 7, 300, 12, 1
CLIENTS, STEPS_EACH = 16, 40


def main() -> None:
    with postgres() as server, tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        open_site(folder, server.url)
        from tests.bench import engine_run  # noqa: PLC0415 - needs the site
        from tests.runtime.builders import published  # noqa: PLC0415 - needs the site

        version = published(engine_run.ten_steps())
        engine_run.step_rate(100, version)
        with peers(peers_python(folder), dbos=f"{server.url}?connect_timeout=10") as others:
            rounds = in_turns(
                ROUNDS,
                {
                    "ours": lambda: engine_run.step_rate(STEPS, version),
                    "pgbench": lambda: server.pgbench(1, PGBENCH_S),
                    "ours together": lambda: engine_run.step_rate_of_clients(
                        CLIENTS, STEPS_EACH, version
                    ),
                    "pgbench of 16": lambda: server.pgbench(CLIENTS, PGBENCH_S),
                    "dbos": lambda: others["dbos"].rate(JOBS),
                },
            )
    say_ratio("engine.steps_vs_pgbench1", rounds, "ours", "pgbench", unit="inserts/s")
    say_ratio("engine.steps_vs_pgbench16", rounds, "ours together", "pgbench of 16", "inserts/s")
    say_ratio("engine.vs_dbos_postgresql", rounds, "ours", "dbos")


if __name__ == "__main__":
    main()
