"""Messages between a worker and its second recorder, in both directions over one socket.

A message is a packet of a track or a JSON object. What does not fit the kernel's buffer waits here,
up to a bound; beyond it packets are dropped, as a network would, and objects are not.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections import deque
from collections.abc import Callable
from struct import Struct
from typing import Any, NamedTuple

from runtime.media.rtp import Packet

PACKET = Struct("!BHHIBd")  # PACKET_KIND, track, sequence, time stamp, marker, epoch ms
PACKET_KIND, OBJECT_KIND = 1, 2
MAX_MESSAGE = 1 << 20
MAX_WAITING = 8 << 20
AT_ONCE = 64  # messages read before others have their turn


class Copied(NamedTuple):
    """A packet of one track, with the time its sender's clock gives it."""

    track: int
    packet: Packet
    wall_ms: float


class Line:
    """One end. `on_message` gets a Copied or a JSON object; `on_end` hears that it is broken."""

    def __init__(
        self,
        end: socket.socket,
        on_message: Callable[[Copied | dict[str, Any]], None],
        on_end: Callable[[], None],
    ) -> None:
        self.dropped = 0
        self._socket = end
        self._on_message = on_message
        self._on_end = on_end
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._is_open = True
        end.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(end, self._read)

    def pass_on(self, track: int, packet: Packet, wall_ms: float) -> None:
        """Send a packet; one that finds no room is gone."""
        head = PACKET.pack(
            PACKET_KIND, track, packet.sequence, packet.timestamp, packet.marker, wall_ms
        )
        if self._waiting_bytes > MAX_WAITING:
            self.dropped += 1
            return
        self._send(head + packet.payload)

    def tell(self, message: dict[str, Any]) -> None:
        """Send an object."""
        self._send(bytes([OBJECT_KIND]) + json.dumps(message).encode())

    @property
    def is_flushed(self) -> bool:
        """Whether nothing waits any more."""
        return not self._waiting

    def close(self) -> None:
        """Nothing is sent or heard afterwards."""
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket.close()

    def _send(self, data: bytes) -> None:
        if not self._is_open:
            return
        if not self._waiting:
            with contextlib.suppress(BlockingIOError):
                self._write(data)
                return
            self._loop.add_writer(self._socket, self._flush)
        self._waiting.append(data)
        self._waiting_bytes += len(data)

    def _write(self, data: bytes) -> None:
        try:
            self._socket.send(data)
        except BlockingIOError:
            raise
        except OSError:
            self._break()

    def _flush(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._waiting and self._is_open:
                self._write(self._waiting[0])
                self._waiting_bytes -= len(self._waiting.popleft())
        if self._is_open and not self._waiting:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(AT_ONCE):
                data = self._receive()
                if not data:
                    self._break()
                    return
                self._on_message(_parse(data))

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(MAX_MESSAGE)
        except ConnectionError:
            return b""

    def _break(self) -> None:
        if self._is_open:
            self.close()
            self._on_end()


def _parse(data: bytes) -> Copied | dict[str, Any]:
    if data[0] == OBJECT_KIND:
        message: dict[str, Any] = json.loads(data[1:])
        return message
    _, track, sequence, timestamp, marker, wall_ms = PACKET.unpack_from(data)
    payload = data[PACKET.size :]
    return Copied(track, Packet(sequence, timestamp, marker, payload), wall_ms)
