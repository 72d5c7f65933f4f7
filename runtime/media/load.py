"""How busy a worker is: its share of a core, smoothed, and the packets it takes in."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, process_time

SMOOTHING_S = 2.0
"""What is shorter than this (a key frame asked for by many) weighs as much less."""
FULL = 0.9
"""Share of a core from which on another room would hurt those that are there."""


class Load:
    """Measured at each look; `clock` and `cpu` give seconds."""

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        cpu: Callable[[], float] = process_time,
    ) -> None:
        self._clock, self._cpu = clock, cpu
        self._at, self._spent, self._packets = clock(), cpu(), 0
        self.share = 0.0
        """Of a core, 0..1."""
        self.packets_per_s = 0

    def look(self, packets: int) -> None:
        """`packets` have come in since the start."""
        at, spent = self._clock(), self._cpu()
        passed = max(0.001, at - self._at)
        share = min(1.0, (spent - self._spent) / passed)
        weight = min(1.0, passed / SMOOTHING_S)
        self.share += (share - self.share) * weight
        self.packets_per_s = round((packets - self._packets) / passed)
        self._at, self._spent, self._packets = at, spent, packets

    @property
    def is_full(self) -> bool:
        return self.share >= FULL
