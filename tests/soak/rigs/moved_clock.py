"""A wall clock that a proof can move, below Python, for this process and all it forks.

libfaketime answers whoever asks for the time of day. The clock that measures waiting is left alone:
moved as well, it makes CPython's waiting hang. `time.sleep` cannot be used beneath it, because
`clock_nanosleep` with a moment to wake at answers EINVAL there, so it waits otherwise.
"""

from __future__ import annotations

import os
import select
import sys
import time
from pathlib import Path

_LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
_FILE = "FAKETIME_TIMESTAMP_FILE"


def prepare(folder: Path) -> None:
    """Begin anew beneath the library, once; from then on this process and its forks obey `jump`."""
    if _FILE not in os.environ:
        if not _LIBRARIES:
            raise FileNotFoundError("libfaketime is missing: apt-get install faketime")
        os.environ[_FILE] = str(folder / "clock")
        jump(0)
        told = {
            "LD_PRELOAD": str(_LIBRARIES[0]),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1",
        }
        os.execve(sys.executable, sys.orig_argv, {**os.environ, **told})
    time.sleep = _sleep  # type: ignore[assignment] # stricter in what it takes


def jump(offset_s: int) -> None:
    """Set the clock to this many seconds beside the true time."""
    path = Path(os.environ[_FILE])
    fresh = path.with_suffix(".new")
    fresh.write_text(f"{offset_s:+d}s\n")
    fresh.replace(path)


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)
