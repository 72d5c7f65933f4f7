"""Where delivered files are: one store, the media folder or a bucket, as the settings say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings

from runtime.evidence.folder import Folder
from runtime.evidence.store import PIECE_BYTES, FileExists, Source, Store

__all__ = ["FileExists"]


def store() -> Store:
    """The one that the settings name, made once."""
    return _store(settings.MEDIA_BUCKET, Path(settings.MEDIA_FOLDER))


@lru_cache(maxsize=4)
def _store(bucket: str, folder: Path) -> Store:
    if not bucket:
        return Folder(folder)
    from runtime.evidence.bucket import Bucket  # noqa: PLC0415 - its library is an extra

    return Bucket(bucket)


def size_of(name: str) -> int | None:
    """In bytes; None when there is no such file."""
    return store().size_of(name)


def keep(source: Source, name: str, *, limit_bytes: int) -> int:
    """Take a stream in. Raises FileExists, ValueError beyond `limit_bytes`."""
    return store().keep(source, name, limit_bytes=limit_bytes)


def put(path: Path, name: str) -> None:
    """Move a file of this host in."""
    store().put(path, name)


def borrow(name: str) -> AbstractContextManager[Path]:
    """The whole file on this host, only to be read. Raises FileNotFoundError."""
    return store().borrow(name)


def address_of(name: str) -> str:
    """Where a decoder on this host can read it."""
    return store().address_of(name)


def upload_address(name: str) -> str | None:
    """Where a worker may put it; None: it sends it to us."""
    return store().upload_address(name)


def workplace(folder: str) -> AbstractContextManager[Path]:
    """A folder on this host, with what was left in it before."""
    return store().workplace(folder)


def remove(name: str) -> None:
    """Delete one file."""
    store().remove(name)


def remove_below(folder: str) -> None:
    """Delete everything in a folder."""
    store().remove_below(folder)


def remove_run(run_id: UUID) -> None:
    """Delete everything that was delivered of a run."""
    remove_below(str(run_id))


def read_range(name: str, start: int, end: int) -> bytes:
    """Bytes `start … end`, the end included."""
    return store().read(name, start, end)


async def pieces(name: str) -> AsyncIterator[bytes]:
    """The whole file, never more than one piece of it in memory."""
    offset = 0
    while piece := await asyncio.to_thread(read_range, name, offset, offset + PIECE_BYTES - 1):
        offset += len(piece)
        yield piece
