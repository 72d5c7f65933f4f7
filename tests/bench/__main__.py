"""`python -m tests.bench SUITE`: run a suite's measurements, one JSON object a line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SUITES: dict[str, tuple[str, ...]] = {
    "spine": ("media_relay", "engine_steps", "join_size", "call_latency"),
    "flow": ("flow_growth",),
    "designer": ("designer_canvas",),
}


def main() -> int:
    suite = sys.argv[1] if len(sys.argv) == 2 else ""
    if suite not in SUITES:
        print(f"unknown suite {suite!r}; there are: {', '.join(SUITES)}", file=sys.stderr)
        return 2
    folder = Path(__file__).parent
    failed = [
        name
        for name in SUITES[suite]
        # Each in a process of its own: none warms or burdens another.
        if subprocess.run([sys.executable, str(folder / f"{name}.py")], check=False).returncode
    ]
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
