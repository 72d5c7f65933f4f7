"""A stretch of network that loses packets or is narrow: a UDP relay between peer and worker."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from typing_extensions import override

QUEUE_S = 0.25  # what a narrow path keeps; more is lost


class LossyPath:
    """Relays datagrams of one peer; of media it loses `loss` (0..1) of them, each way.

    `rate_bps` bounds what goes to the peer; what is too much waits for QUEUE_S at most.
    """

    def __init__(self, worker_port: int, seed: int) -> None:
        self.loss = 0.0
        self.lost = 0
        self.rate_bps: float | None = None
        self._free_at = 0.0  # when the narrow part has sent what it holds
        self.port = 0
        self._worker = ("127.0.0.1", worker_port)
        self._chance = random.Random(seed)
        self._peer: tuple[str, int] | None = None
        self._near: asyncio.DatagramTransport | None = None
        self._far: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._near, _ = await loop.create_datagram_endpoint(
            lambda: _End(self._take_from_peer), local_addr=("127.0.0.1", 0)
        )
        self._far, _ = await loop.create_datagram_endpoint(
            lambda: _End(self._take_from_worker), local_addr=("127.0.0.1", 0)
        )
        self.port = self._near.get_extra_info("sockname")[1]

    def close(self) -> None:
        for end in (self._near, self._far):
            if end is not None:
                end.close()

    def rewrite(self, sdp: str) -> str:
        """The worker's description with the path's port in the place of its own."""
        return sdp.replace(f" {self._worker[1]} ", f" {self.port} ")

    def _take_from_peer(self, data: bytes, address: tuple[str, int]) -> None:
        self._peer = address
        if self._far is not None and not self._is_lost(data):
            self._far.sendto(data, self._worker)

    def _take_from_worker(self, data: bytes, _: tuple[str, int]) -> None:
        if self._peer is None or self._is_lost(data):
            return
        if self.rate_bps is None:
            self._send_near(data, self._peer)
            return
        loop = asyncio.get_running_loop()
        start = max(loop.time(), self._free_at)
        if start - loop.time() > QUEUE_S:
            self.lost += 1
            return
        self._free_at = start + len(data) * 8 / self.rate_bps
        loop.call_at(self._free_at, self._send_near, data, self._peer)

    def _send_near(self, data: bytes, peer: tuple[str, int]) -> None:
        if self._near is not None:
            self._near.sendto(data, peer)

    def _is_lost(self, data: bytes) -> bool:
        is_lost = 127 < data[0] < 192 and self._chance.random() < self.loss
        self.lost += is_lost
        return is_lost


class _End(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._take = take

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._take(data, addr)
