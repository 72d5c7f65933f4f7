"""A phone changes its network in the middle of a call, again and again: how long until both see.

The customer's Chromium is in a namespace of its own behind a link (tests/rig) of 20 ms each way;
the site, its workers and the desk are on the server. A change takes the phone's address away and
gives it another: sockets break, as between Wi-Fi and mobile. Measured is from the change to the
first picture after the hole it made, on both screens.

`CHANGES=10 python tests/bench/media_network.py`
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.setdefault("CHROMIUM", "/usr/bin/chromium")

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.bench.call_latency import Api, wait_for
from tests.bench.media_failover import CAMERA, FAKE, HOLE, LIMIT_MS, SETTLE_MS, STEADY, start_call
from tests.browser.conftest import CHROMIUM_FLAGS, running_site, sign_in
from tests.rig.network import Network, network

CHANGES = int(os.environ.get("CHANGES", "10"))
DELAY_MS = 20
SWITCHED_MS = 300
"""Pictures that are shown later than this after a change came over the new network."""
FLAGS = [*(one for one in CHROMIUM_FLAGS if FAKE not in one), CAMERA, "--headless=new"]


def open_page(browser: Browser) -> Page:
    """A page that takes the site's own certificate."""
    return browser.new_context(ignore_https_errors=True, locale="en-GB").new_page()


@contextmanager
def call(net: Network) -> Iterator[list[Page]]:
    """A call of two, the customer behind the link."""
    expect.set_options(timeout=20_000)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_site(None, "--https") as site,
        sync_playwright() as playwright,
    ):
        script = net.script("phone", os.environ["CHROMIUM"], Path(folder))
        here, there = (
            playwright.chromium.launch(executable_path=path, args=FLAGS)
            for path in (os.environ["CHROMIUM"], script)
        )
        analyst = sign_in(open_page(here), site, "analyst")
        analyst.goto(f"{site.url}/designer/")
        desk = sign_in(open_page(here), site, "agent")
        desk.goto(f"{site.url}/desk/")
        customer = open_page(there)
        start_call(site, desk, customer, Api(analyst, site))
        analyst.context.close()
        yield [desk, customer]
        for browser in (here, there):
            browser.close()


def change(net: Network, pages: list[Page]) -> list[float]:
    """Milliseconds from the change until each of `pages` shows the other again."""
    time.sleep(SETTLE_MS / 1000)
    changed = time.time() * 1000
    net.move("phone")
    found = []
    for page in pages:
        after = changed + SWITCHED_MS
        wait_for(page, f"window.shown.filter((at) => at > {after}).length > {STEADY}", LIMIT_MS)
        found.append(page.evaluate(HOLE, changed)[1] - changed)
    print(json.dumps({"ms": found, "busy": os.getloadavg()[0]}), file=sys.stderr, flush=True)
    return found


def main() -> None:
    with network("phone") as net:
        net.enter()
        net.set("phone", delay_ms=DELAY_MS)
        with call(net) as pages:
            rounds = [change(net, pages) for _ in range(CHANGES)]
    both = [max(one) for one in rounds]
    desk, customer = (statistics.median(one[n] for one in rounds) for n in range(2))
    against = (
        f"median of {CHANGES} changes until both see, worst {max(both):.0f}; "
        f"the agent sees after {desk:.0f}, the customer after {customer:.0f}"
    )
    row = {"name": "media.network_change", "value": round(statistics.median(both)), "unit": "ms"}
    print(json.dumps({**row, "against": against}))


if __name__ == "__main__":
    main()
