"""What a durable step costs as the flow, the open runs and the tokens grow; SQLite (WAL, FULL)."""

from __future__ import annotations

import contextlib
import statistics
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.engine_site import Asked, Rounds, in_turns, say

CHILD = Path(__file__).with_name("engine_child.py")
CURVES = {
    "graph": (10, 100, 1_000, 10_000),
    "open": (1, 100, 10_000),
    "tokens": (1, 16, 64, 256),
}
NAMES = {"graph": "graph_growth", "open": "open_runs_growth", "tokens": "tokens_growth"}
UNITS = {"graph": "nodes", "open": "open runs", "tokens": "tokens"}
ROUNDS, STEPS = 5, 200


def measured(curve: str, sizes: Sequence[int]) -> Rounds:
    """Steps a second at each size, in turns."""
    with contextlib.ExitStack() as stack:
        asked = {}
        for size in sizes:
            child = Asked([sys.executable, str(CHILD), curve, str(size)])
            stack.callback(child.close)
            asked[str(size)] = partial(child.rate, STEPS)
        return in_turns(ROUNDS, asked)


def main() -> None:
    for curve, sizes in CURVES.items():
        rounds = measured(curve, sizes)
        small, large = str(sizes[0]), str(sizes[-1])
        growth = [a / b for a, b in zip(rounds[small], rounds[large], strict=True)]
        points = ", ".join(
            f"{size}: {1e6 / statistics.median(rates):.0f} us" for size, rates in rounds.items()
        )
        against = f"a step by {UNITS[curve]}: {points}; {ROUNDS} rounds"
        say(f"engine.{NAMES[curve]}", statistics.median(growth), against)


if __name__ == "__main__":
    main()
