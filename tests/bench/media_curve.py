"""What is left of a call on a bad network, by loss: ours beside Janus and aiortc's MediaRelay.

Two stock Chromium, each behind a link of its own (tests/rig) with 50 ms each way, in a call of two
through the server, which is behind neither. "Each leg": both links lose that share both ways, so a
packet has two chances to be lost, and so have the reports about it. "One leg": only the customer's
link loses, both ways, or only what comes from the customer (as the agent gets it), or only what
goes to the customer (as the customer gets it). A call begins on links that
lose nothing, goes on for a while under loss, and is then measured; both directions are counted
together. Every point is a new call.

`LOSSES="0 5 10 20 30 50 70" SECONDS=8 python tests/bench/media_curve.py`
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.curve_page import Party, Seen, parties
from tests.bench.curve_ways import WAYS
from tests.rig.network import Network, network

NAMES = ("agent", "customer")
LOSSES = [int(one) for one in os.environ.get("LOSSES", "0 5 10 20 30 50 70").split()]
"""In percent."""
DELAY_MS = 50
BEGIN_LIMIT_S = 25.0
SETTLE_S = 2.5
MEASURE_S = float(os.environ.get("SECONDS", "8"))
SAMPLES_PER_S = 48_000


async def until_both_see(pair: list[Party]) -> None:
    """The call has begun when each has had sound and some pictures of the other."""
    async with asyncio.timeout(BEGIN_LIMIT_S):
        while True:
            told = [await one.read() for one in pair]
            if all(one.get("pictures", 0) > 5 and one.get("samples", 0) for one in told):
                return
            await asyncio.sleep(0.1)


def figures_of(seen: list[Seen], counted: tuple[int, ...]) -> dict[str, float]:
    """Of what those `counted` got of the other, together; in percent where nothing else is said."""
    got = [seen[one] for one in counted]
    taken = sum(seen[1 - one].taken for one in counted)
    lasted = sum(one.lasted_s for one in got)
    samples = sum(one.samples for one in got)
    concealed = sum(one.concealed for one in got)
    return {
        "concealed": round(100 * concealed / samples, 2) if samples else 100.0,
        "sound": round(100 * (samples - concealed) / (lasted * SAMPLES_PER_S), 1),
        "fps": round(100 * sum(one.pictures for one in got) / max(1, taken), 1),
        "frozen": round(100 * sum(one.frozen_s for one in got) / lasted, 1),
        "freezes": sum(one.freezes for one in got),
        "sent_kbps": round(sum(one.sent_kbps for one in got) / len(got)),
        "connected": sum(one.is_connected for one in got),
        "camera_fps": round(taken / lasted, 1),
    }


class Case(NamedTuple):
    """One point: which ways lose how much (0..1), and which of NAMES' ears and eyes count."""

    name: str
    bad: dict[tuple[str, str], float]  # (client, "up" or "down")
    counted: tuple[int, ...] = (0, 1)


UP, DOWN = ("customer", "up"), ("customer", "down")
ONE_LEG = (
    Case("70-one", {UP: 0.7, DOWN: 0.7}),
    Case("70-from", {UP: 0.7}, counted=(0,)),
    Case("70-to", {DOWN: 0.7}, counted=(1,)),
)


def each_leg(percent: int) -> Case:
    ways = [(name, way) for name in NAMES for way in ("up", "down")]
    return Case(str(percent), dict.fromkeys(ways, percent / 100))


async def measure(way: str, pair: list[Party], net: Network, case: Case) -> dict[str, float]:
    """One call through the server `way`."""
    net.set(delay_ms=DELAY_MS, loss=0)
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with WAYS[way](pair, Path(folder)):
                await until_both_see(pair)
                for (name, direction), loss in case.bad.items():
                    net.set(name, direction, loss=loss)
                await asyncio.sleep(SETTLE_S)
                seen = await asyncio.gather(*(one.watch(MEASURE_S) for one in pair))
                net.set(loss=0)
    finally:
        for one in pair:
            await one.end()
    return figures_of(list(seen), case.counted)


def tell(way: str, which: str, told: dict[str, float]) -> None:
    """A point of the curve, one line for its table."""
    against = ", ".join(f"{name} {value:g}" for name, value in told.items())
    row = {"name": f"curve.{way}.{which}", "value": told["concealed"], "unit": "% concealed"}
    print(json.dumps({**row, "against": against, "point": told}), flush=True)


def report(name: str, value: float, unit: str, against: str) -> None:
    print(json.dumps({"name": name, "value": value, "unit": unit, "against": against}), flush=True)


async def run(net: Network, folder: Path) -> None:
    points: dict[tuple[str, str], dict[str, float]] = {}
    async with parties(net, NAMES, folder) as pair:
        for case in (*map(each_leg, LOSSES), *ONE_LEG):
            for way in WAYS:
                begun = time.monotonic()
                try:
                    told = await measure(way, pair, net, case)
                except Exception as error:  # noqa: BLE001 - one lost call must not lose the curve
                    print(f"{way} at {case.name} %: {error!r}", file=sys.stderr)
                    continue
                points[way, case.name] = told
                tell(way, case.name, told)
                print(f"{way} {case.name}: {time.monotonic() - begun:.1f} s", file=sys.stderr)
    summarise(points)


def summarise(points: dict[tuple[str, str], dict[str, float]]) -> None:
    """The figures with a goal, the peers' beside them."""
    for name, which, of, unit in (
        ("media.loss30_audio_concealed", "30", "concealed", "%"),
        ("media.loss30_video_fps", "30", "fps", "% of the camera's"),
        ("media.loss70_audio_concealed", "70-one", "concealed", "%"),
    ):
        peers = [
            f"{way} {points[way, which][of]:g}"
            for way in WAYS
            if way != "ours" and (way, which) in points
        ]
        if ("ours", which) in points:
            report(name, points["ours", which][of], unit, f"{', '.join(peers)}; same run")


def main() -> None:
    logging.disable(logging.WARNING)
    with network(*NAMES) as net, tempfile.TemporaryDirectory() as folder:
        net.enter()
        asyncio.run(run(net, Path(folder)))


if __name__ == "__main__":
    main()
