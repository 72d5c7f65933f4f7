"""CPU of a recorded call of two: our worker against Janus, same senders and packets, in turns.

Both record what both parties send, ours as WebM and hashed, Janus as .mjr.

`python tests/bench/media_janus.py [SESSIONS] [SECONDS] [TURNS]`
"""

from __future__ import annotations

import json
import logging
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

SESSIONS, SECONDS, TURNS = 20, 8.0, 3
ENOUGH = 0.99
Make = Callable[[int, Path], AbstractAsyncContextManager[Crowd]]


async def cost_of(make: Make, sessions: int, seconds: float) -> Cost:
    """Raises when what is compared was not served or not recorded."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with make(sessions, folder) as crowd:
            cost = await measure(crowd, seconds)
        recorded = recorded_bytes(folder)
    print(make.__name__, cost.text(), f"recorded {recorded}", file=sys.stderr, flush=True)
    least = ENOUGH * sessions * seconds * 2 * 1_500_000 / 8
    if cost.delivered < ENOUGH or recorded < least:
        raise RuntimeError(f"{make.__name__} fell behind: {cost.text()}, recorded {recorded}")
    return cost


def recorded_bytes(folder: Path) -> int:
    return sum(one.stat().st_size for kind in ("mjr", "webm") for one in folder.rglob(f"*.{kind}"))


async def main() -> None:
    logging.disable(logging.WARNING)
    step_forward()
    given = sys.argv[1:]
    sessions = int(given[0]) if given else SESSIONS
    seconds = float(given[1]) if given[1:] else SECONDS
    turns = int(given[2]) if given[2:] else TURNS
    pairs = [
        (
            await cost_of(our_crowd, sessions, seconds),
            await cost_of(janus_crowd, sessions, seconds),
        )
        for _ in range(turns)
    ]
    ratio = median(ours.per_session / theirs.per_session for ours, theirs in pairs)
    our_share = median(ours.per_session for ours, _ in pairs)
    their_share = median(theirs.per_session for _, theirs in pairs)
    against = (
        f"{sessions} recorded calls of two, {turns} turns: ours {our_share:.2%} of a core each, "
        f"Janus 1.1.2 (videocall) {their_share:.2%}"
    )
    row = {"name": "media.cpu_vs_janus", "value": round(ratio, 3), "unit": "ratio"}
    print(json.dumps({**row, "against": against}))


if __name__ == "__main__":
    uvloop.run(main())
