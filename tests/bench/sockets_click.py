"""From a press in the agent's browser to the customer's changed screen while 100 runs are live.

One run is a real call between two browsers, and is what the value is of. In each of the 99 others
an agent ticks a phrase every PACE_S or so and the customer's socket is sent the view; how long that
takes is said beside it, as it is without a browser's share. Everything runs on the one machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.setdefault("CHROMIUM", "/usr/bin/chromium")

import django
from playwright.sync_api import Browser, expect, sync_playwright

from tests.bench.call_latency import (
    PRESSES,
    Api,
    open_page,
    percentile,
    press_to_change,
)
from tests.browser.calls import become_available, hang_up, take_call, walk_to_queue
from tests.browser.conftest import CHROMIUM_FLAGS, LiveSite, running_site, sign_in

if TYPE_CHECKING:
    from tests.runtime.crowd import Tab

OTHERS = 99
PACE_S = 5.0
SEATED_LIMIT_S = 240.0


class Others:
    """The other runs, in a thread of their own; `waits` are the seconds from act to view."""

    def __init__(self, site: LiveSite) -> None:
        from tests.runtime import crowd  # noqa: PLC0415 - needs Django

        self.waits: list[float] = []
        self._port = urlsplit(site.url).port or 80
        self._pairs = crowd.pairs(OTHERS)
        self._are_seated = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)

    def start(self) -> None:
        self._thread.start()
        if not self._are_seated.wait(SEATED_LIMIT_S):
            raise SystemExit("the other runs did not begin")

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    async def _live(self) -> None:
        from tests.runtime import crowd  # noqa: PLC0415 - needs Django

        customers = [one.customer(self._port) for one in self._pairs]
        agents = [one.agent(self._port) for one in self._pairs]
        async with crowd.seated([*customers, *agents], limit_s=SEATED_LIMIT_S):
            self._are_seated.set()
            await asyncio.gather(*map(self._talk, customers, agents))

    async def _talk(self, customer: Tab, agent: Tab) -> None:
        ticked = False
        while not self._stop.is_set():
            await asyncio.sleep(random.uniform(0.5, 1.5) * PACE_S)
            ticked, started = not ticked, time.monotonic()
            ack = await agent.act("tick" if ticked else "untick", phrase="p0")
            self.waits.append(await customer.until(ack["seq"]) - started)


def measure(browser: Browser, site: LiveSite, others: Others) -> None:
    analyst = sign_in(open_page(browser), site, "analyst")
    analyst.goto(f"{site.url}/designer/")
    desk = sign_in(open_page(browser), site, "agent")
    desk.goto(f"{site.url}/desk/")
    become_available(desk)
    customer = open_page(browser, phone=True)
    walk_to_queue(customer, Api(analyst, site).shipped_link())
    take_call(desk)
    others.start()
    waits = press_to_change(desk, customer)
    others.stop()
    hang_up(desk)
    against = (
        f"{PRESSES} presses, p50 {percentile(waits, 0.5):.0f} ms; in the {OTHERS} other runs "
        f"{len(others.waits)} acts, act to view p50 {percentile(others.waits, 0.5) * 1000:.0f} "
        f"and p95 {percentile(others.waits, 0.95) * 1000:.0f} ms"
    )
    row = {"name": "run.click_to_screen_p95", "value": round(percentile(waits, 0.95)), "unit": "ms"}
    print(json.dumps({**row, "against": against}))


def main() -> None:
    expect.set_options(timeout=20_000)
    with running_site() as site:
        os.environ.update(
            COUNTERFLOW_VAR=str(site.folder), DJANGO_SETTINGS_MODULE="config.settings.local"
        )
        django.setup()
        others = Others(site)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ["CHROMIUM"], args=[*CHROMIUM_FLAGS, "--headless=new"]
            )
            measure(browser, site, others)
            browser.close()


if __name__ == "__main__":
    main()
