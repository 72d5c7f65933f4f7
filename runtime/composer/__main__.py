"""`python -m runtime.composer`: one piece of work of a composition, in a process of its own.

Standard input: {"plan", "folder", "do": "sound" | "pictures" | "join", "part"}. Output: one JSON
line {"bytes", "sha256"} of what was written last. The files come from customers' browsers: memory
and time are bounded, and a file that breaks the decoder breaks nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
from pathlib import Path

from runtime.composer import render
from runtime.composer.plan import SOUND, Plan, part_name, read_plan

MAX_CPU_S = 600
MAX_MEMORY_BYTES = 4 << 30
NICENESS = 10
"""Calls come first."""


def main() -> None:
    """Read, render, tell."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    task = json.load(sys.stdin)
    plan, folder = read_plan(task["plan"]), Path(task["folder"])
    written = _do(task["do"], plan, folder, task["part"])
    with written.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    json.dump({"bytes": written.stat().st_size, "sha256": digest}, sys.stdout)


def _do(work: str, plan: Plan, folder: Path, part: int) -> Path:
    match work:
        case "sound":
            render.sound(plan, folder)
            return folder / SOUND
        case "pictures":
            render.pictures(plan, folder, part)
            return folder / part_name(part)
        case _:
            return render.join(plan, folder)


if __name__ == "__main__":
    main()
