"""CPU of a recorded call of two: our worker against Janus, same senders and packets, in turns.

Both record what both parties send, ours as WebM and hashed, Janus as .mjr.

`SESSIONS=40 SECONDS=10 TURNS=3 python tests/bench/media_janus.py`
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from statistics import median

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.crowd import Cost, Crowd, janus_crowd, measure, our_crowd
from tests.bench.media_relay import step_forward

SESSIONS = int(os.environ.get("SESSIONS", "40"))
SECONDS = float(os.environ.get("SECONDS", "10"))
TURNS = int(os.environ.get("TURNS", "3"))
ENOUGH = 0.99
Make = Callable[[int, Path], AbstractAsyncContextManager[Crowd]]


async def cost_of(make: Make) -> Cost:
    """Raises when what is compared was not served or not recorded."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with make(SESSIONS, folder) as crowd:
            cost = await measure(crowd, SECONDS)
        recorded = recorded_bytes(folder)
    print(make.__name__, cost.text(), f"recorded {recorded}", file=sys.stderr, flush=True)
    least = ENOUGH * SESSIONS * SECONDS * 2 * 1_500_000 / 8
    if cost.delivered < ENOUGH or recorded < least:
        raise RuntimeError(f"{make.__name__} fell behind: {cost.text()}, recorded {recorded}")
    return cost


def recorded_bytes(folder: Path) -> int:
    return sum(one.stat().st_size for kind in ("mjr", "webm") for one in folder.rglob(f"*.{kind}"))


async def main() -> None:
    logging.disable(logging.WARNING)
    step_forward()
    pairs = [(await cost_of(our_crowd), await cost_of(janus_crowd)) for _ in range(TURNS)]
    ratio = median(ours.per_session / theirs.per_session for ours, theirs in pairs)
    our_share = median(ours.per_session for ours, _ in pairs)
    their_share = median(theirs.per_session for _, theirs in pairs)
    against = (
        f"{SESSIONS} recorded calls of two, {TURNS} turns: ours {our_share:.2%} of a core each, "
        f"Janus 1.1.2 (videocall) {their_share:.2%}"
    )
    row = {"name": "media.cpu_vs_janus", "value": round(ratio, 3), "unit": "ratio"}
    print(json.dumps({**row, "against": against}))


if __name__ == "__main__":
    uvloop.run(main())
