# ruff: noqa: PLR2004 - widths, masks and first bytes of wire formats
"""Packets of a track in order again: a window that waits for what a NACK can still bring."""

from __future__ import annotations

from runtime.media.rtp import Packet

WINDOW_PACKETS = 512
PATIENCE_S = 0.3  # six retries of a NACK


class ReorderWindow:
    """`put` packets as they come, `take` them in order; a hole is given up after PATIENCE_S.

    `take` gives (packets, lost): lost says that a hole was given up before the first of them.
    """

    def __init__(self) -> None:
        self._held: dict[int, Packet] = {}
        self._next: int | None = None
        self._hole_since: float | None = None

    def put(self, packet: Packet) -> None:
        if self._next is None:
            self._next = packet.sequence
        if ((packet.sequence - self._next) & 0xFFFF) < 0x8000:
            self._held[packet.sequence] = packet

    def take(self, now: float) -> tuple[list[Packet], bool]:
        lost = False
        if self._held and self._next not in self._held:
            if not self._has_waited(now):
                return [], False
            lost = True
            base = self._next or 0
            self._next = min(self._held, key=lambda sequence: (sequence - base) & 0xFFFF)
        self._hole_since = None
        ready: list[Packet] = []
        while self._next in self._held:
            ready.append(self._held.pop(self._next))
            self._next = (self._next + 1) & 0xFFFF
        return ready, lost

    def _has_waited(self, now: float) -> bool:
        if self._hole_since is None:
            self._hole_since = now
        return now - self._hole_since >= PATIENCE_S or len(self._held) >= WINDOW_PACKETS
