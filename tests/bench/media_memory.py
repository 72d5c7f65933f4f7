"""Whether a worker's memory grows under load that goes on: its slope at 70 % of a core.

The count of calls is chosen by what a short trial costs. The slope is that of a straight line
through the memory of each second, the first SETTLE_S left out: until then windows, histories and
groups of pictures fill. What is recorded stays on the disk of the temporary folder until the end,
about 20 MiB a minute and call.

`MINUTES=10 python tests/bench/media_memory.py`
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import linear_regression

import psutil
import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.crowd import Crowd, cpu_s, measure, our_crowd
from tests.bench.media_relay import step_forward

MINUTES = float(os.environ.get("MINUTES", "1.5"))
SHARE = float(os.environ.get("SHARE", "0.7"))
TRIAL, TRIAL_S = 40, 4.0
SETTLE_S = 60.0
MIB = 2**20


async def sessions_for(share: float) -> int:
    """Calls that take `share` of a core here and now."""
    with tempfile.TemporaryDirectory() as folder:
        async with our_crowd(TRIAL, Path(folder)) as crowd:
            cost = await measure(crowd, TRIAL_S)
    return max(1, round(share / cost.per_session))


async def watch(crowd: Crowd, seconds: float) -> tuple[list[float], list[float], float]:
    """(seconds, MiB) of each second, and the share of a core."""
    process = psutil.Process(crowd.pid)
    crowd.begin()
    await crowd.run(SETTLE_S)
    begun, spent = time.monotonic(), cpu_s(process)
    times: list[float] = []
    sizes: list[float] = []
    while time.monotonic() - begun < seconds:
        await crowd.run(1.0)
        times.append(time.monotonic() - begun)
        sizes.append(process.memory_info().rss / MIB)
    return times, sizes, (cpu_s(process) - spent) / times[-1]


async def main() -> None:
    logging.disable(logging.WARNING)
    step_forward()
    sessions = await sessions_for(SHARE)
    with tempfile.TemporaryDirectory() as folder:
        async with our_crowd(sessions, Path(folder)) as crowd:
            times, sizes, share = await watch(crowd, 60 * MINUTES)
    slope = 60 * linear_regression(times, sizes).slope
    against = (
        f"{sessions} recorded calls for {MINUTES:g} min at {share:.0%} of a core: "
        f"{sizes[0]:.1f} MiB at first, {sizes[-1]:.1f} at last, most {max(sizes):.1f}"
    )
    row = {"name": "media.rss_slope", "value": round(slope, 3), "unit": "MiB/min"}
    print(json.dumps({**row, "against": against}))


if __name__ == "__main__":
    uvloop.run(main())
