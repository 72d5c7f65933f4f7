"""Keeps the processes of one machine alive: start in order, restart with backoff, stop in reverse.

It knows nothing of what the processes do; `config.cli` and `config.cluster` say which there are.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
HEALTHY_AFTER_S = 10.0
"""A process that lived this long starts its backoff anew when it dies."""
SPARE_AFTER_S = 2.0
"""A spare loads when whoever just began to work has had this long to himself."""
LOG_LIMIT_BYTES = 20 * 1024 * 1024
READY_LIMIT_S = 180.0
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One process to keep alive. It must stop on `stop_signal` in `stop_limit_s`, or is killed."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    stop_limit_s: float = 10.0
    stop_signal: signal.Signals = signal.SIGTERM
    has_spare: bool = False
    """A second one is kept started; each does its work once it reads a line on standard input."""
    user: str = ""
    """System user it runs as; empty: ours."""
    before: Callable[[], None] | None = None
    """Done once, in a thread, before its first start. OSError or SubprocessError ends it all."""
    is_ready: Callable[[], bool] | None = None
    """Asked in a thread: the next child is started when it is true."""


def identity(user: str) -> dict[str, Any]:
    """What `subprocess` must be told to run something as `user`; nothing for ourselves."""
    if not user:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Supervisor:
    """Runs children until `stop()`; pids go to `<folder>/run/`, output to `<folder>/log/`."""

    def __init__(
        self, children: Sequence[Child], folder: Path, tell: Callable[[str], None]
    ) -> None:
        self._children = tuple(children)
        self._folder = folder
        self._tell = tell
        self._stopping = asyncio.Event()
        self.started = asyncio.Event()
        """Set when every child has been started and those that can say so are ready."""
        self.problem = ""
        """Why the start was given up; empty when it was not."""
        self._processes: dict[str, list[asyncio.subprocess.Process]] = {
            one.name: [] for one in self._children
        }
        for part in ("run", "log"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    async def run(self) -> None:
        """Return when every child has ended after `stop()`."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._stop_in_order(), name="stop in order")
            for child in self._children:
                await self._prepare(child)
                if self._stopping.is_set():
                    return
                stage = asyncio.Lock()
                tasks.create_task(self._keep(child, stage), name=f"keep {child.name}")
                if child.has_spare:
                    tasks.create_task(self._keep_spare(child, stage), name=f"spare {child.name}")
                await self._await_ready(child)
            self.started.set()

    def stop(self) -> None:
        self._stopping.set()

    async def _prepare(self, child: Child) -> None:
        if child.before is None or self._stopping.is_set():
            return
        try:
            await asyncio.to_thread(child.before)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or error
            self._give_up(f"{child.name} could not be prepared: {said}")

    async def _await_ready(self, child: Child) -> None:
        """Return when `child` is ready; give up all when it is not within READY_LIMIT_S."""
        deadline = asyncio.get_running_loop().time() + READY_LIMIT_S
        while child.is_ready is not None and not self._stopping.is_set():
            if await asyncio.to_thread(child.is_ready):
                return
            if asyncio.get_running_loop().time() > deadline:
                log = self._folder / "log" / f"{child.name}.log"
                self._give_up(f"{child.name} is not ready after {READY_LIMIT_S:g} s; see {log}")
            await asyncio.sleep(_LOOK_S)

    def _give_up(self, problem: str) -> None:
        self.problem = problem
        self._tell(problem)
        self.stop()

    async def _keep_spare(self, child: Child, stage: asyncio.Lock) -> None:
        """The second of two equal keepers: whose process has the stage works, the other's waits."""
        await self._pause(SPARE_AFTER_S)
        await self._keep(child, stage)

    async def _keep(self, child: Child, stage: asyncio.Lock) -> None:
        """Restart `child` until the supervisor stops; each quick death waits longer."""
        deaths = 0
        while not self._stopping.is_set():
            started = asyncio.get_running_loop().time()
            code = await self._live(child, stage)
            if self._stopping.is_set():
                return
            lived_s = asyncio.get_running_loop().time() - started
            deaths = 0 if lived_s > HEALTHY_AFTER_S else deaths + 1
            wait_s = BACKOFF_S[min(deaths, len(BACKOFF_S) - 1)]
            if self._processes[child.name]:  # the spare is at work now
                wait_s = max(wait_s, SPARE_AFTER_S)
            self._tell(f"{child.name} ended ({_reason(code)}); starting again in {wait_s:g} s")
            await self._pause(wait_s)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _live(self, child: Child, stage: asyncio.Lock) -> int:
        process = await self._start(child)
        self._processes[child.name].append(process)
        if self._stopping.is_set():  # asked while it was being started
            await _end(process, child)
        ended = asyncio.create_task(process.wait(), name=f"end of {child.name}")
        try:
            if await _has_turn(stage, ended):
                await self._let_work(child, process, stage, ended)
            return await ended
        finally:
            self._processes[child.name].remove(process)
            _kill_group(process)  # what a killed process leaves behind may hold its ports

    async def _start(self, child: Child) -> asyncio.subprocess.Process:
        log = self._folder / "log" / f"{child.name}.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as sink:
            return await asyncio.create_subprocess_exec(
                *child.argv,
                stdin=asyncio.subprocess.PIPE if child.has_spare else asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **child.env},
                # Its own group: Ctrl-C reaches only the supervisor, which stops children in order.
                start_new_session=True,
                **identity(child.user),
            )

    async def _let_work(
        self,
        child: Child,
        process: asyncio.subprocess.Process,
        stage: asyncio.Lock,
        ended: asyncio.Task[int],
    ) -> None:
        """Until its end, when the stage is another's; it alone is the one that the pid names."""
        pid_file = self._folder / "run" / f"{child.name}.pid"
        pid_file.write_text(str(process.pid))
        if process.stdin is not None and not self._stopping.is_set():
            process.stdin.write(b"\n")
        try:
            await ended
        finally:
            pid_file.unlink(missing_ok=True)
            stage.release()

    async def _stop_in_order(self) -> None:
        await self._stopping.wait()
        for child in reversed(self._children):
            await asyncio.gather(*(_end(one, child) for one in self._processes[child.name]))


async def _has_turn(stage: asyncio.Lock, ended: asyncio.Task[int]) -> bool:
    """Wait for the stage; False when the process ended before that."""
    turn = asyncio.create_task(stage.acquire(), name="turn")
    await asyncio.wait((turn, ended), return_when=asyncio.FIRST_COMPLETED)
    if not turn.done():
        turn.cancel()
    await asyncio.wait((turn,))
    return not turn.cancelled()


async def _end(process: asyncio.subprocess.Process, child: Child) -> None:
    """Its stop signal, and SIGKILL to its whole group after its limit."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(child.stop_signal)
    try:
        await asyncio.wait_for(process.wait(), child.stop_limit_s)
    except TimeoutError:
        _kill_group(process)
        await process.wait()


def _kill_group(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _reason(code: int) -> str:
    if code >= 0:
        return f"exit {code}"
    return signal.Signals(-code).name
