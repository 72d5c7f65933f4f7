"""Is the site alive, is it ready, and what must be done when it is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from runtime.clock import now_ms
from runtime.models import Worker

WORKER_SEEN_MS = 5_000
FREE_BYTES = 2 * 1024**3
"""Less than this is about two hours of one recorded call."""
SYNCHRONOUS_FULL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must hold. `mend` is what a person does about it, empty when it holds."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


def database_mode() -> Check:
    """Whether a commit survives a power cut."""
    if connection.vendor != "sqlite":
        return Check(name="database", ok=True, detail=connection.vendor)
    with connection.cursor() as cursor:
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        flushed = cursor.execute("PRAGMA synchronous").fetchone()[0]
    ok = mode == "wal" and flushed == SYNCHRONOUS_FULL
    mend = "" if ok else "Use the settings of config.databases.sqlite: WAL and synchronous=FULL."
    return Check(name="database", ok=ok, detail=f"sqlite {mode} synchronous={flushed}", mend=mend)


def migrations() -> Check:
    """Whether the tables are those of this code."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    mend = "Run manage.py migrate." if waiting else ""
    return Check(name="migrations", ok=not waiting, detail=f"{len(waiting)} waiting", mend=mend)


def front_end() -> Check:
    """Whether the screens are built."""
    built = (settings.DIST / ".vite" / "manifest.json").is_file()
    mend = "" if built else "Run make front, then start the web process again."
    return Check(name="front_end", ok=built, detail="built" if built else "not built", mend=mend)


def media_workers() -> Check:
    """Whether a call would find a room."""
    seen_since = now_ms() - WORKER_SEEN_MS
    live = Worker.objects.filter(status=Worker.Status.LIVE, seen_at_ms__gte=seen_since).count()
    mend = "" if live else "Start a media worker (make run starts one) and look at its log."
    return Check(name="media_worker", ok=live > 0, detail=f"{live} alive", mend=mend)


def disk_space() -> Check:
    """Whether a recording would find a place."""
    free = shutil.disk_usage(settings.VAR).free
    ok = free >= FREE_BYTES
    mend = "" if ok else "Free space, or move COUNTERFLOW_VAR to a larger disk."
    return Check(name="disk", ok=ok, detail=f"{free // 1024**2} MiB free", mend=mend)


CHECKS: tuple[Callable[[], Check], ...] = (
    database_mode,
    migrations,
    front_end,
    media_workers,
    disk_space,
)


def run_checks() -> list[Check]:
    """Every check; one that the database fails is a failed check, not a broken page."""
    return [_guarded(check) for check in CHECKS]


def _guarded(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except DatabaseError as error:
        mend = "Check that the database is reachable and migrated."
        return Check(name=check.__name__, ok=False, detail=type(error).__name__, mend=mend)


def _answer(checks: list[Check]) -> JsonResponse:
    ok = all(one.ok for one in checks)
    body: dict[str, Any] = {
        "status": "ok" if ok else "failing",
        "checks": [asdict(one) for one in checks],
    }
    return JsonResponse(body, status=200 if ok else 503)


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers; a slow database must not get it killed, so nothing else is asked."""
    return _answer([])


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """What must hold before people are sent here."""
    return _answer(run_checks())
