"""A real web process (Daphne) on a port of its own, for tests and measurements of sockets."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
READY_LIMIT_S = 180
STOP_LIMIT_S = 60


class WebProcess:
    """One Daphne. `environment` names its settings, folder and database."""

    def __init__(
        self, log: Path, port: int, environment: Mapping[str, str], application: str
    ) -> None:
        self.port = port
        self.log = log
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)),
                    *("--no-server-name", application),
                ],
                env={**os.environ, **environment},
                cwd=ROOT,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        self._await_port()
        self._measured = psutil.Process(self._process.pid)

    def _await_port(self) -> None:
        deadline = time.monotonic() + READY_LIMIT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.05)
        raise AssertionError(f"no web process: {self.log.read_text(errors='replace')[-2000:]}")

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        return self._process.wait(STOP_LIMIT_S)

    def stop(self) -> None:
        """Dead when it returns, however it takes SIGTERM."""
        self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def memory_bytes(self) -> int:
        """Resident memory."""
        return int(self._measured.memory_info().rss)

    def cpu_s(self) -> float:
        """CPU time spent so far, user and system."""
        spent = self._measured.cpu_times()
        return float(spent.user + spent.system)

    def files(self) -> int:
        """Open file descriptors."""
        return int(self._measured.num_fds())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def web_process(
    log: Path,
    environment: Mapping[str, str],
    *,
    port: int = 0,
    application: str = "config.asgi:application",
) -> Iterator[WebProcess]:
    """A web process that is stopped afterwards; on a free port unless told."""
    one = WebProcess(log, port or free_port(), environment, application)
    try:
        yield one
    finally:
        one.stop()
