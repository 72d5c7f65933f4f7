"""The web process of a whole site dies under its clients: they are soon back and have it all."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from channels.db import database_sync_to_async

from config.servers import free_port
from runtime.models import RunEvent
from tests.cluster.site import free_media_port
from tests.runtime import crowd
from tests.runtime.crowd import Pair, Tab
from tests.soak.result import Result

PAIRS = 20
"""A customer and an agent each."""
LIFE_S = (0.0, 1.0)
SPARE_LIMIT_S = 600.0
BACK_LIMIT_S = 300.0
_ROOT = Path(__file__).parents[2]


def prove(result: Result, trials: int) -> None:
    """Each trial is a kill with an act of every agent under way."""
    folder = Path(os.environ["COUNTERFLOW_VAR"])
    pairs = crowd.pairs(PAIRS)
    with _site(folder) as port:
        back = asyncio.run(_live(result, folder, port, pairs, trials))
    back.sort()
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        result.figures[f"back_{name}_s"] = round(back[int(len(back) * share)], 2)
    result.figures["back_max_s"] = round(back[-1], 2)


@contextmanager
def _site(folder: Path) -> Iterator[int]:
    """A site as `make run` starts it; its port."""
    port = free_port()
    argv = [sys.executable, "-m", "config.cli", "run", "--json", "--var", str(folder)]
    ports = ["--port", str(port), "--media-port", str(free_media_port())]
    with subprocess.Popen([*argv, *ports], cwd=_ROOT, stdout=subprocess.PIPE, text=True) as site:
        assert site.stdout is not None
        try:
            json.loads(site.stdout.readline())
            yield port
        finally:
            site.send_signal(signal.SIGINT)


async def _live(
    result: Result, folder: Path, port: int, pairs: list[Pair], trials: int
) -> list[float]:
    """How long each client was away, of every trial."""
    chance = random.Random(result.seed)
    customers = [one.customer(port) for one in pairs]
    agents = [one.agent(port) for one in pairs]
    everybody = [*customers, *agents]
    back: list[float] = []
    async with crowd.seated(everybody):
        for number in range(trials):
            await _spare_stands_by(folder, number + 1)
            await asyncio.sleep(chance.uniform(*LIFE_S))
            action = "untick" if number % 2 else "tick"
            acts = [asyncio.create_task(one.act(action, phrase="p0")) for one in agents]
            await asyncio.sleep(chance.uniform(0.0, 0.05))
            back += await _kill(folder, everybody)
            acks = await asyncio.gather(*acts)
            await _count_unshown(result, customers, [int(one["seq"]) for one in acks])
            result.trials += 1
            result.acknowledged += len(acks)
    await database_sync_to_async(_compare_with_log)(result, pairs, trials)
    result.cases.update(str(code) for one in everybody for code in one.codes)
    result.duplicated += sum(len(one.seqs) - len(set(one.seqs)) for one in everybody)
    return back


async def _kill(folder: Path, everybody: list[Tab]) -> list[float]:
    """Seconds from the kill to the welcome, of each client."""
    for one in everybody:
        one.is_welcome.clear()
    killed_at = time.monotonic()
    os.kill(int((folder / "run" / "web.pid").read_text()), signal.SIGKILL)
    async with asyncio.timeout(BACK_LIMIT_S):
        await asyncio.gather(*(one.is_welcome.wait() for one in everybody))
    return [one.welcomed_at - killed_at for one in everybody]


async def _spare_stands_by(folder: Path, times: int) -> None:
    """The process that lives was a spare once, and so was each one killed; one more waits."""
    log = folder / "log" / "web.log"
    async with asyncio.timeout(SPARE_LIMIT_S):
        # It says so in its log, to nobody.
        while log.read_text(errors="replace").count("standing_by") <= times:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _count_unshown(result: Result, customers: list[Tab], seqs: list[int]) -> None:
    shown = await asyncio.gather(
        *(one.until(seq) for one, seq in zip(customers, seqs, strict=True)), return_exceptions=True
    )
    result.lost += sum(isinstance(one, TimeoutError) for one in shown)


def _compare_with_log(result: Result, pairs: list[Pair], acts: int) -> None:
    """Every act was acknowledged once, so each log must hold just as many."""
    for one in pairs:
        events = RunEvent.objects.filter(run=one.run).order_by("seq")
        acted = events.filter(kind="Acted").count()
        result.lost += max(0, acts - acted)
        result.duplicated += max(0, acted - acts)
        seqs = list(events.values_list("seq", flat=True))
        if seqs != list(range(1, len(seqs) + 1)):
            result.broken.append(f"{one.run}: a gap in the log")
