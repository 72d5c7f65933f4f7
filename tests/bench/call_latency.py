"""A call as two people feel it: link to first picture, and a press here to a change there."""

from __future__ import annotations

import json
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.setdefault("CHROMIUM", "/usr/bin/chromium")

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.calls import SHIPPED, become_available, hang_up, take_call, walk_to_queue
from tests.browser.conftest import (
    CHROMIUM_FLAGS,
    LiveSite,
    running_site,
    sign_in,
)

CALLS = 7
PRESSES = 60
QUICK = "Quick call"
TEXT = {"en": "One moment", "zh-Hans": "请稍候"}
HOLD = {"mode": "click", "timeout_s": 600, "text_id": "hold", "text_version": "1"}
WATCH = """() => {
  window.firsts = {};
  const note = (what) => { window.firsts[what] ??= performance.timeOrigin + performance.now(); };
  const others = '.join-call:not(.join-before) .join-tile > video, .call-customer video';
  const watch = () => {
    for (const video of document.querySelectorAll(others)) {
      if (video.isWatched) continue;
      video.isWatched = true;
      video.requestVideoFrameCallback(() => note('picture'));
    }
    requestAnimationFrame(watch);
  };
  const named = (event) => event.target.closest?.('button')?.innerText ?? '';
  document.addEventListener('click', (event) => {
    if (named(event).startsWith('Start video counter')) note('start');
    if (named(event).startsWith('Accept')) note('accept');
  }, true);
  document.addEventListener('DOMContentLoaded', watch);
}"""
"""When the first picture of the other side was drawn, and the presses before it: epoch ms."""
ACCEPT_AT_ONCE = """() => {
  const press = () => document.querySelector('[role=alertdialog] button')?.click();
  new MutationObserver(press).observe(document.body, {childList: true, subtree: true});
}"""
NOTE_CAPTIONS = """() => {
  window.changes = [];
  const sheet = document.querySelector('main') ?? document.body;
  let last = sheet.innerText;
  new MutationObserver(() => {
    if (sheet.innerText === last) return;
    last = sheet.innerText;
    window.changes.push(Date.now());
  }).observe(sheet, {childList: true, subtree: true, characterData: true});
}"""
PRESS = """() => {
  document.querySelector('.p-phrase').click();
  return Date.now();
}"""


def node(name: str, component: str, **config: object) -> dict[str, object]:
    return {"id": name, "component": component, "version": "1.0.0", "title": {}, "config": config}


def quick_call() -> dict[str, object]:
    """Link, queue, agent, a step that holds the call: no device check and no consent."""
    nodes = [
        node("link", "entry.link"),
        node("queue", "queue.wait", queue="counter", max_wait_s=300),
        node("connect", "people.connect", queue="", ring_s=20, reassign_max=3),
        node("hold", "consent.ask", kind="terms", heading=TEXT, text=TEXT, min_view_s=0, **HOLD),
        node("done", "end.success", reason_code="done", message=TEXT, next_step=TEXT),
    ]
    ways = [("link", "ok", "queue"), ("link", "expired", "done"), ("queue", "assigned", "connect")]
    ways += [("queue", one, "done") for one in ("timeout", "abandoned", "closed")]
    ways += [("connect", "ok", "hold")]
    ways += [("connect", one, "done") for one in ("no_answer", "busy", "refused")]
    ways += [("hold", one, "done") for one in ("ok", "declined", "timeout")]
    edges = [{"from": source, "outcome": outcome, "to": to} for source, outcome, to in ways]
    return {
        "schema": "graph/1",
        "start": "link",
        "nodes": nodes,
        "edges": edges,
        "variables": [],
        "boundaries": [],
        "settings": {},
    }


class Api:
    """The REST API as the analyst signed in on a page."""

    def __init__(self, page: Page, site: LiveSite) -> None:
        self._page, self._site = page, site
        script = "() => JSON.parse(document.getElementById('page').textContent).csrf"
        self._token: str = page.evaluate(script)

    def send(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> dict[str, object]:
        answer = self._page.request.fetch(
            f"{self._site.url}/api/v1/{path}",
            method=method,
            headers={"X-CSRFToken": self._token, "Referer": self._page.url, **headers},
            data=body,
        )
        if not answer.ok:
            raise SystemExit(f"{method} {path}: {answer.status} {answer.text()[:400]}")
        sent: dict[str, object] = json.loads(answer.text())
        return sent

    def publish(self, name: str, graph: dict[str, object]) -> str:
        """The id of a new flow published with `graph`."""
        flow = str(self.send("POST", "flows", {"name": name})["id"])
        held = self.send("GET", f"flows/{flow}/draft")["revision"]
        saved = self.send(
            "PUT",
            f"flows/{flow}/draft",
            {"graph": graph, "layout": {}},
            **{"If-Match": f'"{held}"'},
        )
        self.send("POST", f"flows/{flow}/publish", {"revision": saved["revision"], "note": ""})
        return flow

    def link(self, flow: str) -> str:
        return str(self.send("POST", f"flows/{flow}/links", {})["url"])

    def shipped_link(self) -> str:
        """A link into the flow that every site has."""
        flows = json.loads(self._page.request.get(f"{self._site.url}/api/v1/flows").text())
        return self.link(next(one["id"] for one in flows if one["name"] == SHIPPED))


def open_page(browser: Browser, *, phone: bool = False) -> Page:
    """A page of somebody who has nothing to do with the others."""
    size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
    return browser.new_context(viewport=size, locale="en-GB").new_page()  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Firsts:
    """Milliseconds until a first picture of the other side, of one call."""

    customer_from_start: float
    customer_from_accept: float
    agent_from_accept: float


def first_pictures(phones: Browser, desk: Page, api: Api) -> list[Firsts]:
    """Each call anew: the customer presses Start, the agent takes it as soon as it rings."""
    flow, found = api.publish(QUICK, quick_call()), []
    for _ in range(CALLS):
        become_available(desk)
        desk.evaluate(ACCEPT_AT_ONCE)
        customer = open_page(phones, phone=True)
        customer.add_init_script(f"({WATCH})()")
        customer.goto(api.link(flow))
        customer.get_by_role("button", name="Start video counter").click()
        found.append(_firsts_of(customer, desk))
        customer.context.close()
        hang_up(desk)
        desk.reload()
    return found


def _firsts_of(customer: Page, desk: Page) -> Firsts:
    seen = float(str(wait_for(customer, "window.firsts.picture")))
    agent_saw = float(str(wait_for(desk, "window.firsts.picture")))
    started = float(customer.evaluate("window.firsts.start"))
    accepted = float(desk.evaluate("window.firsts.accept"))
    return Firsts(
        customer_from_start=seen - started,
        customer_from_accept=seen - accepted,
        agent_from_accept=agent_saw - accepted,
    )


def wait_for(page: Page, expression: str, limit_ms: int = 20_000) -> object:
    for _ in range(limit_ms // 50):
        answer = page.evaluate(f"() => {expression} ?? null")
        if answer:
            return answer
        page.wait_for_timeout(50)
    raise SystemExit(f"not within {limit_ms} ms: {expression}")


def press_to_change(desk: Page, customer: Page) -> list[float]:
    """Milliseconds from the agent's press on a phrase to the customer's changed caption."""
    customer.evaluate(NOTE_CAPTIONS)
    found = []
    for _ in range(PRESSES):
        pressed: float = desk.evaluate(PRESS)
        wait_for(customer, f"window.changes.find((at) => at >= {pressed})")
        changed: float = customer.evaluate(f"() => window.changes.find((at) => at >= {pressed})")
        found.append(changed - pressed)
        desk.wait_for_timeout(120)
    return found


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def report(name: str, value: float, against: str) -> None:
    print(json.dumps({"name": name, "value": round(value), "unit": "ms", "against": against}))


def measure(browser: Browser, phones: Browser, site: LiveSite) -> None:
    """The agent's browser and the customers' are apart, as their machines are."""
    analyst = sign_in(open_page(browser), site, "analyst")
    analyst.goto(f"{site.url}/designer/")
    api = Api(analyst, site)
    desk = open_page(browser)
    desk.add_init_script(f"({WATCH})()")
    sign_in(desk, site, "agent")
    desk.goto(f"{site.url}/desk/")
    firsts = first_pictures(phones, desk, api)
    measured = {
        "join.first_frame": [one.customer_from_start for one in firsts],
        "join.first_frame_after_accept": [one.customer_from_accept for one in firsts],
        "join.first_frame_at_desk": [one.agent_from_accept for one in firsts],
    }
    for name, values in measured.items():
        told = f"{CALLS} calls, worst {max(values):.0f}"
        report(f"{name}_p50", statistics.median(values), told)

    become_available(desk)
    customer = open_page(phones, phone=True)
    walk_to_queue(customer, api.shipped_link())
    take_call(desk)
    waits = press_to_change(desk, customer)
    p50 = statistics.median(waits)
    report(
        "run.click_to_screen_alone_p95",
        percentile(waits, 0.95),
        f"{PRESSES} presses, p50 {p50:.0f}",
    )
    hang_up(desk)


def main() -> None:
    expect.set_options(timeout=20_000)
    with running_site() as site, sync_playwright() as playwright:
        browser, phones = (
            playwright.chromium.launch(
                executable_path=os.environ["CHROMIUM"], args=[*CHROMIUM_FLAGS, "--headless=new"]
            )
            for _ in range(2)
        )
        measure(browser, phones, site)
        browser.close()
        phones.close()


if __name__ == "__main__":
    main()
