"""The media folder of this host, or one that all hosts share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from typing_extensions import override

from runtime.evidence.store import FileExists, Source, Store, sha256_of, write


class Folder(Store):
    """Names are paths below the folder. One that leads out of it raises ValueError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def path_of(self, name: str) -> Path:
        """The file's place."""
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder):
            raise ValueError(f"{name!r} leads out of the media folder")
        return path

    @override
    def size_of(self, name: str) -> int | None:
        path = self.path_of(name)
        return path.stat().st_size if path.is_file() else None

    @override
    def read(self, name: str, start: int, end: int) -> bytes:
        with self.path_of(name).open("rb") as file:
            file.seek(start)
            return file.read(end - start + 1)

    @override
    @contextmanager
    def borrow(self, name: str) -> Iterator[Path]:
        path = self.path_of(name)
        if not path.is_file():
            raise FileNotFoundError(name)
        yield path

    @override
    def keep(self, source: Source, name: str, *, limit_bytes: int) -> int:
        path = self.path_of(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            size = write(source, partial, limit_bytes)
            if path.exists():
                if sha256_of(path) != sha256_of(partial):
                    raise FileExists(name)
            else:
                partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)
        return size

    @override
    def put(self, path: Path, name: str) -> None:
        target = self.path_of(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)

    @override
    def remove(self, name: str) -> None:
        self.path_of(name).unlink(missing_ok=True)

    @override
    def remove_below(self, folder: str) -> None:
        shutil.rmtree(self.path_of(folder), ignore_errors=True)

    @override
    def address_of(self, name: str) -> str:
        return str(self.path_of(name))

    @override
    def upload_address(self, name: str) -> str | None:
        return None

    @override
    @contextmanager
    def workplace(self, folder: str) -> Iterator[Path]:
        path = self.path_of(folder)
        path.mkdir(parents=True, exist_ok=True)
        yield path
