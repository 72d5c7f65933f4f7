"""A disk that is soon full: a tmpfs that only this process and its children see."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

SIZE_MIB = 24
_CLONE_NEWNS, _MS_REC, _MS_PRIVATE = 0x00020000, 0x4000, 1 << 18


def prepare(folder: Path) -> None:
    """A small file system of this process's own over `folder`; it goes when the process goes."""
    libc = ctypes.CDLL(None, use_errno=True)
    _must(libc.unshare(_CLONE_NEWNS), "unshare")
    _must(libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None), "make mounts private")
    size = f"size={SIZE_MIB}m".encode()
    _must(libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, size), "mount tmpfs")


def _must(code: int, what: str) -> None:
    if code != 0:
        raise SystemExit(f"{what}: {os.strerror(ctypes.get_errno())}; this proof needs root")
