"""One UDP socket: read in batches, written in bursts, woken as seldom as the load allows.

A quiet socket wakes the loop for each datagram, which adds no delay. When wakes become many, each
costs more than the datagram it brings; then the socket is looked at every TICK_S instead, and all
that was waiting is handled together. What is sent meanwhile is kept until the batch is done, so
that the equal-sized packets of a picture leave by one call (UDP_SEGMENT, Linux 4.18). UDP_GRO is
the same for what comes in: it costs a third of a read when datagrams come singly, so it stays on
only where they come joined. Kernels that have neither are served packet by packet.
"""

from __future__ import annotations

import asyncio
import errno
import socket as sockets
import sys
from collections import deque
from collections.abc import Callable

import structlog

Address = tuple[str, int] | tuple[str, int, int, int]
Send = Callable[[bytes, Address], None]

TICK_S = 0.002
WINDOW_S = 0.05  # over which wakes are counted
BUSY_WAKES = 60  # in a window: about the load at which ticks cost less than wakes
CALM_PACKETS = 40  # in a window: fewer, and the socket may wake the loop again
MAX_BATCH = 256  # datagrams, before timers and other sockets have their turn
MTU = 2048
JOINED_BYTES = 1 << 16
MAX_RUN_BYTES = 64_000
MAX_RUN = 64  # segments a kernel takes at once
MAX_BACKLOG = 4096  # packets that wait for room in a full send buffer
BUFFER_BYTES = 4 << 20
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
UDP_SEGMENT, UDP_GRO = 103, 104
NO_SEGMENTS = {errno.EIO, errno.ENOPROTOOPT, errno.EOPNOTSUPP}
GRO_TRIAL = 2000  # reads, after which joined ones must have been worth it
GRO_WORTH = 1.4  # packets a read
GRO_REST_READS = 500_000  # until it is tried again: networks change

log = structlog.get_logger(__name__)


class Port:
    """A bound socket; `receive` gets each datagram, its source and the way to answer."""

    def __init__(self, receive: Callable[[bytes, Address, Send], None]) -> None:
        self.refused = 0  # datagrams the kernel would not send
        self.wakes = 0
        self.is_ticking = False
        self._receive = receive
        self._queued: dict[Address, list[bytes]] = {}
        self._backlog: deque[tuple[bytes, Address]] = deque(maxlen=MAX_BACKLOG)
        self._is_batching = False
        self._is_open = False
        self._window: tuple[float, int] = (0.0, 0)  # since, datagrams or wakes in it
        self._has_segments = False
        self._joined: memoryview | None = None
        self._gro_reads = self._gro_packets = 0

    def open(self, host: str, port: int) -> int:
        """Bind and begin to read; gives the port."""
        family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
        self._loop = asyncio.get_running_loop()
        self._socket = sockets.socket(family, sockets.SOCK_DGRAM)
        self._socket.setblocking(False)
        if family == sockets.AF_INET6:
            self._socket.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_V6ONLY, 1)
        self._socket.bind((host, port))
        _enlarge_buffers(self._socket)
        self._has_segments = _has_option(self._socket, UDP_SEGMENT)
        self._is_open = True
        self._loop.add_reader(self._socket, self._wake)
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()

    def send(self, data: bytes, address: Address) -> None:
        """Send at once, or with all that this batch brings."""
        if not self._is_batching:
            self._send_one(data, address)
        elif address in self._queued:
            self._queued[address].append(data)
        else:
            self._queued[address] = [data]

    def begin_burst(self) -> None:
        """Keep what is sent from now on, until `end_burst`."""
        self._is_batching = True

    def end_burst(self) -> None:
        self._is_batching = False
        if not self._queued:
            return
        queued, self._queued = self._queued, {}
        for address, packets in queued.items():
            if len(packets) > 1 and self._has_segments and not self._backlog:
                self._send_many(packets, address)
                continue
            for data in packets:
                self._send_one(data, address)

    def _wake(self) -> None:
        """The socket is readable: the loop asks for nothing else while it is quiet."""
        self.wakes += 1
        self._read_batch()
        if self._count(1) > BUSY_WAKES and self._is_open:
            self.is_ticking = True
            self._loop.remove_reader(self._socket)
            self._window = (self._loop.time(), 0)
            self._loop.call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        if not self._is_open:
            return
        self.wakes += 1
        got = self._read_batch()
        since, before = self._window
        if self._loop.time() - since >= WINDOW_S and before + got < CALM_PACKETS:
            self.is_ticking = False
            self._window = (self._loop.time(), 0)
            self._loop.add_reader(self._socket, self._wake)
            return
        self._count(got)
        if got < MAX_BATCH:
            self._loop.call_later(TICK_S, self._tick)
        else:
            self._loop.call_soon(self._tick)

    def _count(self, step: int) -> int:
        """Add to the present window; gives its sum."""
        now = self._loop.time()
        since, before = self._window
        if now - since >= WINDOW_S:
            since, before = now, 0
        self._window = (since, before + step)
        return before + step

    def _read_batch(self) -> int:
        """Handle all that waits, within MAX_BATCH, and send what came of it."""
        self._is_batching = True
        got = self._read_single() if self._joined is None else self._read_joined(self._joined)
        self._is_batching = False
        if self._queued:
            self.end_burst()
        if self.is_ticking or self._joined is not None:
            self._weigh_gro(got)
        return got

    def _read_single(self) -> int:
        take, receive, send = self._socket.recvfrom, self._receive, self.send
        got = 0
        while got < MAX_BATCH:
            got += 1
            try:
                data, address = take(MTU)
            except BlockingIOError:
                return got - 1
            except OSError:
                continue  # an ICMP refusal of a peer that is gone; consent expiry deals with it
            try:
                receive(data, address, send)
            except Exception:  # one datagram must not end the others' calls
                log.exception("datagram_failed")
        return got

    def _read_joined(self, room: memoryview) -> int:
        got = 0
        while got < MAX_BATCH:
            try:
                length, told, _, address = self._socket.recvmsg_into([room], 32)
            except BlockingIOError:
                break
            except OSError:
                got += 1
                continue
            self._gro_reads += 1
            size = int.from_bytes(told[0][2], sys.byteorder) if told else length
            for at in range(0, length, size or 1):
                got += 1
                try:
                    self._receive(bytes(room[at : min(length, at + size)]), address, self.send)
                except Exception:  # one datagram must not end the others' calls
                    log.exception("datagram_failed")
        self._gro_packets += got
        return got

    def _weigh_gro(self, got: int) -> None:
        """Try joined reads under load; keep them while they bring more than one packet each."""
        if self._joined is None:
            self._gro_reads -= got
            if self.is_ticking and self._gro_reads <= 0 and self._set_gro(is_on=True):
                self._joined = memoryview(bytearray(JOINED_BYTES))
                self._gro_reads = self._gro_packets = 0
            return
        if self._gro_reads < GRO_TRIAL or got >= MAX_BATCH:
            return  # switched only when nothing joined can still be waiting
        if self._gro_packets < GRO_WORTH * self._gro_reads:
            self._set_gro(is_on=False)
            self._joined = None
            self._gro_reads = GRO_REST_READS
            return
        self._gro_reads = self._gro_packets = 0

    def _set_gro(self, *, is_on: bool) -> bool:
        try:
            self._socket.setsockopt(sockets.IPPROTO_UDP, UDP_GRO, int(is_on))
        except OSError:
            self._gro_reads = sys.maxsize  # this kernel never will
            return False
        return True

    def _send_one(self, data: bytes, address: Address) -> None:
        if not self._is_open:
            return
        if self._backlog:
            self._backlog.append((data, address))
            return
        try:
            self._socket.sendto(data, address)
        except BlockingIOError:
            self._backlog.append((data, address))
            self._loop.add_writer(self._socket, self._send_backlog)
        except OSError:
            self.refused += 1

    def _send_backlog(self) -> None:
        """The send buffer has room again."""
        self._loop.remove_writer(self._socket)
        waiting, self._backlog = self._backlog, deque(maxlen=MAX_BACKLOG)
        for data, address in waiting:
            self._send_one(data, address)

    def _send_many(self, packets: list[bytes], address: Address) -> None:
        at = 0
        while at < len(packets):
            end = _end_of_run(packets, at)
            if end - at == 1 or not self._send_run(packets[at:end], address):
                for data in packets[at:end]:
                    self._send_one(data, address)
            at = end

    def _send_run(self, run: list[bytes], address: Address) -> bool:
        """Send packets of one size (the last may be shorter) by one call; False: not sent."""
        size = len(run[0]).to_bytes(2, sys.byteorder)
        try:
            self._socket.sendmsg(run, [(sockets.IPPROTO_UDP, UDP_SEGMENT, size)], 0, address)
        except BlockingIOError:
            return False
        except OSError as error:
            # no offload on this way out; anything else is this packet's size or this peer
            self._has_segments = error.errno not in NO_SEGMENTS
            return False
        return True


def _end_of_run(packets: list[bytes], at: int) -> int:
    """Where the run of packets that begins at `at` ends: one size, the last may be shorter."""
    size = len(packets[at])
    limit = min(len(packets), at + min(MAX_RUN, MAX_RUN_BYTES // max(1, size)))
    end = at + 1
    while end < limit and len(packets[end]) == size:
        end += 1
    if end < limit and len(packets[end]) < size:
        end += 1
    return end


def _enlarge_buffers(socket: sockets.socket) -> None:
    """Room for the packets of a moment in which we do something else."""
    for forced, plain in ((SO_RCVBUFFORCE, sockets.SO_RCVBUF), (SO_SNDBUFFORCE, sockets.SO_SNDBUF)):
        try:
            socket.setsockopt(sockets.SOL_SOCKET, forced, BUFFER_BYTES)
        except OSError:  # not privileged: as much as the host allows everybody
            socket.setsockopt(sockets.SOL_SOCKET, plain, BUFFER_BYTES)


def _has_option(socket: sockets.socket, option: int) -> bool:
    try:
        socket.getsockopt(sockets.IPPROTO_UDP, option)
    except OSError:
        return False
    return True
