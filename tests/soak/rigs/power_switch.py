"""Mounts a lossy disk over the site's folder, cuts its power, mounts it again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

_ROOT = Path(__file__).parents[3]


def prepare(folder: Path) -> None:
    """From now on `folder` is the mount; what survives lies beside it."""
    _platter(folder).mkdir(exist_ok=True)
    restore(0)


def cut() -> None:
    """All at once: what was not flushed is gone, or half of it is not."""
    try:
        (_folder() / ".power").unlink()
    except OSError:
        return  # nobody is left to answer
    raise RuntimeError("the disk is still there")


def restore(seed: int) -> None:
    folder = _folder()
    subprocess.run(["fusermount3", "-u", "-z", "-q", str(folder)], check=False)
    folder.mkdir(exist_ok=True)
    argv = [sys.executable, "-m", "tests.soak.rigs.lossy_disk"]
    argv += [str(_platter(folder)), str(folder), str(seed)]
    subprocess.Popen(argv, cwd=_ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not os.path.ismount(folder):
        if time.monotonic() > deadline:
            raise SystemExit("the lossy disk was not mounted; on Debian: apt-get install fuse3")
        time.sleep(0.02)


def remove() -> None:
    """The proof is over: the disk is unplugged, and its process ends."""
    subprocess.run(["fusermount3", "-u", "-z", "-q", str(_folder())], check=False)


def _folder() -> Path:
    return Path(os.environ["COUNTERFLOW_VAR"])


def _platter(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}-platter")
