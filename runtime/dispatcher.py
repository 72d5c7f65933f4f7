"""The dispatcher process.

Claims due jobs, performs them in bounded threads, keeps leases, sweeps, stops in order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import structlog
from django.db import DatabaseError, close_old_connections, connections

from components.registry import entries
from runtime import bus, dispatch, housekeeping
from runtime.clock import now_ms
from runtime.effects.table import OUTSIDE
from runtime.models import Job

THREADS = 4
OUTSIDE_THREADS = 16
"""For jobs that wait for strangers: however many of those are slow, the house's own go on."""
POLL_MS = 500
SWEEP_MS = 1_000
BEAT_MS = 1_500
CLEAR_MS = 60_000
STOP_LIMIT_S = 10.0
_AFTER_FAULT_S = 1.0

log = structlog.get_logger(__name__)


class _Pool:
    """Threads for one sort of jobs."""

    def __init__(self, name: str, size: int, *, outside: bool) -> None:
        self.size, self.outside = size, outside
        self.threads = ThreadPoolExecutor(size, thread_name_prefix=name)


class Dispatcher:
    """`run()` returns after `stop()`, when what was begun is finished or STOP_LIMIT_S is over."""

    def __init__(self, clock: Callable[[], int] = now_ms) -> None:
        self._clock = clock
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._running: dict[Future[None], Job] = {}
        self._next_sweep_ms = 0
        self._next_beat_ms = 0
        self._next_clear_ms = 0

    def stop(self, *_: object) -> None:
        self._stopping.set()
        self._woken.set()

    def run(self) -> None:
        entries()  # reading the catalogue takes half a second: not while somebody waits
        listener = bus.listen(bus.DISPATCH, self._hear)
        pools = (
            _Pool("effect", THREADS, outside=False),
            _Pool("outside", OUTSIDE_THREADS, outside=True),
        )
        try:
            while not self._stopping.is_set():
                self._woken.clear()
                self._woken.wait(self._turn(pools))
        finally:
            listener.close()
            wait(self._running, timeout=STOP_LIMIT_S)
            for pool in pools:
                pool.threads.shutdown(wait=False, cancel_futures=True)
            connections.close_all()

    def _hear(self, _datagram: Mapping[str, Any]) -> None:
        self._woken.set()

    def _turn(self, pools: Sequence[_Pool]) -> float:
        """One look at the table; how long to sleep then, in seconds."""
        try:
            close_old_connections()
            return self._look(pools)
        except DatabaseError:  # locked for long, or restarting: the rows are still there afterwards
            log.exception("jobs_unreadable")
            return _AFTER_FAULT_S

    def _look(self, pools: Sequence[_Pool]) -> float:
        now = self._clock()
        self._keep_house(now)
        for pool in pools:
            free = pool.size - sum((one.kind in OUTSIDE) is pool.outside for one in self._jobs())
            for job in dispatch.claim(now, limit=free, outside=pool.outside) if free else []:
                self._begin(pool.threads, job)
        due = dispatch.next_due_ms(now)
        pause_ms = POLL_MS if due is None else min(POLL_MS, due - self._clock())
        return max(pause_ms, 0) / 1000

    def _jobs(self) -> list[Job]:
        return list(self._running.values())

    def _begin(self, threads: ThreadPoolExecutor, job: Job) -> None:
        future = threads.submit(self._perform, job)
        self._running[future] = job
        future.add_done_callback(self._end)

    def _perform(self, job: Job) -> None:
        close_old_connections()
        try:
            dispatch.perform(job, self._clock())
        except Exception:
            log.exception("job_left_to_sweep", job=job.key)

    def _end(self, future: Future[None]) -> None:
        self._running.pop(future, None)
        self._woken.set()

    def _keep_house(self, now: int) -> None:
        if now >= self._next_beat_ms:
            self._next_beat_ms = now + BEAT_MS
            dispatch.heartbeat(self._jobs(), now)
        if now >= self._next_sweep_ms:
            self._next_sweep_ms = now + SWEEP_MS
            dispatch.sweep(now)
        if now >= self._next_clear_ms:
            self._next_clear_ms = now + CLEAR_MS
            housekeeping.clear(now)
