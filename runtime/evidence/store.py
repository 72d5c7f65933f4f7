"""What keeps delivered files: a folder or a bucket. Names are plain, parts apart by "/"."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

PIECE_BYTES = 256 * 1024


class Source(Protocol):
    """What an upload is read from."""

    def read(self, size: int, /) -> bytes: ...


class FileExists(Exception):  # noqa: N818 - says a fact, not a fault
    """Another content stands under this name already."""


class StoreUnavailableError(OSError):
    """The store gave no answer in time, or one that makes no sense."""


class Store(ABC):
    """Every method may raise OSError when the store is away."""

    @abstractmethod
    def size_of(self, name: str) -> int | None:
        """In bytes; None when there is no such file."""

    @abstractmethod
    def read(self, name: str, start: int, end: int) -> bytes:
        """Bytes `start … end`, the end included; fewer where the file ends. FileNotFoundError."""

    @abstractmethod
    def borrow(self, name: str) -> AbstractContextManager[Path]:
        """The whole file on this host, only to be read. Raises FileNotFoundError."""

    @abstractmethod
    def keep(self, source: Source, name: str, *, limit_bytes: int) -> int:
        """Take a stream in, whole or not at all; gives its size.

        Raises FileExists when the name is taken by other content, ValueError beyond `limit_bytes`.
        """

    @abstractmethod
    def put(self, path: Path, name: str) -> None:
        """Move a file of this host in; what stood there is replaced."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """What is gone already is no matter."""

    @abstractmethod
    def remove_below(self, folder: str) -> None:
        """Everything whose name begins with that folder."""

    @abstractmethod
    def address_of(self, name: str) -> str:
        """Where a decoder on this host can read it: a path, or an address good for an hour."""

    @abstractmethod
    def upload_address(self, name: str) -> str | None:
        """Where whoever has a grant may put it within minutes; None: it is to be sent to us."""

    @abstractmethod
    def workplace(self, folder: str) -> AbstractContextManager[Path]:
        """A folder on this host with what was left in it before, here or on another host."""


def sha256_of(path: Path) -> str:
    """SHA-256 in hex over a whole file of this host."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(source: Source, path: Path, limit_bytes: int) -> int:
    """Stream into a file of this host, on disk when this returns. ValueError beyond the limit."""
    size = 0
    with path.open("wb") as file:
        while piece := source.read(PIECE_BYTES):
            size += len(piece)
            if size > limit_bytes:
                raise ValueError(f"larger than {limit_bytes} bytes")
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return size
