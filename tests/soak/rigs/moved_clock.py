"""A wall clock that a proof can move, in this process and all it forks; waiting is not moved.

Moved where Python reads it. libfaketime would move it below, but makes CPython's own waiting fail
(clock_nanosleep answers EINVAL), so what it shows is not what a moved clock does.
"""

from __future__ import annotations

import mmap
import struct
import time
from pathlib import Path

_NS = struct.Struct("q")
_offset = mmap.mmap(-1, _NS.size)
"""Shared by all forks of the process that first imported this."""


def prepare(_folder: Path) -> None:
    """From now on this process and its forks read the moved clock."""
    real = time.time_ns

    def moved_ns() -> int:
        return int(real() + _NS.unpack_from(_offset)[0])

    time.time_ns = moved_ns
    time.time = lambda: moved_ns() / 1e9


def jump(offset_s: int) -> None:
    """Set the clock to this many seconds beside the true time."""
    _NS.pack_into(_offset, 0, offset_s * 1_000_000_000)
