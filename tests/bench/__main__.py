"""`python -m tests.bench SUITE`: run a suite's measurements, one JSON object a line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Timer

from tests.bench import engine_report, media_report

SUITES: dict[str, tuple[str, ...]] = {
    "spine": ("media_relay", "engine_steps", "join_size", "call_latency"),
    "flow": ("flow_growth",),
    "designer": ("designer_canvas",),
    "media": (
        *("media_rig", "media_load", "media_janus", "media_relay", "media_memory"),
        *("media_recording", "call_latency", "media_failover", "media_drain", "media_network"),
        "media_curve",
    ),
    "engine": (
        *("engine_beside", "engine_postgres", "engine_growth", "engine_jobs"),
        *("sockets_growth", "sockets_storm", "sockets_click"),
    ),
}
REPORTS: dict[str, Callable[[Sequence[str]], None]] = {
    "engine": engine_report.write,
    "media": media_report.write,
}
LIMIT_S = 3600.0
"""Of one measure: one that hangs must not keep the others from being written down."""


def main() -> int:
    suite = sys.argv[1] if len(sys.argv) == 2 else ""
    if suite not in SUITES:
        print(f"unknown suite {suite!r}; there are: {', '.join(SUITES)}", file=sys.stderr)
        return 2
    folder = Path(__file__).parent
    lines: list[str] = []
    # Each in a process of its own: none warms or burdens another.
    failed = []
    for number, name in enumerate(SUITES[suite], start=1):
        begun = time.monotonic()
        print(f"{number} of {len(SUITES[suite])}: {name}", file=sys.stderr, flush=True)
        if not _run(folder / f"{name}.py", lines):
            failed.append(name)
        print(f"{name} took {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    if suite in REPORTS:
        REPORTS[suite](lines)
    return 1 if failed else 0


def _run(script: Path, lines: list[str]) -> bool:
    """Show what it measures line by line, and keep it."""
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as one:
        assert one.stdout is not None
        limit = Timer(LIMIT_S, os.killpg, (one.pid, signal.SIGKILL))
        limit.start()
        try:
            for line in one.stdout:
                print(line, end="", flush=True)
                lines.append(line)
        except KeyboardInterrupt:
            os.killpg(one.pid, signal.SIGINT)
            raise
        finally:
            limit.cancel()
    return one.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
