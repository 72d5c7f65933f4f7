"""Jobs a second: timers that have all come due, each of another run, performed by a site's own.

On SQLite (WAL, FULL) by a dispatcher, on PostgreSQL by a relay, Redis and two workers of Celery,
all of them processes as `make run` and `make cluster` start them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from config import servers
from tests.bench.engine_site import ROOT, open_site, say
from tests.bench.postgres import postgres

BURST = 5_000
LIMIT_S = 300.0
READY_LIMIT_S = 20.0
LOOK_S = 0.5
WORKERS = 2


def fill(count: int) -> None:
    """So many runs, each with one timer that came due a while ago and is followed by another."""
    from django.db import transaction  # noqa: PLC0415 - needs the site

    from flow.events import ParticipantId, ParticipantJoined  # noqa: PLC0415 - needs the site
    from runtime import driver  # noqa: PLC0415 - needs the site
    from runtime.clock import now_ms  # noqa: PLC0415 - needs the site
    from tests.runtime.builders import published  # noqa: PLC0415 - needs the site

    version = published(two_waits())
    at_ms = now_ms() - 3_600_000
    joined = ParticipantJoined(
        at_ms=at_ms, participant=ParticipantId("p"), role="customer", name=""
    )
    for first in range(0, count, 200):
        with transaction.atomic():
            for _ in range(first, min(first + 200, count)):
                run = driver.start_run(version, at_ms=at_ms).pk
                driver.advance_run(run, joined, key="joined", actor="p")


def two_waits() -> dict[str, object]:
    from tests.runtime.builders import edge, end, graph, node  # noqa: PLC0415 - needs the site

    text = {"en": "One moment", "zh-Hans": "请稍候"}
    waits = [
        node("first", "logic.wait", timeout_s=60, text=text),
        node("second", "logic.wait", timeout_s=86_400, text=text),
    ]
    edges = [
        edge("link", "ok", "first"),
        edge("link", "expired", "done"),
        edge("first", "timeout", "second"),
        edge("second", "timeout", "done"),
    ]
    return graph([node("link", "entry.link"), *waits, end()], edges)


def rate_of(processes: Sequence[Sequence[str]], count: int) -> float:
    """Jobs a second, from the first fired to the last, once these processes have performed all."""
    from django.db.models import Max, Min  # noqa: PLC0415 - needs the site

    from runtime.models import RunEvent  # noqa: PLC0415 - needs the site

    fired = RunEvent.objects.filter(kind="TimerFired")
    with contextlib.ExitStack() as stack:
        for argv in processes:
            stack.enter_context(_process(argv))
        limit_s = time.monotonic() + LIMIT_S
        while (done := fired.count()) < count:
            if time.monotonic() > limit_s:
                raise SystemExit(f"{done} of {count} jobs after {LIMIT_S} s")
            time.sleep(LOOK_S)
    span = fired.aggregate(first=Min("at_ms"), last=Max("at_ms"))
    took_ms: int = max(span["last"] - span["first"], 1)
    return 1000 * count / took_ms


@contextlib.contextmanager
def _process(argv: Sequence[str]) -> Iterator[None]:
    one = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        one.send_signal(signal.SIGTERM)
        try:
            one.wait(20)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait(10)


def dispatcher() -> list[str]:
    return [sys.executable, "manage.py", "dispatch"]


def celery(number: int) -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "-A", "config.celery", "worker"),
        *("-Q", "counterflow.jobs", "--pool", "prefork", "--concurrency", "1"),
        *("--hostname", f"bench-{number}@%h", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def on_sqlite(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        open_site(Path(name))
        fill(count)
        rate = rate_of([dispatcher()], count)
    against = f"SQLite, a dispatcher; a burst of {count} timers, each of another run"
    say("engine.jobs_per_s", rate, against, unit="jobs/s")


def on_postgresql(count: int) -> None:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        server = stack.enter_context(postgres())
        os.environ.update(stack.enter_context(_redis(folder)))
        open_site(folder, server.url)
        fill(count)
        workers = [celery(number) for number in range(WORKERS)]
        rate = rate_of([*workers, dispatcher()], count)
    against = f"PostgreSQL, a relay, Redis, {WORKERS} workers of Celery; the same burst"
    say("engine.jobs_per_s_postgresql", rate, against, unit="jobs/s")


@contextlib.contextmanager
def _redis(folder: Path) -> Iterator[Mapping[str, str]]:
    """A Redis of one's own; what the site must know of it."""
    server = servers.redis(folder)
    (child,) = server.children
    assert child.before is not None
    assert child.is_ready is not None
    child.before()
    with _process(child.argv):
        limit_s = time.monotonic() + READY_LIMIT_S
        while not child.is_ready():
            if time.monotonic() > limit_s:
                raise SystemExit("Redis does not start")
            time.sleep(LOOK_S)
        yield server.environment


def main() -> None:
    """`engine_jobs.py [COUNT]`: both, one after the other."""
    count = sys.argv[1] if len(sys.argv) > 1 else str(BURST)
    for where in ("sqlite", "postgresql"):  # a site's settings are read once in a process
        subprocess.run([sys.executable, __file__, count, where], check=True)


if __name__ == "__main__":
    measures = {"sqlite": on_sqlite, "postgresql": on_postgresql}
    if len(sys.argv) > 2:
        measures[sys.argv[2]](int(sys.argv[1]))
    else:
        main()
