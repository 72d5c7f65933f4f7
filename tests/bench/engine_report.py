"""docs/engine-figures.md from the rows of a run of the suite."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.bench.figures_page import ROOT, Goal, head, others, table

PAGE = ROOT / "docs" / "engine-figures.md"

HOW = """
## How

A durable step is one act of a customer in a flow of ten consents: decided, sealed, hashed, stored
with its event, its old timer ended and its new one set, committed. What it takes to start and join
a run is not counted. SQLite runs with WAL and `synchronous=FULL`, PostgreSQL with the settings it
comes with, both on the disk of the temporary folder. What is compared is measured in the same run,
in turns; a ratio is the median of the rounds' own ratios.

- SQLite's own commits: bare `sqlite3`, a row of 300 bytes a transaction, same settings. pgbench:
  the same row, one second a round.
- DBOS: ten steps of one workflow, without its first and last write. viewflow: ten `Handle` nodes.
  SpiffWorkflow: ten manual tasks, the whole workflow serialised and stored after each. They are
  installed by the bench into a folder that goes away with it.
- What a step stores is not the same everywhere, and the ratios are not corrected for it. Ours
  writes its event, sealed and chained by hash, the row of the run, the end of one timer and the
  start of another; now and then a snapshot. The peers seal and chain nothing and have no timers
  here; SpiffWorkflow keeps one row with the whole workflow in it, and no history.
- Growth: a process for each size, asked in turns. Steps through a line of nodes nearly all passed;
  steps of runs chosen by chance among the open ones; steps of a run in which so many tokens wait. A
  run holds 256 at most: one more, and it halts with an incident that says so.
"""

GOALS = {
    "engine.steps_vs_sqlite": Goal("durable steps / SQLite's own one-row commits", 0.35, 0.6),
    "engine.steps_vs_pgbench1": Goal("PostgreSQL, one client / pgbench, one client", 0.35, 0.6),
    "engine.steps_vs_pgbench16": Goal("16 clients, group commit / pgbench, 16 clients", 0.5, 0.8),
    "engine.vs_dbos": Goal("against DBOS on SQLite", 3, 6),
    "engine.vs_dbos_postgresql": Goal("against DBOS on PostgreSQL", 3, 6),
    "engine.vs_viewflow": Goal("against viewflow on SQLite", 2, 4),
    "engine.vs_spiff": Goal("against SpiffWorkflow, its state in SQLite", 3, 6),
    "engine.graph_growth": Goal("a step in 10,000 nodes / in 10", 1.25, 1.1, True),
    "engine.open_runs_growth": Goal("a step with 10,000 open runs / with 1", 1.25, 1.1, True),
    "sockets.hint_growth": Goal("hint round trip at 4,000 sockets / at 50", 2, 1.3, True),
    "run.click_to_screen_p95": Goal("click to the other's screen, 100 live runs", 150, 50, True),
}


def write(lines: Sequence[str]) -> None:
    """`lines`: one JSON object each, as the measures print them."""
    rows = [json.loads(line) for line in lines]
    beside = [row for row in rows if row["name"] not in GOALS]
    top = head("Figures of the engine", "make bench SUITE=engine")
    text = "\n".join([*top, *table(GOALS, rows), *others(beside), HOW])
    PAGE.write_text(text, encoding="utf-8")
