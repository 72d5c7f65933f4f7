"""Hints between web processes on several hosts, and what is left of a site without them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from config import servers
from config.celery import app
from config.servers import free_port
from runtime import pubsub
from runtime.relay import Relay
from tests.cluster.site import ROOT, Cluster, eventually

HEARD_LIMIT_S = 20


@pytest.fixture
def private_redis(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """`url` of a Redis of the test's own, and starting it as often as one likes."""
    server = servers.redis(tmp_path)
    (child,) = server.children
    assert child.before
    child.before()
    with ExitStack() as stack:

        def start() -> subprocess.Popen[bytes]:
            process = subprocess.Popen(child.argv, stdout=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)
            eventually(child.is_ready or bool, "Redis listens")
            return process

        start.url = f"{server.url}/0"  # type: ignore[attr-defined]  # told beside
        yield start


def test_a_wake_up_reaches_who_listens(private_redis: Any):
    private_redis()
    heard = Heard(private_redis.url)

    heard.until_connected()
    pubsub.tell(private_redis.url, "web", {"group": "g"})

    assert heard.next() == {"group": "g"}
    heard.close()


def test_a_listener_comes_back_by_itself_and_says_that_it_may_have_missed_some(private_redis: Any):
    first = private_redis()
    heard = Heard(private_redis.url)
    heard.until_connected()
    first.kill()
    first.wait()

    pubsub.tell(private_redis.url, "web", {"lost": True})
    private_redis()
    heard.until_connected()
    eventually(lambda: heard.hears({"n": 1}), "a wake-up is heard again")

    assert {"lost": True} not in heard.all
    heard.close()


def test_without_redis_telling_is_quiet(tmp_path: Path):
    pubsub.tell(f"redis://127.0.0.1:{free_port()}/0", "web", {"group": "g"})


@pytest.mark.timeout(30)
def test_a_redis_that_hangs_holds_nobody_up(private_redis: Any, monkeypatch: pytest.MonkeyPatch):
    process = private_redis()
    monkeypatch.setattr(app.conf, "broker_url", private_redis.url)
    app.set_current()
    relay = Relay(lambda: None)
    before = relay.free(outside=False)
    process.send_signal(signal.SIGSTOP)

    for _ in range(1_000):
        pubsub.tell(private_redis.url, "web", {"group": "g"})
    during = relay.free(outside=False)
    process.send_signal(signal.SIGCONT)

    assert before > 0
    assert during == 0
    eventually(lambda: relay.free(outside=False), "the relay comes back to its broker")


def test_databases_of_one_redis_hear_their_own_only(private_redis: Any):
    private_redis()
    other = private_redis.url.removesuffix("0") + "1"
    heard = Heard(private_redis.url)
    heard.until_connected()

    pubsub.tell(other, "web", {"n": "theirs"})
    pubsub.tell(private_redis.url, "web", {"n": "ours"})

    assert heard.next() == {"n": "ours"}
    heard.close()


class Heard:
    """What a listener has heard."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.all: list[Any] = []
        self._came = threading.Condition()
        self._listener = pubsub.Listener(url, "web", self._hear)

    def _hear(self, wakeup: Any) -> None:
        with self._came:
            self.all.append(wakeup)
            self._came.notify_all()

    def until_connected(self) -> None:
        assert self.next() == {}

    def next(self) -> Any:
        with self._came:
            assert self._came.wait_for(lambda: self.all, HEARD_LIMIT_S), "nothing was heard"
            return self.all.pop(0)

    def hears(self, wakeup: Any) -> bool:
        pubsub.tell(self._url, "web", wakeup)
        with self._came:
            return self._came.wait_for(lambda: wakeup in self.all, 1)

    def close(self) -> None:
        self._listener.close()


def test_what_happens_at_one_web_process_is_shown_at_another(cluster: Cluster):
    (customer,) = cluster.inside("invite", 1)
    watcher = cluster.inside("watch", customer["run"])
    with (
        unpolled(cluster) as here,
        unpolled(cluster) as there,
        opened(here, customer["run"], customer["cookie"]) as acting,
        opened(there, customer["run"], watcher["cookie"]) as watching,
    ):
        asked = said(acting, "view")
        while not asked["view"]["activities"]:
            asked = said(acting, "view")
        seen = said(watching, "view")
        while seen["seq"] < asked["seq"]:
            seen = said(watching, "view")
        activity = asked["view"]["activities"][0]["id"]
        act = {"id": str(uuid.uuid4()), "activity": activity, "action": "agree", "data": {}}
        acting.send(json.dumps({"type": "act", **act}))
        stored = said(acting, "ack")["seq"]

        while seen["seq"] < stored:
            seen = said(watching, "view")

    assert seen["seq"] >= stored


@contextmanager
def unpolled(cluster: Cluster) -> Iterator[str]:
    """The address of one more web process of the cluster."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port)),
            "tests.cluster.unpolled:application",
        ],
        cwd=ROOT,
        env={**os.environ, **cluster.environment},
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: servers.is_listening(port), "the web process listens")
        yield f"127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


@contextmanager
def opened(host: str, run: str, cookie: str) -> Iterator[ClientConnection]:
    """A socket in the run, welcomed."""
    with connect(
        f"ws://{host}/ws/run/{run}/",
        additional_headers={"Cookie": cookie},
        origin=Origin(f"http://{host}"),
        close_timeout=1,
    ) as socket:
        hello = {"protocol": 1, "seq": 0, "locale": "en", "tab": str(uuid.uuid4())}
        socket.send(json.dumps({"type": "hello", **hello}))
        said(socket, "welcome")
        yield socket


def said(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of this kind."""
    while True:
        message: dict[str, Any] = json.loads(socket.recv(timeout=HEARD_LIMIT_S))
        if message["type"] == kind:
            return message
