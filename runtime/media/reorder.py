# ruff: noqa: PLR2004 - widths, masks and first bytes of wire formats
"""Packets of a track in order again: a window that waits for what a NACK can still bring."""

from __future__ import annotations

from runtime.media.rtp import Packet

WINDOW_PACKETS = 512
PATIENCE_S = 1.0
"""Seven retries of a NACK at 100 ms there and back. Less costs key frames, which are dear on a way
that loses a third: each makes the sender's next pictures worse, for those who watch as well.
"""


class ReorderWindow:
    """`put` packets as they come, `take` them in order.

    A hole is given up when the packet behind it has waited for PATIENCE_S, so many holes cost no
    more time than one. `take` gives None in the place of what was lost.
    """

    def __init__(self) -> None:
        self._ready: list[Packet | None] = []  # came in order, with nothing missing before it
        self._held: dict[int, Packet] = {}
        self._fresh: list[int] = []  # came since the last `take`
        self._since: dict[int, float] = {}  # sequence -> the `take` that first saw it
        self._next: int | None = None

    def put(self, packet: Packet) -> None:
        if packet.sequence == self._next and not self._held:
            self._ready.append(packet)
            self._next = (self._next + 1) & 0xFFFF
            return
        if self._next is None:
            self._next = packet.sequence
        if ((packet.sequence - self._next) & 0xFFFF) < 0x8000:
            self._held[packet.sequence] = packet
            self._fresh.append(packet.sequence)

    def take(self, now: float) -> list[Packet | None]:
        """What is ready at `now`, in monotonic seconds; infinity asks for all that is held."""
        ready, self._ready = self._ready, []
        for sequence in self._fresh:
            self._since.setdefault(sequence, now)
        self._fresh.clear()
        while self._held:
            if self._next not in self._held:
                behind = self._first_held()
                if not self._is_given_up(behind, now):
                    break
                ready.append(None)
                self._next = behind
            self._run_on(ready)
        return ready

    def waited_s(self, now: float) -> float:
        """How long what is held at the last `take`, at `now`, has waited for what is missing."""
        return now - self._since[self._first_held()] if self._held else 0.0

    def _run_on(self, ready: list[Packet | None]) -> None:
        while self._next in self._held:
            ready.append(self._held.pop(self._next))
            self._since.pop(self._next, None)
            self._next = (self._next + 1) & 0xFFFF

    def _first_held(self) -> int:
        base = self._next or 0
        return min(self._held, key=lambda sequence: (sequence - base) & 0xFFFF)

    def _is_given_up(self, behind: int, now: float) -> bool:
        return now >= self._since[behind] + PATIENCE_S or len(self._held) >= WINDOW_PACKETS
