"""A page of docs from the rows of a run of a suite: command, machine, figures, misses."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
Row = dict[str, Any]
"""As the measures print it: name, value, unit, against."""


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


def head(title: str, command: str) -> list[str]:
    """Title, how the page was made, on what."""
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return [
        f"# {title}",
        "",
        f"Written by `{command}`. What missed its goal is in bold.",
        "",
        f"Commit {told.stdout.strip()}, {time.strftime('%Y-%m-%d', time.gmtime())}, "
        f"{os.cpu_count()} cores, {_processor()}, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}; load at the end {load}.",
        "",
    ]


def table(goals: Mapping[str, Goal], rows: Sequence[Row]) -> list[str]:
    """What was measured of `goals`, what was not, and what stands behind it."""
    lines = ["| figure | what | measured | at least | aim | |", "|---|---|---|---|---|---|"]
    measured = [row for row in rows if row["name"] in goals]
    for row in measured:
        goal, value = goals[row["name"]], float(row["value"])
        sign = "≤" if goal.is_less_better else "≥"
        lines.append(
            f"| `{row['name']}` | {goal.what} | {value:g} {_unit(row)} | {sign} {goal.floor:g} "
            f"| {goal.aim:g} | {goal.verdict(value)} |"
        )
    missing = [name for name in goals if name not in {row["name"] for row in measured}]
    lines += ["", *(f"Not measured in this run: `{name}`." for name in missing)]
    lines += [""][: len(missing)]
    told = (f"- `{row['name']}`: {row['against']}" for row in measured)
    return [*lines, "What stands behind them:", "", *told]


def others(rows: Sequence[Row]) -> list[str]:
    """What was measured beside the goals."""
    if not rows:
        return []
    lines = [f"- `{row['name']}`: {row['value']} {row['unit']} ({row['against']})" for row in rows]
    return ["", "Without a goal of their own:", "", *lines]


def _unit(row: Row) -> str:
    return "" if row["unit"] == "ratio" else str(row["unit"])


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
