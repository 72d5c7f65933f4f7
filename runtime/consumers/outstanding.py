"""What a socket was sent and has not said it read: never more than LIMIT_BYTES.

Daphne, the kernel and every proxy keep what a browser does not read, so only the reader's own word
says what is still held. It says how many frames it has read; the sizes are known here.
"""

from __future__ import annotations

from collections import deque

from runtime.errors import MalformedMessageError

LIMIT_BYTES = 2 * 1024 * 1024
FRAME_BYTES = 128
"""What holding a frame costs beside its text, about."""


class Outstanding:
    """Frames sent over one socket, oldest first, without those that were read."""

    __slots__ = ("_bytes", "_read", "_sizes")

    def __init__(self) -> None:
        self._sizes: deque[int] = deque()
        self._bytes = self._read = 0

    def add(self, length: int) -> bool:
        """Whether a frame of `length` characters may be sent; it is counted then.

        The first one always may: what is larger than the limit could never be sent otherwise.
        """
        size = length + FRAME_BYTES
        if self._sizes and self._bytes + size > LIMIT_BYTES:
            return False
        self._sizes.append(size)
        self._bytes += size
        return True

    def settle(self, frames: int) -> None:
        """The reader has read so many frames since the socket was opened.

        Raises MalformedMessageError when there were not so many.
        """
        if frames > self._read + len(self._sizes):
            raise MalformedMessageError(
                f"/frames: {self._read + len(self._sizes)} were sent", field="/frames"
            )
        while self._read < frames:
            self._bytes -= self._sizes.popleft()
            self._read += 1
