"""A worker is told to leave in the middle of a call, again and again: how wide a hole people see.

The call is that of `media_failover`. The widest gap between two pictures is taken from the order
until the call has stood at its new place for a while; the camera's own pictures are 100 ms apart.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from playwright.sync_api import Page

from tests.bench.call_latency import wait_for
from tests.bench.media_failover import (
    CHILDREN,
    HOLE,
    LIMIT_MS,
    SETTLE_MS,
    STEADY,
    all_live,
    call,
    place,
    report,
)
from tests.browser.conftest import LiveSite, eventually

ORDERS = int(os.environ.get("ORDERS", "10"))
HANDED_OVER_MS = 5_000
"""Longer than browsers keep the former connection."""


def send_away(site: LiveSite, pages: list[Page]) -> list[float]:
    """Stop the call's worker as a supervisor does; the widest hole on each of `pages`, in ms."""
    eventually(lambda: all_live(site), "both workers are there", 60)
    time.sleep(SETTLE_MS / 1000)
    name, generation = place(site)
    told = time.time() * 1000
    os.kill(site.pid(CHILDREN[name]), signal.SIGTERM)
    eventually(lambda: place(site)[1] > generation, "the room has a new place", 60)
    over = time.time() * 1000 + HANDED_OVER_MS
    found = []
    for page in pages:
        wait_for(page, f"window.shown.filter((at) => at > {over}).length > {STEADY}", LIMIT_MS)
        before, after = page.evaluate(HOLE, told)
        found.append(after - before)
    row = {"left": name, "ms": found, "busy": os.getloadavg()[0]}
    print(json.dumps(row), file=sys.stderr, flush=True)
    return found


def main() -> None:
    with call() as (site, pages):
        found = [ms for _ in range(ORDERS) for ms in send_away(site, pages)]
    report("drain_gap", found, f"{ORDERS} orders")


if __name__ == "__main__":
    main()
