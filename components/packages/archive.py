"""`.component` archives: read without trusting a word of them, written the same each time.

A ZIP file says of itself how large its entries are; nothing of that is believed. Names are plain
relative paths of regular files, each once; bytes are counted as they come out.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from typing import IO

from components.packages.errors import Refusal, RefusedPackageError

MAX_FILES = 2_000
MAX_BYTES = 100 << 20
MAX_PACKED_BYTES = 32 << 20
MAX_RATIO = 100
FREE_BYTES = 1 << 16
"""So much may come out of any file: short texts pack better than any ratio allows."""
MAX_NAME = 200
_PIECE = 1 << 16
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP file can say
_REGULAR = stat.S_IFREG | 0o644


def read(data: bytes) -> dict[str, bytes]:
    """Every file by its name. Raises RefusedPackageError."""
    if len(data) > MAX_PACKED_BYTES:
        raise _refused(Refusal.TOO_LARGE, "", f"at most {MAX_PACKED_BYTES} bytes packed")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read_all(archive)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise _refused(Refusal.NOT_AN_ARCHIVE, "", "a whole ZIP file") from error
    except zlib.error as error:
        raise _refused(Refusal.DAMAGED, "", "entries that unpack") from error


def write(files: Mapping[str, bytes]) -> bytes:
    """The archive of these files; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _REGULAR << 16
            entry.create_system = 3  # where those attributes mean what we say
            archive.writestr(entry, files[name])
    return out.getvalue()


def check_name(name: str) -> None:
    """Raises RefusedPackageError unless this is a plain relative path."""
    parts = name.split("/")
    if len(name) > MAX_NAME or not all(_PART.fullmatch(part) for part in parts):
        raise _refused(Refusal.BAD_NAME, name[:MAX_NAME], "letters, digits, '_', '.', '-', '/'")


def _read_all(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise _refused(Refusal.TOO_MANY_FILES, "", f"at most {MAX_FILES} files")
    found: dict[str, bytes] = {}
    folded: set[str] = set()
    left = MAX_BYTES
    for entry in entries:
        _check_entry(entry)
        if entry.filename.lower() in folded:
            raise _refused(Refusal.DUPLICATE_ENTRY, entry.filename, "each name once")
        folded.add(entry.filename.lower())
        found[entry.filename] = _unpack(archive, entry, left)
        left -= len(found[entry.filename])
    return found


def _check_entry(entry: zipfile.ZipInfo) -> None:
    check_name(entry.orig_filename)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if entry.is_dir() or kind not in (0, stat.S_IFREG):
        raise _refused(Refusal.NOT_A_FILE, entry.filename, "a regular file, no link")
    if entry.flag_bits & 0x1:
        raise _refused(Refusal.NOT_AN_ARCHIVE, entry.filename, "an entry without a password")


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    limit = min(left, max(FREE_BYTES, MAX_RATIO * entry.compress_size))
    pieces: list[bytes] = []
    size = 0
    with archive.open(entry) as file:
        while piece := _next(file, entry):
            size += len(piece)
            if size > left:
                raise _refused(Refusal.TOO_LARGE, entry.filename, f"{MAX_BYTES} bytes in all")
            if size > limit:
                raise _refused(Refusal.TOO_DENSE, entry.filename, f"{MAX_RATIO} to 1 at most")
            pieces.append(piece)
    return b"".join(pieces)


def _next(file: IO[bytes], entry: zipfile.ZipInfo) -> bytes:
    try:
        return file.read(_PIECE)
    except zipfile.BadZipFile as error:
        raise _refused(Refusal.DAMAGED, entry.filename, "bytes of the sum it has") from error


def _refused(code: Refusal, where: str, expected: str) -> RefusedPackageError:
    return RefusedPackageError(code, where=where, expected=expected)
