"""Media: workers by zone and load, room for recordings."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from config import health
from config.diagnosis.verdict import Verdict, fail, ok, warn
from designer.models import FlowVersion
from runtime.clock import now_ms
from runtime.evidence import files
from runtime.models import Queue, Worker
from runtime.placement import LOAD_LIMIT, SEEN_LIMIT_MS

NAMED = 5  # of what is wrong; the rest is as wrong
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


def zones() -> Verdict:
    """Whether every zone that published flows and queues ask for has a worker that is alive."""
    seen = Worker.objects.filter(
        status=Worker.Status.LIVE, seen_at_ms__gte=now_ms() - SEEN_LIMIT_MS
    )
    live = set(seen.values_list("zone", flat=True))
    asked = [(f"flow {one.flow.name}", zones_of(one.graph)) for one in newest_versions()]
    asked += [(f"queue {one.key}", set(one.media_zones)) for one in Queue.objects.all()]
    unserved = [(who, wanted) for who, wanted in asked if wanted and not wanted & live]
    if not unserved:
        return ok("zones", f"{sum(bool(wanted) for _, wanted in asked)} flows and queues name some")
    told = "; ".join(f"{who}: {', '.join(sorted(wanted))}" for who, wanted in unserved[:NAMED])
    mend = "Start a media worker there (--zone), or change the flow's or queue's zones."
    return fail("zones", f"no worker is alive in the zones of {told}", mend)


def newest_versions() -> Iterator[FlowVersion]:
    """The newest version of each flow."""
    last: dict[UUID, FlowVersion] = {}
    for version in FlowVersion.objects.select_related("flow").order_by("number"):
        last[version.flow_id] = version
    yield from last.values()


def zones_of(graph: Mapping[str, Any]) -> set[str]:
    """Where a version's media may run; empty for anywhere."""
    named = graph.get("settings", {}).get("media_zones", ())
    return set(map(str, named)) if isinstance(named, list | tuple) else set()


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
