"""What a bad network does to packets, one way: pure, the clock is passed in."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Impairment:
    """How bad one way is; without arguments it is perfect."""

    loss: float = 0.0
    """Share (0..1) of packets that never arrive."""
    burst: float = 1.0
    """Mean count of packets lost in a row; 1: each by its own chance."""
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    """Each packet is up to this much earlier or later, evenly spread; so some overtake others."""
    reorder: float = 0.0
    """Share of packets that skip the delay."""
    duplicate: float = 0.0
    """Share of packets that arrive twice."""
    rate_kbps: float = 0.0
    """What the way takes a second, in 1,000 bits; 0: anything."""
    queue_ms: float = 400.0
    """How long a packet may wait for its turn on a narrow way; who would wait longer is dropped."""

    def __post_init__(self) -> None:
        shares = {"loss": self.loss, "reorder": self.reorder, "duplicate": self.duplicate}
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise ValueError(f"{name} is {share}; it is a share, from 0 to 1")
        amounts = (self.delay_ms, self.jitter_ms, self.rate_kbps, self.queue_ms)
        if min(amounts) < 0 or self.burst < 1:
            raise ValueError("times and rates are not negative, and a burst is one packet at least")


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the packets put in."""

    put: int = 0
    lost: int = 0
    dropped: int = 0  # because a narrow way held too much
    duplicated: int = 0
    taken: int = 0


class Stretch:
    """One way between two ends: `put` packets in, `take` those that have arrived by now.

    Times are seconds of any one clock. The same seed and packets give the same fate.
    """

    def __init__(self, seed: int) -> None:
        self.impairment = Impairment()
        self.tally = Tally()
        self._chance = random.Random(seed)
        self._under_way: list[tuple[float, int, bytes]] = []  # (due, order, packet), a heap
        self._is_losing = False  # within a burst
        self._free_at = 0.0  # when a narrow way has sent what it holds

    def put(self, packet: bytes, now: float) -> None:
        self.tally.put += 1
        if self._loses():
            self.tally.lost += 1
            return
        sent = self._send(len(packet), now)
        if sent is None:
            self.tally.dropped += 1
            return
        due = sent + self._travel_s()
        self._add(due, packet)
        if self._chance.random() < self.impairment.duplicate:
            self.tally.duplicated += 1
            self._add(due, packet)

    def take(self, now: float) -> list[bytes]:
        """What has arrived, in the order of arrival."""
        arrived = []
        while self._under_way and self._under_way[0][0] <= now:
            arrived.append(heapq.heappop(self._under_way)[2])
        self.tally.taken += len(arrived)
        return arrived

    @property
    def due(self) -> float | None:
        """When the next packet arrives; None while none is under way."""
        return self._under_way[0][0] if self._under_way else None

    def _add(self, due: float, packet: bytes) -> None:
        order = self.tally.put + self.tally.duplicated  # packets due at once keep theirs
        heapq.heappush(self._under_way, (due, order, packet))

    def _loses(self) -> bool:
        """In bursts by Gilbert's model: two states, of which one loses everything."""
        loss, burst = self.impairment.loss, self.impairment.burst
        if burst == 1 or not 0 < loss < 1:
            return self._chance.random() < loss
        leaving = 1 / burst
        entering = leaving * loss / (1 - loss)
        change = leaving if self._is_losing else entering
        if self._chance.random() < change:
            self._is_losing = not self._is_losing
        return self._is_losing

    def _send(self, size: int, now: float) -> float | None:
        """When a packet of `size` bytes has left; None: it would have waited too long."""
        rate = self.impairment.rate_kbps
        if not rate:
            return now
        begins = max(self._free_at, now)
        if begins - now > self.impairment.queue_ms / 1000:
            return None
        self._free_at = begins + size * 8 / (rate * 1000)
        return self._free_at

    def _travel_s(self) -> float:
        known = self.impairment
        if self._chance.random() < known.reorder:
            return 0.0
        jitter = self._chance.uniform(-1, 1) * known.jitter_ms
        return max(0.0, known.delay_ms + jitter) / 1000
