"""How many recorded calls of two one worker process carries, its delay with one, and its memory.

Counts of calls are tried one after the other, beginning with what must be carried; a count is
carried when the worker took LIMIT of a core at most and ENOUGH of the packets arrived.

`SESSIONS=40 SECONDS=10 python tests/bench/media_load.py`
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.crowd import Cost, measure, our_crowd
from tests.bench.media_relay import step_forward

SESSIONS = int(os.environ.get("SESSIONS", "40"))
SECONDS = float(os.environ.get("SECONDS", "10"))
TRIES = 4
STEP = 5  # sessions; counts between are not tried
LIMIT = 0.6
ENOUGH = 0.999
UNITS = {
    "core_share": "of a core",
    "per_session": "of a core",
    "us_per_packet": "µs",
    "delay_p50_ms": "ms",
    "delay_p99_ms": "ms",
}
"""Of what is told of the first count beside."""


async def cost_of(sessions: int, seconds: float) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        async with our_crowd(sessions, Path(folder)) as crowd:
            cost = await measure(crowd, seconds)
    print(cost.text(), file=sys.stderr, flush=True)
    return cost


def is_carried(cost: Cost) -> bool:
    return cost.core_share <= LIMIT and cost.delivered >= ENOUGH


def next_count(costs: list[Cost]) -> int | None:
    """What to try next: what the last cost says would just fit; None when that is known."""
    least = max((one.sessions for one in costs if is_carried(one)), default=0)
    most = min((one.sessions for one in costs if not is_carried(one)), default=1000)
    fitting = int(LIMIT / costs[-1].per_session) // STEP * STEP
    wanted = min(max(fitting, least + STEP), most - STEP)
    return wanted if least < wanted < most else None


async def search(first: int, seconds: float) -> list[Cost]:
    costs = [await cost_of(first, seconds)]
    while len(costs) < TRIES and (wanted := next_count(costs)) is not None:
        costs.append(await cost_of(wanted, seconds))
    return costs


def report(name: str, value: float, unit: str, against: str) -> None:
    row = {"name": name, "value": round(value, 4), "unit": unit, "against": against}
    print(json.dumps(row), flush=True)


async def main() -> None:
    logging.disable(logging.WARNING)
    step_forward()
    alone = await cost_of(1, SECONDS)
    of_what = "one recorded call, `send` of one party to wake of the other, sound"
    report("media.latency_p50", alone.delay_p50_ms, "ms", of_what)
    report("media.latency_p99", alone.delay_p99_ms, "ms", of_what)
    costs = await search(SESSIONS, SECONDS)
    carried = max((one.sessions for one in costs if is_carried(one)), default=0)
    tried = "; ".join(
        f"{one.sessions}: {one.core_share:.1%} of a core, {one.delivered:.3%} delivered, "
        f"senders {one.senders_share:.0%}"
        for one in costs
    )
    report("media.sessions_per_core", carried, "calls", f"tried {tried}")
    full = costs[0]
    for name, unit in UNITS.items():
        of_what = f"{full.sessions} recorded calls of two, {full.packets_per_s:.0f} packets/s"
        report(f"media.load.{name}", getattr(full, name), unit, of_what)
    grown = (full.rss_mib - alone.rss_mib) / max(1, full.sessions - 1)
    report(
        "media.rss_per_session",
        grown,
        "MiB",
        f"{alone.rss_mib:.0f} MiB with 1 call, {full.rss_mib:.0f} with {full.sessions}",
    )


if __name__ == "__main__":
    uvloop.run(main())
