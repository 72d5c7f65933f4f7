"""Everybody's line drops at once, with an act under way each, and everybody comes back."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

from channels.db import database_sync_to_async

from runtime.models import Run, RunEvent
from tests.runtime import crowd
from tests.runtime.crowd import Pair, Tab
from tests.runtime.web_process import WebProcess

PHRASES = ("p0", "p1")


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """How a storm ended."""

    returned_s: list[float]
    """From the drop to the welcome, of each client."""
    spent_s: float
    """CPU time of the web process until the last was back."""
    codes: Counter[int]
    """How lines ended and handshakes were refused, after the drop."""
    missed: int
    """Acts that are not in the log, and customers who were not shown what they led to."""
    duplicated: int
    """Acts that are in the log twice, and views that were shown twice."""


async def storm(web: WebProcess, pairs: list[Pair]) -> Aftermath:
    """Drop and return of the customer and the agent of every pair."""
    customers = [one.customer(web.port) for one in pairs]
    agents = [one.agent(web.port) for one in pairs]
    everybody = [*customers, *agents]
    async with crowd.seated(everybody):
        await asyncio.gather(*(one.act("tick", phrase=PHRASES[0]) for one in agents))
        acts = [asyncio.create_task(one.act("tick", phrase=PHRASES[1])) for one in agents]
        await asyncio.sleep(0)  # so that each has sent its act, and none has its answer
        dropped_at, spent_s = time.monotonic(), web.cpu_s()
        for one in everybody:
            one.drop()
        acks = await asyncio.gather(*acts)
        await asyncio.gather(*(one.is_welcome.wait() for one in everybody))
        spent_s = web.cpu_s() - spent_s
        shown = await asyncio.gather(
            *(one.until(ack["seq"]) for one, ack in zip(customers, acks, strict=True)),
            return_exceptions=True,
        )
    missed, duplicated = await database_sync_to_async(_compare_with_log)(pairs)
    return Aftermath(
        returned_s=[one.welcomed_at - dropped_at for one in everybody],
        spent_s=spent_s,
        codes=Counter(code for one in everybody for code in one.codes),
        missed=missed + sum(isinstance(one, TimeoutError) for one in shown),
        duplicated=duplicated + sum(_repeats(one) for one in everybody),
    )


def _repeats(tab: Tab) -> int:
    return len(tab.seqs) - len(set(tab.seqs))


def _compare_with_log(pairs: list[Pair]) -> tuple[int, int]:
    """How many acts are missing in the runs' logs, and how many are there too often."""
    missed = duplicated = 0
    for one in pairs:
        events = RunEvent.objects.filter(run=one.run).order_by("seq")
        acted = events.filter(kind="Acted").count()
        missed += max(0, len(PHRASES) - acted)
        duplicated += max(0, acted - len(PHRASES))
        seqs = list(events.values_list("seq", flat=True))
        assert seqs == list(range(1, Run.objects.get(pk=one.run).seq + 1)), "a gap in the log"
    return missed, duplicated
