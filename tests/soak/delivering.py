"""Proof 1, the media worker's own points: it dies at any step from a file's first byte on.

A step is whatever touches the disk: opened, written, flushed, renamed, removed. The next process
completes and delivers; it may die as well. What the site was told must be what it gets, once.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import uuid
from pathlib import Path
from typing import Any

from runtime.media import chain, webm
from runtime.media.archive import Archive, Begun
from runtime.media.chain import Link
from runtime.media.delivery import Delivery
from tests.media.site import grant
from tests.soak.processes import Process
from tests.soak.result import Result

AUDITED = {"open", "os.rename", "os.remove", "os.mkdir", "os.truncate", "shutil.copyfile"}
"""What Python tells an audit hook of by itself; writing and flushing are wrapped."""
WRAPPED = ("pwrite", "ftruncate", "fdatasync", "fsync")
CLUSTERS = 6
SOUND = b"\xfc\xff\xfe"
"""One Opus packet, 20 ms."""
LIFE_LIMIT_S = 300.0
OTHER_DISK = Path("/dev/shm")


def prove(result: Result, trials: int) -> None:
    """In each trial a worker dies, mostly the next one as well, and the third one lives."""
    chance = random.Random(result.seed)
    home = Path(os.environ["COUNTERFLOW_VAR"])
    steps = _steps_of_a_life(home)
    result.figures["steps"] = steps
    for number in range(trials):
        disk = "another disk" if number % 2 and OTHER_DISK.is_dir() else "one disk"
        folder = home / "trial" if disk == "one disk" else OTHER_DISK / f"trial-{os.getpid()}"
        place = _Place(folder, home / "media")
        deaths = [chance.randint(1, steps), chance.choice((0, chance.randint(1, steps)))]
        for death in (*deaths, 0):
            result.cases["deaths"] += place.live(death)
        result.trials += 1
        result.cases[f"delivered on {disk}"] += 1
        place.judge(result)
        place.clear()


def _steps_of_a_life(home: Path) -> int:
    place = _Place(home / "first", home / "media")
    place.live(0)
    steps = int(place.steps.read_text())
    place.clear()
    return steps


class _Place:
    """A spool, a media folder, and what the site was told."""

    def __init__(self, folder: Path, media: Path) -> None:
        self._folder, self._media = folder, media
        self._spool, self._told = folder / "spool", folder / "told"
        self.steps = folder / "steps"
        self._spool.mkdir(parents=True)
        media.mkdir()

    def live(self, death: int) -> bool:
        """One process: records if nobody has yet, recovers, delivers. Whether it died.

        It does at that step; a process that has less to do does not come so far.
        """
        process = Process(_live, self._spool, self._media, self._told, death, crash=None)
        if not process.wait(LIFE_LIMIT_S):
            process.kill()
            raise TimeoutError("a worker never came to its end")
        return process.was_killed

    def judge(self, result: Result) -> None:
        lines = self._told.read_text().splitlines() if self._told.exists() else []
        events = [json.loads(one) for one in lines]
        links = dict[int, Link]()
        for told in (one for kind, one in events if kind == "recording"):
            for one in (Link(**segment) for segment in told["segments"]):
                result.acknowledged += 1
                result.lost += links.setdefault(one.n, one).head != one.head
        found = [one for one in self._media.rglob("*") if one.is_file()]
        delivered = [one for kind, one in events if kind == "delivered"]
        if not links and not found:
            return  # it died before there was anything to tell
        if len(found) != 1 or not delivered:
            result.broken.append(f"{len(found)} files, told {len(delivered)} times")
            return
        whole, last = found[0].read_bytes(), delivered[-1]
        result.duplicated += len({one["sha256"] for one in delivered}) - 1
        if hashlib.sha256(whole).hexdigest() != last["sha256"]:
            result.broken.append("the file is not the one that was told")
        if chain.find_break([links[n] for n in sorted(links)], whole) is not None:
            result.broken.append("what was told of the file does not verify")
        left = [one.name for one in self._spool.iterdir()]
        if left:
            result.broken.append(f"left in the spool: {left}")

    def clear(self) -> None:
        shutil.rmtree(self._folder)
        shutil.rmtree(self._media)


def _live(spool: Path, media: Path, told: Path, death: int, _crash: object) -> None:
    is_first = not told.with_name("begun").exists()
    told.with_name("begun").touch()
    with told.open("ab", buffering=0) as journal:

        def note(_room: str, _generation: int, kind: str, what: dict[str, object]) -> str:
            journal.write(json.dumps([kind, what]).encode() + b"\n")
            return str(uuid.uuid4())

        steps = _count_steps(death)
        asyncio.run(_work(Archive(spool, Delivery(media, ""), note), is_first=is_first))
    told.with_name("steps").write_text(str(steps[0]))


def _count_steps(death: int) -> list[int]:
    passed = [0]

    def step(event: str, _arguments: object = None) -> None:
        if event not in AUDITED and event not in WRAPPED:
            return
        passed[0] += 1
        if passed[0] == death:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in WRAPPED:
        setattr(os, name, _stepping(name, getattr(os, name), step))
    sys.addaudithook(step)
    return passed


def _stepping(name: str, call: Any, step: Any) -> Any:
    def stepped(*args: Any) -> Any:
        step(name)
        return call(*args)

    return stepped


async def _work(archive: Archive, *, is_first: bool) -> None:
    if is_first:
        recording = archive.begin(
            Begun(recording="rec1", room="r1", generation=1, grant=grant("r1", 1))
        )
        recording.add("customer", "customer")
        (party,) = recording.files.values()
        party.has_audio = True
        for n in range(CLUSTERS):
            party.file.append(_sound(400 * n))
            archive.tell_all([recording])
            await asyncio.sleep(0)
        await archive.stop(recording)
    await archive.recover()
    await archive.settle()
    for event_id in list(archive._awaiting):
        archive.note_ack(event_id)


def _sound(first_ms: int) -> list[webm.Block]:
    return [
        webm.Block(track=webm.AUDIO, at_ms=first_ms + 20 * n, is_key=True, data=SOUND)
        for n in range(20)
    ]
