"""Media: workers by zone and load, room for recordings."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from config import health
from config.diagnosis.verdict import Verdict, fail, ok, warn
from runtime.clock import now_ms
from runtime.evidence import files
from runtime.models import Worker
from runtime.placement import LOAD_LIMIT, SEEN_LIMIT_MS

LOW_BYTES = 10 * 1024**3


def workers() -> Verdict:
    """Whether every zone that has workers has one that is alive, and some have room."""
    enrolled = set(Worker.objects.values_list("zone", flat=True))
    live = list(
        Worker.objects.filter(
            status=Worker.Status.LIVE, seen_at_ms__gte=now_ms() - SEEN_LIMIT_MS
        ).values_list("zone", "load")
    )
    if not live:
        mend = "Start one (python -m runtime.media) and look at its log; enrol_worker lets it in."
        return fail("workers", "no media worker is alive: no call finds a room", mend)
    empty = sorted(enrolled - {zone for zone, _ in live})
    if empty:
        mend = "Start a media worker there."
        return fail("workers", f"none is alive in zone {', '.join(empty)}", mend)
    if all(load > LOAD_LIMIT for _, load in live):
        return fail("workers", "all are full: no new call finds a room", "Start more of them.")
    return ok("workers", f"{len(live)} alive in {len({zone for zone, _ in live})} zones")


def disks() -> Iterator[Verdict]:
    """Whether there is room for what the site writes."""
    for name, path in (
        ("var", settings.VAR),
        ("media", settings.MEDIA_FOLDER),
        ("spool", settings.VAR / "spool"),
    ):
        yield judge_disk(f"disk_{name}", shutil.disk_usage(_existing(Path(path))).free)


def bucket() -> Iterator[Verdict]:
    """Whether the bucket answers, where there is one."""
    if not settings.MEDIA_BUCKET:
        return
    mend = "Look at COUNTERFLOW_MEDIA_BUCKET, the credentials (AWS_ACCESS_KEY_ID …) and the way."
    try:
        files.size_of("doctor")
    except (ImportError, ValueError, OSError) as error:
        yield fail("bucket", f"no answer: {type(error).__name__}", mend)
    else:
        yield ok("bucket", "answers")


def judge_disk(name: str, free: int) -> Verdict:
    """`free` in bytes."""
    detail = f"{free // 1024**2} MiB free"
    if free >= LOW_BYTES:
        return ok(name, detail)
    mend = "Free space or move the folder; a recorded call takes about 1 GiB an hour."
    return (warn if free >= health.FREE_BYTES else fail)(name, detail, mend)


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)
