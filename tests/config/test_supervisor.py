"""Processes are started in order, kept alive, and stopped in reverse without a trace."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from config import supervisor
from config.supervisor import Child, Supervisor

LIMIT_S = 15
SLEEPS = "import time; time.sleep(60)"
WITH_A_CHILD = """
import subprocess, sys, pathlib
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
child.wait()
"""
WAITS = """
import os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
(folder / f"waits-{os.getpid()}").touch()
if sys.stdin.readline():
    (folder / f"works-{os.getpid()}").touch()
    time.sleep(60)
"""


def child(name: str, *words: str, code: str = SLEEPS, **more) -> Child:
    return Child(name=name, argv=[sys.executable, "-c", code, *words], **more)


def kept(folder: Path, *children: Child) -> tuple[Supervisor, list[str]]:
    said: list[str] = []
    return Supervisor(children, folder, tell=said.append), said


async def until(probe) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not probe():  # noqa: ASYNC110 - a process says nothing when it is there
            await asyncio.sleep(0.02)


def pid_of(folder: Path, name: str) -> int:
    path = folder / "run" / f"{name}.pid"
    return int(path.read_text() or 0) if path.exists() else 0


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"


async def test_the_next_is_started_when_the_one_before_is_ready(tmp_path):
    may = asyncio.Event()
    one, _ = kept(tmp_path, child("first", is_ready=may.is_set), child("second"))
    running = asyncio.create_task(one.run())

    await until(lambda: pid_of(tmp_path, "first"))
    before = pid_of(tmp_path, "second")
    may.set()
    await until(lambda: pid_of(tmp_path, "second"))
    await asyncio.wait_for(one.started.wait(), LIMIT_S)
    one.stop()
    await asyncio.wait_for(running, LIMIT_S)

    assert before == 0


async def test_what_must_be_done_before_is_done_once(tmp_path):
    done: list[str] = []
    one, _ = kept(tmp_path, child("first", before=lambda: done.append("prepared")))
    running = asyncio.create_task(one.run())
    await until(lambda: pid_of(tmp_path, "first"))
    gone = pid_of(tmp_path, "first")

    os.kill(gone, signal.SIGKILL)
    await until(lambda: pid_of(tmp_path, "first") not in (0, gone))
    one.stop()
    await asyncio.wait_for(running, LIMIT_S)

    assert done == ["prepared"]


async def test_a_start_that_cannot_be_prepared_is_given_up(tmp_path):
    def prepare() -> None:
        raise FileNotFoundError("no such program")

    one, said = kept(tmp_path, child("first"), child("second", before=prepare))

    await asyncio.wait_for(one.run(), LIMIT_S)

    assert one.problem == "second could not be prepared: no such program"
    assert said == [one.problem]
    assert not one.started.is_set()
    assert list((tmp_path / "run").iterdir()) == []


async def test_a_start_that_is_never_ready_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "READY_LIMIT_S", 0.05)
    one, _ = kept(tmp_path, child("first", is_ready=lambda: False), child("second"))

    await asyncio.wait_for(one.run(), LIMIT_S)

    assert one.problem.startswith("first is not ready")
    assert list((tmp_path / "run").iterdir()) == []


async def test_what_a_killed_process_leaves_behind_goes_too(tmp_path):
    told = tmp_path / "told"
    one, _ = kept(tmp_path, child("first", str(told), code=WITH_A_CHILD))
    running = asyncio.create_task(one.run())
    await until(lambda: told.exists() and told.read_text())
    orphan, parent = int(told.read_text()), pid_of(tmp_path, "first")

    os.kill(parent, signal.SIGKILL)
    await until(lambda: not lives(orphan))
    one.stop()
    await asyncio.wait_for(running, LIMIT_S)

    assert not lives(parent)


def pids(folder: Path, what: str) -> set[int]:
    return {int(one.name.rpartition("-")[2]) for one in folder.glob(f"{what}-*")}


async def test_a_spare_takes_over_and_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "SPARE_AFTER_S", 0.0)
    one, _ = kept(tmp_path, child("first", str(tmp_path), code=WAITS, has_spare=True))
    running = asyncio.create_task(one.run())
    await until(lambda: len(pids(tmp_path, "waits")) == 2)
    await until(lambda: pids(tmp_path, "works"))
    (gone,) = pids(tmp_path, "works")
    (spare,) = pids(tmp_path, "waits") - {gone}

    os.kill(gone, signal.SIGKILL)
    await until(lambda: pid_of(tmp_path, "first") == spare)
    await until(lambda: len(pids(tmp_path, "waits")) == 3)
    working = pids(tmp_path, "works")
    one.stop()
    await asyncio.wait_for(running, LIMIT_S)

    assert working == {gone, spare}
    assert not any(lives(pid) for pid in pids(tmp_path, "waits"))


async def test_a_spare_that_dies_waiting_is_replaced_and_nobody_else_disturbed(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(supervisor, "SPARE_AFTER_S", 0.0)
    one, _ = kept(tmp_path, child("first", str(tmp_path), code=WAITS, has_spare=True))
    running = asyncio.create_task(one.run())
    await until(lambda: len(pids(tmp_path, "waits")) == 2)
    await until(lambda: pids(tmp_path, "works"))
    working = pids(tmp_path, "works")
    (spare,) = pids(tmp_path, "waits") - working

    os.kill(spare, signal.SIGKILL)
    await until(lambda: len(pids(tmp_path, "waits")) == 3)
    still = {pid_of(tmp_path, "first")}
    one.stop()
    await asyncio.wait_for(running, LIMIT_S)

    assert still == working == pids(tmp_path, "works")


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
async def test_each_is_stopped_by_its_own_signal(tmp_path, stop_signal):
    told = tmp_path / "told"
    code = (
        "import pathlib, signal, sys, time\n"
        "def leave(number, _):\n"
        "    pathlib.Path(sys.argv[1]).write_text(str(number)); sys.exit()\n"
        "for one in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT): signal.signal(one, leave)\n"
        "pathlib.Path(sys.argv[1]).touch()\n"
        "time.sleep(60)\n"
    )
    one, _ = kept(tmp_path, child("first", str(told), code=code, stop_signal=stop_signal))
    running = asyncio.create_task(one.run())
    await until(told.exists)

    one.stop()
    await asyncio.wait_for(running, LIMIT_S)

    assert told.read_text() == str(int(stop_signal))
