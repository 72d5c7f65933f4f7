"""A cluster as a person starts it, and what tests do to its processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pytest

from config.servers import free_port

ROOT = Path(__file__).parents[2]
READY_LIMIT_S = 300.0
"""Only so that nothing hangs for ever, as all limits here."""
STOP_LIMIT_S = 300
Answer = TypeVar("Answer")


@dataclass(kw_only=True)
class Cluster:
    """A running cluster in `folder`, at `url`."""

    url: str
    folder: Path
    process: subprocess.Popen[str]

    def pid(self, name: str) -> int:
        """Process id of "web-1", "celery-2", "redis" …, waiting for a restart to finish."""
        path = self.folder / "run" / f"{name}.pid"

        def read() -> str:
            try:
                return path.read_text()
            except FileNotFoundError:
                return ""

        return int(eventually(read, f"{name} runs"))

    @property
    def environment(self) -> dict[str, str]:
        """What its processes were told."""
        words = Path(f"/proc/{self.pid('web-2')}/environ").read_bytes().split(b"\0")
        pairs = (one.decode().partition("=") for one in words if one)
        return {name: value for name, _, value in pairs}

    @cached_property
    def _inside(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.cluster.inside"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def inside(self, verb: str, argument: object) -> Any:
        """What `tests.cluster.inside` answers."""
        asked, answered = self._inside.stdin, self._inside.stdout
        assert asked
        assert answered
        asked.write(json.dumps([verb, argument]) + "\n")
        asked.flush()
        return json.loads(answered.readline())

    def leave(self) -> None:
        if "_inside" in self.__dict__:
            self._inside.terminate()
            self._inside.wait()

    def kill(self, name: str) -> None:
        """`kill -9`; returns when the supervisor has started it again."""
        gone = self.pid(name)
        os.kill(gone, signal.SIGKILL)
        eventually(lambda: self.pid(name) != gone, f"{name} is started again")

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                return True
        except OSError:
            return False

    def log(self, name: str) -> str:
        return (self.folder / "log" / f"{name}.log").read_text(errors="replace")


def eventually(probe: Callable[[], Answer], what: str, limit_s: float = READY_LIMIT_S) -> Answer:
    """The first true answer of `probe`; fails naming `what` after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        answer = probe()
        if answer:
            return answer
        time.sleep(0.05)
    pytest.fail(f"not within {limit_s} s: {what}")


def free_media_port() -> int:
    """The first of two free UDP ports in a row."""
    return next(one for one in range(42000, 60000, 2) if _binds(one) and _binds(one + 1))


def _binds(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def running(folder: Path, *, broker: str) -> Iterator[Cluster]:
    """Started in `folder`, stopped as by Ctrl-C."""
    own = ("COUNTERFLOW_", "DJANGO_SETTINGS_MODULE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "config.cluster", "--json", "--var", str(folder)),
            *("--port", str(free_port()), "--media-port", str(free_media_port())),
            *("--broker", broker),
        ],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        said = json.loads(process.stdout.readline() or "{}")
        assert "url" in said, f"the cluster did not start; logs in {folder}/log"
        cluster = Cluster(url=said["url"], folder=folder, process=process)
        yield cluster
        cluster.leave()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=STOP_LIMIT_S)
