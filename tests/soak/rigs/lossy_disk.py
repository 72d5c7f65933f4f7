"""A disk that loses at a power cut what was never flushed: a FUSE file system in memory.

`python -m tests.soak.rigs.lossy_disk PLATTER MOUNT SEED` shows the folder PLATTER at MOUNT. Writes
stay in this process; fsync carries a file's over to PLATTER, with every name made, moved or removed
before it, as a journalling file system does. Removing `/.power` cuts the power: of what was not
flushed, any sectors in any order may still have reached the platter, so a random half of them does.
"""

from __future__ import annotations

import errno
import os
import random
import stat
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mfusepy import FUSE, FuseOSError, Operations

SECTOR = 512
SWITCH = "/.power"


@dataclass(eq=False)
class Entry:
    """A file or folder as the system sees it, and what of it the platter does not have yet."""

    mode: int
    content: bytearray = field(default_factory=bytearray)
    changed: float = field(default_factory=time.time)
    unflushed: list[tuple[int, bytes | None]] = field(default_factory=list)
    """(offset, bytes) of a write; (length, None) of a truncation."""

    def change(self, offset: int, data: bytes | None) -> None:
        apply(self.content, offset, data)
        self.changed = time.time()
        self.unflushed.append((offset, data))


def apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    content.extend(bytes(max(offset - len(content), 0)))
    content[offset : offset + len(data)] = data


class LossyDisk(Operations):  # type: ignore[misc]
    """Paths are absolute within the mount. Open files are known by handle, also when unlinked."""

    use_ns = True

    def __init__(self, platter: Path, seed: int) -> None:
        self._platter, self._chance = platter, random.Random(seed)
        self._entries: dict[str, Entry] = {"/": Entry(stat.S_IFDIR | 0o755)}
        self._entries[SWITCH] = Entry(stat.S_IFREG)
        self._journal: list[Callable[[], None]] = []
        self._open: dict[int, Entry] = {}
        for path in sorted(platter.rglob("*")):
            content = bytearray() if path.is_dir() else bytearray(path.read_bytes())
            self._entries[f"/{path.relative_to(platter)}"] = Entry(path.stat().st_mode, content)

    # names
    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        entry = self._open[fh] if fh in self._open else self._entry(path)
        return {
            "st_mode": entry.mode,
            "st_nlink": 1,
            "st_size": len(entry.content),
            "st_mtime": int(entry.changed * 1e9),
        }

    def readdir(self, path: str, _fh: int) -> list[str]:
        inside = path.rstrip("/") + "/"
        names = [one.removeprefix(inside) for one in self._entries if one.startswith(inside)]
        return [".", "..", *(one for one in names if one and "/" not in one)]

    def mkdir(self, path: str, mode: int) -> int:
        self._entries[path] = Entry(stat.S_IFDIR | mode)
        self._journal.append(lambda: self._on_platter(path).mkdir(exist_ok=True))
        return 0

    def create(self, path: str, mode: int, _fi: object = None) -> int:
        self._entries[path] = Entry(stat.S_IFREG | mode)
        self._journal.append(lambda: self._on_platter(path).touch())
        return self.open(path, os.O_RDWR)

    def mknod(self, path: str, mode: int, _dev: int) -> int:
        """A socket's name means nothing without its process: it never reaches the platter."""
        self._entries[path] = Entry(mode)
        return 0

    def unlink(self, path: str) -> int:
        if path == SWITCH:
            self._cut_power()
        del self._entries[path]
        self._journal.append(lambda: self._on_platter(path).unlink(missing_ok=True))
        return 0

    def rmdir(self, path: str) -> int:
        del self._entries[path]
        self._journal.append(lambda: self._on_platter(path).rmdir())
        return 0

    def rename(self, old: str, new: str) -> int:
        for path in [one for one in self._entries if one == old or one.startswith(f"{old}/")]:
            self._entries[new + path.removeprefix(old)] = self._entries.pop(path)
        self._journal.append(lambda: self._move(old, new))
        return 0

    def link(self, target: str, source: str) -> int:
        self._entries[target] = self._entry(source)
        self._journal.append(lambda: self._link(target, source))
        return 0

    def chmod(self, path: str, mode: int) -> int:
        entry = self._entry(path)
        entry.mode = stat.S_IFMT(entry.mode) | stat.S_IMODE(mode)
        return 0

    def chown(self, _path: str, _uid: int, _gid: int) -> int:
        return 0

    def utimens(self, _path: str, _times: object = None) -> int:
        return 0

    # content
    def open(self, path: str, _flags: int) -> int:
        handle = max(self._open, default=0) + 1
        self._open[handle] = self._entry(path)
        return handle

    def release(self, _path: str, fh: int) -> int:
        del self._open[fh]
        return 0

    def read(self, _path: str, size: int, offset: int, fh: int) -> bytes:
        return bytes(self._open[fh].content[offset : offset + size])

    def write(self, _path: str, data: bytes, offset: int, fh: int) -> int:
        self._open[fh].change(offset, bytes(data))
        return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        (self._open[fh] if fh in self._open else self._entry(path)).change(length, None)
        return 0

    def fsync(self, path: str, _datasync: int, fh: int) -> int:
        self._flush_names()
        entry = self._open[fh]
        if self._entries.get(path) is entry:
            self._reach_platter(path, entry.unflushed)
        entry.unflushed = []
        return 0

    def fsyncdir(self, _path: str, _datasync: int, _fh: int) -> int:
        self._flush_names()
        return 0

    def _entry(self, path: str) -> Entry:
        entry = self._entries.get(path)
        if entry is None:
            raise FuseOSError(errno.ENOENT)
        return entry

    # the platter
    def _on_platter(self, path: str) -> Path:
        return self._platter / path.lstrip("/")

    def _move(self, old: str, new: str) -> None:
        if self._on_platter(old).exists():
            self._on_platter(old).replace(self._on_platter(new))

    def _link(self, target: str, source: str) -> None:
        if self._on_platter(source).exists():
            self._on_platter(target).hardlink_to(self._on_platter(source))

    def _flush_names(self) -> None:
        for happen in self._journal:
            happen()
        self._journal.clear()

    def _reach_platter(self, path: str, changes: list[tuple[int, bytes | None]]) -> None:
        with self._on_platter(path).open("r+b") as sink:
            for offset, data in changes:
                if data is None:
                    sink.truncate(offset)
                else:
                    sink.seek(offset)
                    sink.write(data)

    def _cut_power(self) -> None:
        """The last things a disk does: any sectors it held, in any order, or none."""
        for path, entry in self._entries.items():
            survived = [one for change in entry.unflushed for one in self._survivors(*change)]
            self._chance.shuffle(survived)
            if survived and self._on_platter(path).exists():
                self._reach_platter(path, survived)
        os._exit(0)

    def _survivors(self, offset: int, data: bytes | None) -> list[tuple[int, bytes | None]]:
        if data is None:
            return [(offset, None)] if self._chance.random() < 0.5 else []
        starts = range(0, len(data), SECTOR)
        kept = [one for one in starts if self._chance.random() < 0.5]
        return [(offset + one, data[one : one + SECTOR]) for one in kept]


if __name__ == "__main__":
    FUSE(
        LossyDisk(Path(sys.argv[1]), int(sys.argv[3])), sys.argv[2], foreground=True, nothreads=True
    )
