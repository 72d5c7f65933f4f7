"""A worker is killed in the middle of a call, again and again: how long until each sees the other.

Two stock Chromium pages in a call on `make run`'s own processes. A page notes when each picture of
the other was shown; what is measured is from the kill to the first picture after the hole it made.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.setdefault("CHROMIUM", "/usr/bin/chromium")

from playwright.sync_api import Page, expect, sync_playwright

from tests.bench.call_latency import (
    ACCEPT_AT_ONCE,
    QUICK,
    Api,
    open_page,
    percentile,
    quick_call,
    wait_for,
)
from tests.browser.calls import become_available
from tests.browser.conftest import CHROMIUM_FLAGS, LiveSite, eventually, running_site, sign_in

KILLS = int(os.environ.get("KILLS", "24"))
SETTLE_MS = 3_000
LIMIT_MS = 30_000
STEADY = 15
"""Pictures in a row that say that the call goes on."""
FAKE = "use-fake-device-for-media-stream"
CAMERA = f"--{FAKE}=fps=10"
"""Two browsers on one machine: what is measured is the call's way back, not their encoders."""
CHILDREN = {"local-1": "worker", "local-2": "standby"}
NOTE_PICTURES = """(selector) => {
  window.shown = [];
  const watch = () => {
    for (const video of document.querySelectorAll(selector)) {
      if (video.watched) continue;
      video.watched = true;
      const note = () => {
        window.shown.push(Date.now());
        if (window.shown.length > 3000) window.shown.splice(0, 1000);
        video.requestVideoFrameCallback(note);
      };
      video.requestVideoFrameCallback(note);
    }
    requestAnimationFrame(watch);
  };
  watch();
}"""
HOLE = """(killed) => {
  const near = window.shown.filter((at) => at > killed - 1000);
  let hole = [0, 0];
  for (let n = 1; n < near.length; n += 1) {
    const isWider = near[n] - near[n - 1] > hole[1] - hole[0];
    if (near[n] > killed && isWider) hole = [near[n - 1], near[n]];
  }
  return hole;
}"""


def ask(site: LiveSite, statement: str) -> list[tuple[object, ...]]:
    """Rows of the site's database."""
    address = f"file:{site.folder / 'counterflow.sqlite3'}?mode=ro"
    with sqlite3.connect(address, uri=True, timeout=10) as database:
        return database.execute(statement).fetchall()


def place(site: LiveSite) -> tuple[str, int]:
    """The worker and the generation of the call's room; of none while it has none."""
    found = ask(
        site,
        "SELECT w.name, r.generation FROM runtime_room r JOIN runtime_worker w"
        " ON w.id = r.worker_id WHERE r.status = 'open'",
    )
    return (str(found[0][0]), int(str(found[0][1]))) if found else ("", 0)


def all_live(site: LiveSite) -> bool:
    return ask(site, "SELECT count(*) FROM runtime_worker WHERE status = 'live'") == [(2,)]


def kill_holder(site: LiveSite, pages: list[Page]) -> list[float]:
    """Kill the call's worker; milliseconds until each of `pages` shows the other again."""
    eventually(lambda: all_live(site), "both workers are there", 60)
    time.sleep(SETTLE_MS / 1000)
    name, generation = place(site)
    pid = site.pid(CHILDREN[name])
    killed = time.time() * 1000
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: place(site)[1] > generation, "the room has a new place", 60)
    placed = time.time() * 1000
    found = []
    for page in pages:
        wait_for(page, f"window.shown.filter((at) => at > {placed}).length > {STEADY}", LIMIT_MS)
        found.append(page.evaluate(HOLE, killed)[1] - killed)
    print(json.dumps({"killed": name, "ms": found, "busy": os.getloadavg()[0]}), file=sys.stderr)
    return found


def start_call(site: LiveSite, desk: Page, customer: Page, api: Api) -> None:
    flow = api.publish(QUICK, quick_call())
    become_available(desk)
    desk.evaluate(ACCEPT_AT_ONCE)
    customer.goto(api.link(flow))
    customer.get_by_role("button", name="Start video counter").click()
    for page, selector in ((desk, ".call-customer video"), (customer, ".join-tile > video")):
        page.evaluate(NOTE_PICTURES, selector)
        wait_for(page, "window.shown.length > 20")


@contextmanager
def call() -> Iterator[tuple[LiveSite, list[Page]]]:
    """A call of two pages, each of which notes when it showed the other."""
    expect.set_options(timeout=20_000)
    with running_site() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"],
            args=[*(one for one in CHROMIUM_FLAGS if FAKE not in one), CAMERA, "--headless=new"],
        )
        analyst = sign_in(open_page(browser), site, "analyst")
        analyst.goto(f"{site.url}/designer/")
        desk = sign_in(open_page(browser), site, "agent")
        desk.goto(f"{site.url}/desk/")
        customer = open_page(browser, phone=True)
        start_call(site, desk, customer, Api(analyst, site))
        analyst.context.close()
        yield site, [desk, customer]
        browser.close()


def report(name: str, found: list[float], of_what: str) -> None:
    against = f"{of_what}, {len(found)} screens, worst {max(found):.0f}, load {os.getloadavg()[0]}"
    for part, value in (("p50", statistics.median(found)), ("p95", percentile(found, 0.95))):
        row = {"name": f"media.{name}_{part}", "value": round(value), "unit": "ms"}
        print(json.dumps({**row, "against": against}))


def main() -> None:
    with call() as (site, pages):
        found = [ms for _ in range(KILLS) for ms in kill_holder(site, pages)]
    report("failover", found, f"{KILLS} kills")


if __name__ == "__main__":
    main()
