"""One real site for the browser tests: every process, started as a person starts them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError

from tests.runtime.core_peer import CorePeer, core_peer

ROOT = Path(__file__).parents[2]
SCREENSHOTS = Path(__file__).parent / "screenshots"
EXPECT_LIMIT_MS = 30_000
"""Two shared cores run a site and several browsers: what takes 50 ms alone may take seconds."""
PATIENCE_S = 45
JOURNEY_LIMIT_S = 300
"""Of one test; a journey alone on its machine needs ten to forty seconds."""
DESK = ViewportSize(width=1440, height=900)
Answer = TypeVar("Answer")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
SMALL_PICTURES = """(() => {
  if (!window.MediaDevices) return;  // about:blank
  const given = MediaDevices.prototype.getUserMedia;
  const small = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { max: 8 } };
  MediaDevices.prototype.getUserMedia = function (asked) {
    const video = asked.video && { ...asked.video, ...small };
    return given.call(this, { ...asked, video });
  };
})()"""
"""Two cores encode, forward, record, decode and draw what every camera sees: a sixth will do where
pictures are not what a test measures."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in Path(str(item.fspath)).parts:
            item.add_marker(pytest.mark.timeout(JOURNEY_LIMIT_S))


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@dataclass(frozen=True, kw_only=True)
class LiveSite:
    """A running site. `people` maps a demo username to its password; `folder` is its var folder."""

    url: str
    folder: Path
    people: dict[str, str]
    process: subprocess.Popen[str]
    sessions: dict[str, Any] = field(default_factory=dict)
    """By username, what the browser of somebody who has signed in keeps."""

    def pid(self, name: str) -> int:
        """Process id of "web", "dispatcher" or "worker", waiting for a restart to finish."""
        path = self.folder / "run" / f"{name}.pid"
        return int(eventually(lambda: path.read_text() if path.exists() else "", f"{name} runs"))

    def kill(self, name: str) -> None:
        """`kill -9`; returns when the supervisor has started it again and the site is ready."""
        gone = self.pid(name)
        os.kill(gone, signal.SIGKILL)
        eventually(lambda: self.pid(name) != gone, f"{name} is started again")
        eventually(self.is_ready, f"the site is ready after {name} was killed", 90)

    def is_ready(self) -> bool:
        """Whether `/readyz` says so; also False while nobody listens."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except OSError:
            return False

    def log(self, name: str) -> str:
        return (self.folder / "log" / f"{name}.log").read_text(errors="replace")


def eventually(probe: Callable[[], Answer], what: str, limit_s: float = PATIENCE_S) -> Answer:
    """The first true answer of `probe`; fails naming `what` after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        answer = probe()
        if answer:
            return answer
        time.sleep(0.05)
    pytest.fail(f"not within {limit_s} s: {what}")


def free_ports(kind: socket.SocketKind, count: int = 1) -> int:
    """The first of `count` ports in a row that nobody holds."""
    for _ in range(100):
        with ExitStack() as probes, suppress(OSError, OverflowError):
            first = 0
            for n in range(count):
                probe = probes.enter_context(socket.socket(socket.AF_INET, kind))
                probe.bind(("127.0.0.1", first + n if first else 0))
                first = first or probe.getsockname()[1]
            return first
    pytest.fail(f"no {count} free ports in a row")


@contextmanager
def running_site(more: Mapping[str, str] | None = None, *options: str) -> Iterator[LiveSite]:
    """A fresh site in a folder of its own with `more` environment and further `options`.

    It is stopped in order at the end.
    """
    with tempfile.TemporaryDirectory(prefix="counterflow-site-") as name:
        argv = [sys.executable, "-m", "config.cli", "run", "--json", "--var", name]
        argv += ["--port", str(free_ports(socket.SOCK_STREAM))]
        argv += ["--media-port", str(free_ports(socket.SOCK_DGRAM, 2)), *options]
        environment = {key: value for key, value in os.environ.items() if key != "COUNTERFLOW_VAR"}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        process = subprocess.Popen(
            argv, cwd=ROOT, env={**environment, **(more or {})}, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        try:
            said = json.loads(process.stdout.readline() or "{}")
            assert "url" in said, f"the site did not start; logs in {name}/log"
            people = {one["username"]: one["password"] for one in said["people"]}
            yield LiveSite(url=said["url"], folder=Path(name), people=people, process=process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=45)


@pytest.fixture(scope="session")
def core() -> Iterator[CorePeer]:
    """A core system on this machine, which the site may call."""
    with core_peer() as peer:
        yield peer


@pytest.fixture(scope="session")
def live_site(core: CorePeer) -> Iterator[LiveSite]:
    allowed = {
        "COUNTERFLOW_EGRESS_PRIVATE": "127.0.0.0/8",
        "COUNTERFLOW_EGRESS_PORTS": str(core.port),
    }
    with running_site(allowed) as site:
        yield site


@pytest.fixture(scope="session")
def playwright_session() -> Iterator[Playwright]:
    expect.set_options(timeout=EXPECT_LIMIT_MS)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright_session: Playwright) -> Iterator[Browser]:
    executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    browser = playwright_session.chromium.launch(
        executable_path=executable, args=[*CHROMIUM_FLAGS, "--headless=new"], headless=True
    )
    yield browser
    browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """`open_page(phone=False, dark=False, locale="en-GB", fine=False, **context)`: a page.

    Each in a context of its own; `fine` gives its camera full pictures. A script error or a
    violated content policy on any of them fails the test. Of a test that failed each page's last
    sight is kept.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def make(
        *,
        phone: bool = False,
        dark: bool = False,
        locale: str = "en-GB",
        fine: bool = False,
        **more: Any,
    ) -> Page:
        size = ViewportSize(width=390, height=844) if phone else DESK
        context = chromium.new_context(
            viewport=size,
            locale=locale,
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            **more,
        )
        if not fine:
            context.add_init_script(SMALL_PICTURES)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(EXPECT_LIMIT_MS)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda said: _note_violation(said.text, faults))
        return page

    yield make
    for n, context in enumerate(contexts):
        if request.node.stash.get(FAILED, False):
            keep_last_sight(context, f"failed-{request.node.name}-{n}")
        context.close()
    assert not faults


def _note_violation(text: str, faults: list[str]) -> None:
    if "Content Security Policy" in text:
        faults.append(text)


def sign_in(page: Page, site: LiveSite, username: str, path: str = "/") -> Page:
    """A demo person at `path`; by name and password once, then with what their browser kept."""
    if username in site.sessions:
        page.context.add_cookies(site.sessions[username])
    page.goto(f"{site.url}{path}")
    if "/login" in page.url:
        page.locator("input[name=username]").fill(username)
        page.locator("input[name=password]").fill(site.people[username])
        page.locator("form button[type=submit]").click()
        page.wait_for_url(lambda url: "/login" not in url)
        site.sessions[username] = page.context.cookies()
    return speak_english(page, site)


def speak_english(page: Page, site: LiveSite) -> Page:
    """The language is the person's own, and another test may have left them with Chinese."""
    if page.locator("html").get_attribute("lang") == "en":
        return page
    token = page.evaluate("() => JSON.parse(document.getElementById('page').textContent).csrf")
    answer = page.request.put(
        f"{site.url}/api/v1/me",
        headers={"X-CSRFToken": token, "Referer": page.url},
        data={"locale": "en"},
    )
    assert answer.ok, f"{answer.status} {answer.text()[:300]}"
    page.reload()
    return page


@pytest.fixture(scope="session")
def office(chromium: Browser, live_site: LiveSite) -> Iterator[Page]:
    """The page of an analyst who makes flows and links through the API, for whichever test."""
    context = chromium.new_context()
    yield sign_in(context.new_page(), live_site, "analyst", "/designer/")
    context.close()


def keep_last_sight(context: BrowserContext, name: str) -> None:
    for n, page in enumerate(context.pages):
        with suppress(PlaywrightError):  # it may be why the test failed
            _keep_picture(page, f"{name}-{n}")


def take_picture(page: Page, name: str) -> None:
    """Keep a screenshot to be looked at, by `make test-browser PICTURES=1`; not in git."""
    if os.environ.get("PICTURES"):
        _keep_picture(page, name)


def _keep_picture(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
