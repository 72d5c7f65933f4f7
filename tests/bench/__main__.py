"""`python -m tests.bench SUITE`: run a suite's measurements, one JSON object a line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import engine_report

SUITES: dict[str, tuple[str, ...]] = {
    "spine": ("media_relay", "engine_steps", "join_size", "call_latency"),
    "flow": ("flow_growth",),
    "designer": ("designer_canvas",),
    "media": ("media_load", "media_failover", "media_drain"),
    "engine": (
        *("engine_beside", "engine_postgres", "engine_growth", "engine_jobs"),
        *("sockets_growth", "sockets_storm", "sockets_click"),
    ),
}
REPORTS: dict[str, Callable[[Sequence[str]], None]] = {"engine": engine_report.write}


def main() -> int:
    suite = sys.argv[1] if len(sys.argv) == 2 else ""
    if suite not in SUITES:
        print(f"unknown suite {suite!r}; there are: {', '.join(SUITES)}", file=sys.stderr)
        return 2
    folder = Path(__file__).parent
    lines: list[str] = []
    # Each in a process of its own: none warms or burdens another.
    failed = [name for name in SUITES[suite] if not _run(folder / f"{name}.py", lines)]
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    if suite in REPORTS:
        REPORTS[suite](lines)
    return 1 if failed else 0


def _run(script: Path, lines: list[str]) -> bool:
    """Show what it measures line by line, and keep it."""
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        for line in one.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return one.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
