"""A clock that a proof can move: libfaketime, told by a file. Waiting (monotonic) is not moved."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
_FILE = "FAKETIME_TIMESTAMP_FILE"


def prepare(folder: Path) -> None:
    """Start this process anew with a clock that `jump` can move."""
    if _FILE in os.environ:
        # Its clock_nanosleep refuses what Python asks (EINVAL); waiting for a lock is left alone.
        time.sleep = _wait  # type: ignore[assignment]
        return
    if not LIBRARY.exists():
        raise SystemExit("libfaketime is missing; on Debian: apt-get install libfaketime")
    moved = folder / "clock"
    moved.write_text("+0")
    told = {
        _FILE: str(moved),
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **told})


def jump(offset_s: int) -> None:
    """Replaced in one go: a reader must not meet half a number."""
    path = Path(os.environ[_FILE])
    fresh = path.with_suffix(".new")
    fresh.write_text(f"{offset_s:+d}")
    fresh.replace(path)


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)
