"""Readers that never read: each costs what it may be owed at most, and nobody else notices."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from runtime.consumers.outstanding import LIMIT_BYTES
from tests.runtime import crowd
from tests.runtime.crowd import Pair, Tab
from tests.runtime.deaf import DeafTab
from tests.runtime.web_process import WebProcess, web_process
from tests.soak.result import Result

SLACK_BYTES = 32 * 1024 * 1024
"""What a Python process grows by anyway under such work."""
ROUNDS = 40
PHRASES, CHARS = 100, 1_000
"""A view of about 110 KB: a deaf reader is owed more than it may be after twenty."""


def prove(result: Result, trials: int) -> None:
    """A trial is one deaf reader; each sits beside an agent who works on."""
    log = Path(os.environ["COUNTERFLOW_VAR"]) / "web.log"
    pairs = crowd.pairs(trials, document=crowd.reading_graph(PHRASES, CHARS))
    with web_process(log, {}) as web:
        asyncio.run(_sit(result, web, pairs))


async def _sit(result: Result, web: WebProcess, pairs: list[Pair]) -> None:
    agents = [one.agent(web.port) for one in pairs]
    async with crowd.seated(agents):
        alone = await _work(agents)
        before = web.memory_bytes()
        deaf = [DeafTab(web.port, one.run, one.colleague_cookie) for one in pairs]
        beside = await _work(agents)
        grown = web.memory_bytes() - before
        left = [await asyncio.to_thread(one.drain) for one in deaf]
    result.trials += len(deaf)
    result.figures["grown_mib"] = round(grown / 2**20, 1)
    result.figures["p95_alone_ms"], result.figures["p95_beside_ms"] = alone, beside
    if grown > len(deaf) * LIMIT_BYTES + SLACK_BYTES:
        result.broken.append(f"{grown} bytes for {len(deaf)} deaf readers")
    if max(left) > LIMIT_BYTES:
        result.broken.append(f"a deaf reader was owed {max(left)} bytes")
    if any(one.codes for one in agents):
        result.broken.append("an agent who reads lost its line")


async def _work(agents: list[Tab]) -> float:
    """Everybody ticks and unticks a phrase; the 95th percentile of an answer, in milliseconds."""
    took: list[float] = []

    async def press(agent: Tab, action: str) -> None:
        started = time.monotonic()
        await agent.act(action, phrase="p0")
        took.append(time.monotonic() - started)

    for n in range(ROUNDS):
        await asyncio.gather(*(press(one, "untick" if n % 2 else "tick") for one in agents))
    return round(sorted(took)[int(len(took) * 0.95)] * 1000, 1)
