"""docs/engine-figures.md from the rows of a run of the suite: command, machine, figures, misses."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
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


class Goal(NamedTuple):
    """What a figure should reach: `floor` at least, `aim` if we can."""

    what: str
    floor: float
    aim: float
    is_less_better: bool = False

    def verdict(self, value: float) -> str:
        sign = -1 if self.is_less_better else 1
        if sign * value >= sign * self.aim:
            return "aim reached"
        return "floor reached" if sign * value >= sign * self.floor else "**missed**"


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
    with_goal = [row for row in rows if row["name"] in GOALS]
    others = [row for row in rows if row["name"] not in GOALS]
    PAGE.write_text(
        "\n".join([*_head(), *_goals(with_goal), *_others(others), HOW]),
        encoding="utf-8",
    )


def _head() -> list[str]:
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return [
        "# Figures of the engine",
        "",
        "Written by `make bench SUITE=engine`. What missed its goal is in bold.",
        "",
        f"Commit {told.stdout.strip()}, {time.strftime('%Y-%m-%d', time.gmtime())}, "
        f"{os.cpu_count()} cores, {_processor()}, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}; load at the end {load}.",
        "",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _goals(rows: Sequence[dict[str, object]]) -> list[str]:
    lines = ["| figure | what | measured | at least | aim | |", "|---|---|---|---|---|---|"]
    for row in rows:
        name, value = str(row["name"]), float(str(row["value"]))
        goal = GOALS[name]
        sign = "≤" if goal.is_less_better else "≥"
        lines.append(
            f"| `{name}` | {goal.what} | {value:g} {_unit(row)} | {sign} {goal.floor:g} "
            f"| {goal.aim:g} | {goal.verdict(value)} |"
        )
    missing = [name for name in GOALS if name not in {str(row["name"]) for row in rows}]
    lines += ["", *(f"Not measured in this run: `{name}`." for name in missing)]
    return [*lines, *[""][: len(missing)], *_details(rows)]


def _details(rows: Sequence[dict[str, object]]) -> list[str]:
    return [
        "What stands behind them:",
        "",
        *(f"- `{row['name']}`: {row['against']}" for row in rows),
    ]


def _others(rows: Sequence[dict[str, object]]) -> list[str]:
    if not rows:
        return []
    lines = [f"- `{row['name']}`: {row['value']} {row['unit']} ({row['against']})" for row in rows]
    return ["", "Without a goal of their own:", "", *lines]


def _unit(row: dict[str, object]) -> str:
    return "" if row["unit"] == "ratio" else str(row["unit"])
