"""Keeps the processes of one machine alive: start, restart with backoff, stop in reverse order.

It knows nothing of what the processes do; `config.cli` says which there are.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
HEALTHY_AFTER_S = 20.0
"""A process that lived this long starts its backoff anew when it dies."""
LOG_LIMIT_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One process to keep alive. It must stop on SIGTERM within `stop_limit_s`, or it is killed."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    stop_limit_s: float = 10.0


class Supervisor:
    """Runs children until `stop()`; pids go to `<folder>/run/`, output to `<folder>/log/`."""

    def __init__(
        self, children: Sequence[Child], folder: Path, tell: Callable[[str], None]
    ) -> None:
        self._children = tuple(children)
        self._folder = folder
        self._tell = tell
        self._stopping = asyncio.Event()
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        for part in ("run", "log"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    async def run(self) -> None:
        """Return when every child has ended after `stop()`."""
        async with asyncio.TaskGroup() as tasks:
            for child in self._children:
                tasks.create_task(self._keep(child), name=f"keep {child.name}")
            tasks.create_task(self._stop_in_order(), name="stop in order")

    def stop(self) -> None:
        self._stopping.set()

    async def _keep(self, child: Child) -> None:
        """Restart `child` until the supervisor stops; each quick death waits longer."""
        deaths = 0
        while not self._stopping.is_set():
            started = asyncio.get_running_loop().time()
            code = await self._live(child)
            if self._stopping.is_set():
                return
            lived_s = asyncio.get_running_loop().time() - started
            deaths = 0 if lived_s > HEALTHY_AFTER_S else deaths + 1
            wait_s = BACKOFF_S[min(deaths, len(BACKOFF_S) - 1)]
            self._tell(f"{child.name} ended ({_reason(code)}); starting again in {wait_s:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_s)

    async def _live(self, child: Child) -> int:
        log = self._folder / "log" / f"{child.name}.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        pid_file = self._folder / "run" / f"{child.name}.pid"
        with log.open("ab") as sink:
            process = await asyncio.create_subprocess_exec(
                *child.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **child.env},
                # Its own group: Ctrl-C reaches only the supervisor, which stops children in order.
                start_new_session=True,
            )
        self._processes[child.name] = process
        pid_file.write_text(str(process.pid))
        try:
            return await process.wait()
        finally:
            self._processes.pop(child.name, None)
            pid_file.unlink(missing_ok=True)

    async def _stop_in_order(self) -> None:
        await self._stopping.wait()
        for child in reversed(self._children):
            process = self._processes.get(child.name)
            if process is not None:
                await _end(process, child.stop_limit_s)


async def _end(process: asyncio.subprocess.Process, limit_s: float) -> None:
    """SIGTERM, and SIGKILL to its whole group after `limit_s`."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), limit_s)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _reason(code: int) -> str:
    if code >= 0:
        return f"exit {code}"
    return signal.Signals(-code).name
