"""What many sockets cost: a hint's round trip beside 50 and beside 4,000 of them, memory, idle CPU.

In 500 runs a customer and an agent sit together; the other sockets are customers in runs of their
own, who say nothing but their heartbeat. A round trip is what a hint is for: an agent acts, and the
customer's socket is sent the view. The clients run on the same machine.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench import sockets_site

if TYPE_CHECKING:
    from tests.runtime.crowd import Pair, Tab
    from tests.runtime.web_process import WebProcess

RUNS = 500
FEW, MANY = 50, 4_000
TRIPS = 150
PACE_S = 0.06
"""Below the rate at which a socket is refused."""
IDLE_S = 30.0
SETTLE_S = 12.0
"""Longer than a round: everything that coming in has stirred has been shown."""


async def trips(customer: Tab, agent: Tab) -> list[float]:
    """Seconds from an act to its view at the other side, one after the other."""
    found = []
    for n in range(TRIPS):
        started = time.monotonic()
        ack = await agent.act("untick" if n % 2 else "tick", phrase="p0")
        found.append(await customer.until(ack["seq"]) - started)
        await asyncio.sleep(PACE_S)
    return found


async def idle_cpu(web: WebProcess) -> float:
    """CPU seconds a second while nobody does anything."""
    spent, started = web.cpu_s(), time.monotonic()
    await asyncio.sleep(IDLE_S)
    return (web.cpu_s() - spent) / (time.monotonic() - started)


async def measure(web: WebProcess, pairs: list[Pair]) -> None:
    from tests.runtime import crowd  # noqa: PLC0415 - needs Django

    customer, agent = pairs[0].customer(web.port), pairs[0].agent(web.port)
    first = [one.customer(web.port) for one in pairs[1 : FEW - 1]]
    rest = [one.agent(web.port) for one in pairs[1:RUNS]]
    rest += [one.customer(web.port) for one in pairs[FEW - 1 :]]
    async with crowd.seated([customer, agent, *first]):
        await asyncio.sleep(SETTLE_S)
        await trips(customer, agent)  # a warm process is compared with a warm one
        few, empty = await trips(customer, agent), web.memory_bytes()
        async with crowd.seated(rest, limit_s=900):
            await asyncio.sleep(SETTLE_S)
            cpu = await idle_cpu(web)
            held = (web.memory_bytes() - empty) / len(rest)
            many = await trips(customer, agent)
            lost = sum(len(one.codes) for one in rest)
    report(few, many, held=held, cpu=cpu, lost=lost)


def report(few: list[float], many: list[float], *, held: float, cpu: float, lost: int) -> None:
    ms = [percentile(one, share) * 1000 for one in (few, many) for share in (0.5, 0.95)]
    against = (
        f"p50 {ms[0]:.1f} ms at {FEW} sockets, {ms[2]:.1f} ms at {MANY}; "
        f"p95 {ms[1]:.1f} and {ms[3]:.1f} ms; {TRIPS} trips each; {lost} lines lost"
    )
    say("sockets.hint_growth", round(ms[2] / ms[0], 2), "ratio", against)
    say(
        "sockets.memory_each", round(held / 1024, 1), "KiB", f"{MANY} sockets in {MANY - RUNS} runs"
    )
    say("sockets.idle_cpu", round(cpu * 100, 1), "% of a core", f"{MANY} sockets, {IDLE_S:g} s")


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def say(name: str, value: float, unit: str, against: str) -> None:
    print(json.dumps({"name": name, "value": value, "unit": unit, "against": against}), flush=True)


def main() -> None:
    with sockets_site.folder() as folder:
        from tests.runtime import crowd  # noqa: PLC0415 - needs Django

        pairs = crowd.pairs(MANY - RUNS)
        with sockets_site.web(folder) as web:
            asyncio.run(measure(web, pairs))


if __name__ == "__main__":
    main()
