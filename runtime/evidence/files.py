"""Where delivered files stand in the media folder, and reading them in bounded pieces."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings

_PIECE = 256 * 1024


class Source(Protocol):
    """What an upload is read from."""

    def read(self, size: int, /) -> bytes: ...


class FileExists(Exception):  # noqa: N818 - says a fact, not a fault
    """Another content stands under this name already."""


def path_of(relative: str) -> Path:
    """The file's place. Raises ValueError for a name that leads out of the media folder."""
    folder = Path(settings.MEDIA_FOLDER).resolve()
    path = (folder / relative).resolve()
    if not path.is_relative_to(folder):
        raise ValueError(f"{relative!r} leads out of the media folder")
    return path


def keep(source: Source, relative: str, *, limit_bytes: int) -> int:
    """Stream `source` into the media folder, whole or not at all; gives its size.

    Raises FileExists when the name is taken by other content, ValueError beyond `limit_bytes`.
    """
    path = path_of(relative)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        size = _write(source, partial, limit_bytes)
        if path.exists():
            if sha256_of(path) != sha256_of(partial):
                raise FileExists(relative)
        else:
            partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return size


def _write(source: Source, path: Path, limit_bytes: int) -> int:
    size = 0
    with path.open("wb") as file:
        while piece := source.read(_PIECE):
            size += len(piece)
            if size > limit_bytes:
                raise ValueError(f"larger than {limit_bytes} bytes")
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return size


def remove_run(run_id: UUID) -> None:
    """Delete everything that was delivered of a run; what is gone already is no matter."""
    shutil.rmtree(path_of(str(run_id)), ignore_errors=True)


def read_range(path: Path, start: int, end: int) -> bytes:
    """Bytes `start … end`, the end included."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start + 1)


async def pieces(path: Path) -> AsyncIterator[bytes]:
    """The whole file, never more than one piece of it in memory."""
    offset = 0
    while piece := await asyncio.to_thread(read_range, path, offset, offset + _PIECE - 1):
        offset += len(piece)
        yield piece


def sha256_of(path: Path) -> str:
    """SHA-256 in hex over the whole file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
