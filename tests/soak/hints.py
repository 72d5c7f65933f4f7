"""Proof 2: all hints are lost; whoever waits is shown what happened in the next round."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from runtime.consumers.rounds import ROUND_S, TICK_S
from tests.runtime import crowd
from tests.runtime.crowd import Tab
from tests.runtime.web_process import web_process
from tests.soak.result import Result

PAIRS = 50
SLOWER = 10
"""So many times as long as an act's own answer is what a look may take on a slow machine."""
SHOWN_LIMIT_S = 300.0


def prove(result: Result, trials: int) -> None:
    """A trial is an act of one side, and whether the other side is shown it."""
    pairs = crowd.pairs(PAIRS)
    log = Path(os.environ["COUNTERFLOW_VAR"]) / "web.log"
    with web_process(log, {}, application="tests.soak.rigs.unhinted:application") as web:
        customers = [one.customer(web.port) for one in pairs]
        agents = [one.agent(web.port) for one in pairs]
        asyncio.run(_live(result, customers, agents, trials))


async def _live(result: Result, customers: list[Tab], agents: list[Tab], trials: int) -> None:
    waited: list[float] = []
    slowest_s = 0.0
    async with crowd.seated([*customers, *agents]):
        while result.trials < trials:
            action = "untick" if result.trials // PAIRS % 2 else "tick"
            began = time.monotonic()
            acks = await asyncio.gather(*(one.act(action, phrase="p0") for one in agents))
            told = time.monotonic()
            slowest_s = max(slowest_s, told - began)
            seqs = [int(one["seq"]) for one in acks]
            shown = await asyncio.gather(
                *(one.until(seq, SHOWN_LIMIT_S) for one, seq in zip(customers, seqs, strict=True)),
                return_exceptions=True,
            )
            waited += [one - began for one in shown if isinstance(one, float)]
            result.trials += len(shown)
            result.acknowledged += len(acks)
            result.lost += sum(isinstance(one, TimeoutError) for one in shown)
    _judge(result, sorted(waited), slowest_s, [*customers, *agents])


def _judge(result: Result, waited: list[float], slowest_s: float, tabs: list[Tab]) -> None:
    result.duplicated += sum(len(one.seqs) - len(set(one.seqs)) for one in tabs)
    result.figures["shown_p50_s"] = round(waited[len(waited) // 2], 1)
    result.figures["shown_max_s"] = round(waited[-1], 1)
    if waited[len(waited) // 2] < ROUND_S[0] / 10:
        result.broken.append("hints arrived all the same: nothing is proved")
    if waited[-1] > ROUND_S[1] + TICK_S + max(1.0, SLOWER * slowest_s):
        result.broken.append(f"somebody was shown it after {waited[-1]:.1f} s")
