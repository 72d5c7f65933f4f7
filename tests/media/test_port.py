"""The socket: batches in, bursts out, ticks under load, and kernels that lack things."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.media import port as subject
from runtime.media.port import Address, Port

PATIENCE_S = 20.0


class Far:
    """The other end: a plain socket, and all that came to it."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.address: Address = self.socket.getsockname()

    async def take(self, count: int) -> list[bytes]:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_S):
            return [await loop.sock_recv(self.socket, 4096) for _ in range(count)]


class Near:
    """An open port that keeps what it hears, and echoes when asked to."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.echoes = 0
        self._changed = asyncio.Event()
        self.port = Port(self._hear)
        self.number = self.port.open("127.0.0.1", 0)

    async def until(self, is_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not is_true():
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.02)

    async def until_heard(self, count: int) -> None:
        await self.until(lambda: len(self.heard) >= count)

    def _hear(self, data: bytes, address: Address, send: subject.Send) -> None:
        if data == b"raise":
            raise RuntimeError("a fault of ours")
        self.heard.append(data)
        self._changed.set()
        for number in range(self.echoes):
            send(data + bytes([number]), address)


@pytest.fixture
async def near() -> AsyncIterator[Near]:
    one = Near()
    yield one
    one.port.close()


@pytest.fixture
async def far(near: Near) -> AsyncIterator[Far]:
    one = Far()
    one.socket.connect(("127.0.0.1", near.number))
    yield one
    one.socket.close()


async def test_datagram_is_heard_and_answered(near: Near, far: Far) -> None:
    near.echoes = 1

    far.socket.send(b"hello")

    assert await far.take(1) == [b"hello\x00"]


async def test_fault_over_one_datagram_does_not_touch_the_next(near: Near, far: Far) -> None:
    far.socket.send(b"raise")
    far.socket.send(b"next")

    await near.until_heard(1)

    assert near.heard == [b"next"]


@pytest.mark.parametrize("segments", [True, False])
async def test_burst_arrives_packet_by_packet_in_order(
    near: Near, far: Far, segments: bool
) -> None:
    near.port._has_segments = near.port._has_segments and segments
    sizes = [1100, 1100, 1100, 900, 80, 1100, 1100, 80]
    packets = [bytes([number]) * size for number, size in enumerate(sizes)]

    near.port.begin_burst()
    for data in packets:
        near.port.send(data, far.address)
    near.port.end_burst()

    assert await far.take(len(packets)) == packets


async def test_kernel_that_sends_no_segments_gets_packets(
    near: Near, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        """The socket, on a way out without offload."""

        def __init__(self, real: socket.socket) -> None:
            self._real = real

        def sendmsg(self, *_: Any) -> int:
            raise OSError(errno.EIO, "no offload")

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

    near.port._has_segments = True
    monkeypatch.setattr(near.port, "_socket", Refusing(near.port._socket))
    packets = [bytes([number]) * 500 for number in range(3)]

    near.port.begin_burst()
    for data in packets:
        near.port.send(data, far.address)
    near.port.end_burst()

    assert await far.take(3) == packets
    assert not near.port._has_segments


async def test_full_send_buffer_keeps_what_waits_in_order(
    near: Near, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = 2
    real = near.port._socket

    class Full:
        """The socket, its buffer full for the first few."""

        def sendto(self, data: bytes, address: Address) -> int:
            nonlocal refusals
            refusals -= 1
            if refusals >= 0:
                raise BlockingIOError
            return real.sendto(data, address)

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

    monkeypatch.setattr(near.port, "_socket", Full())

    for number in range(3):
        near.port.send(bytes([number]), far.address)

    assert await far.take(3) == [b"\x00", b"\x01", b"\x02"]


async def test_busy_socket_is_looked_at_in_ticks_and_a_calm_one_at_once(
    near: Near, far: Far
) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not near.port.is_ticking:
            far.socket.send(b"much")
            await asyncio.sleep(0)
    await near.until(lambda: not near.port.is_ticking)
    heard = len(near.heard)

    far.socket.send(b"little")
    await near.until_heard(heard + 1)

    assert near.heard[-1] == b"little"


async def test_joined_datagrams_are_taken_apart(near: Near, far: Far) -> None:
    if not near.port._set_gro(is_on=True):  # such a kernel reads them singly, as above
        assert near.port._gro_reads > 0
        return
    near.port._joined = memoryview(bytearray(subject.JOINED_BYTES))
    sent = [bytes([number]) * 700 for number in range(8)] + [b"end"]

    sender = Port(lambda *_: None)
    sender.open("127.0.0.1", 0)
    sender.begin_burst()
    for data in sent:
        sender.send(data, ("127.0.0.1", near.number))
    sender.end_burst()
    await near.until_heard(len(sent))
    sender.close()

    assert near.heard == sent


async def test_joined_reads_are_given_up_where_nothing_is_joined(near: Near, far: Far) -> None:
    near.port._joined = memoryview(bytearray(subject.JOINED_BYTES))

    for _ in range(0, subject.GRO_TRIAL + 100, 100):
        before = len(near.heard)
        for _ in range(100):
            far.socket.send(b"single")
        await near.until_heard(before + 100)

    assert near.port._joined is None


async def test_closed_port_sends_nothing(near: Near, far: Far) -> None:
    near.port.close()

    near.port.send(b"late", far.address)

    assert near.port.refused == 0


@given(st.lists(st.integers(1, 1400), min_size=1, max_size=200))
def test_runs_have_one_size_and_at_most_a_shorter_last(sizes: list[int]) -> None:
    packets = [bytes(size) for size in sizes]
    at, seen = 0, []

    while at < len(packets):
        end = subject._end_of_run(packets, at)
        run = [len(packet) for packet in packets[at:end]]
        assert len(set(run[:-1])) <= 1
        assert run[-1] <= run[0]
        assert len(run) <= subject.MAX_RUN
        seen += run
        at = end

    assert seen == sizes
