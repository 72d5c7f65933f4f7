"""What all streams to one browser share: running numbers, the estimate, the pace of what can wait.

Media goes on as it comes, since its sender has paced it. What is sent again or only to probe comes
in bursts of our own making: that goes out in slices, at a rate the way is believed to carry.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic

from runtime.media.bandwidth import Downlink

SLICE_S = 0.005
BURST_BYTES = 16_000  # that leave at once
PACE = 1.5  # times the estimate: what is lost is wanted soon
MIN_PACE_BPS = 1_000_000
MAX_QUEUE = 1024
OVERHEAD_BYTES = 20 + 16 + 28  # header with extension, authentication tag, UDP and IP

Job = Callable[[], None]


class Credit:
    """A bounded share of something that grows: so many more for each that was earned."""

    def __init__(self, share: float, burst: int) -> None:
        self._share = share
        self._burst = burst
        self._spent = float(-burst)

    def take(self, wanted: int, earned: int) -> int:
        """How many of `wanted` may be had, now that `earned` have come in all."""
        have = earned * self._share
        self._spent = min(have, max(self._spent, have - self._burst))
        given = max(0, min(wanted, int(have - self._spent)))
        self._spent += given
        return given


class Way:
    """The way to one browser."""

    def __init__(self) -> None:
        self.downlink = Downlink()
        self._queue: deque[tuple[int, Job]] = deque()
        self._allowance = float(BURST_BYTES)
        self._filled_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def number(self, payload_bytes: int) -> int:
        """The running number for a packet that is sent now."""
        return self.downlink.sent.note(payload_bytes + OVERHEAD_BYTES, monotonic())

    def put(self, size: int, job: Job) -> None:
        """Send something that can wait: at once while there is allowance, else in its turn."""
        if len(self._queue) < MAX_QUEUE:
            self._queue.append((size, job))
        if self._timer is None:
            self._run()

    def probe(self, jobs: list[tuple[int, Job]]) -> None:
        """Send these faster than anything before, and believe what gets through."""
        self.downlink.begin_probe(len(jobs))
        for _, job in jobs:
            job()

    def close(self) -> None:
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        self._timer = None
        now = monotonic()
        rate_bps = max(MIN_PACE_BPS, PACE * self.downlink.bps)
        passed = now - self._filled_at
        self._filled_at = now
        self._allowance = min(BURST_BYTES, self._allowance + passed * rate_bps / 8)
        while self._queue and self._allowance > 0:
            size, job = self._queue.popleft()
            self._allowance -= size
            job()
        if self._queue:
            self._timer = asyncio.get_running_loop().call_later(SLICE_S, self._run)
