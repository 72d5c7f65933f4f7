# ruff: noqa: PLR2004 - widths, masks and first bytes of wire formats
"""Transport-wide feedback: which of a way's packets came, and when.

Format: draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1. Every packet of a transport carries
one running number in a header extension, whatever its stream; times are in ticks of 250 µs.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import pack, unpack_from

EXTENSION = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
TICKS_PER_S = 4000
REFERENCE_TICKS = 256  # 64 ms
MAX_STATUSES = 512  # in one feedback; 20 Mb/s of them in a quarter of a second
MAX_READ = 8192  # a few bytes can claim 65535
LOST, SMALL, LARGE = 0, 1, 2
RUN_WORTH = 14  # as many as a vector chunk of one bit holds

Arrival = tuple[int, float | None]  # running number, seconds on the receiver's clock; None: lost


class ArrivalLog:
    """What has come since the last feedback."""

    def __init__(self) -> None:
        self._ticks: dict[int, int] = {}  # extended number -> arrival
        self._next: int | None = None  # the first number not yet reported
        self._count = 0

    def note(self, sequence: int, now: float) -> None:
        """A packet with the running number `sequence` came at `now`, monotonic seconds."""
        if self._next is None:
            self._next = sequence
        step = (sequence - self._next) & 0xFFFF
        if step < 0x8000:  # else it was reported as lost already
            self._ticks[self._next + step] = int(now * TICKS_PER_S)

    def take(self) -> list[bytes]:
        """The feedback due, as FCIs; empty when nothing came."""
        packed = []
        while self._ticks and self._next is not None:
            first, last = self._next, max(self._ticks)
            if last - first >= MAX_STATUSES and first not in self._ticks:
                first = self._next = min(self._ticks)  # a jump: nobody needs to hear of each
            packed.append(self._pack(first, min(last, first + MAX_STATUSES - 1)))
        return packed

    def _pack(self, first: int, last: int) -> bytes:
        """Report `first` to `last`, or to where a time no longer fits."""
        came = [number for number in range(first, last + 1) if number in self._ticks]
        reference = self._ticks[came[0]] // REFERENCE_TICKS
        before = reference * REFERENCE_TICKS
        symbols: list[int] = []
        deltas = b""
        for number in range(first, last + 1):
            at = self._ticks.get(number)
            if at is None:
                symbols.append(LOST)
                continue
            delta = at - before
            if not -0x8000 <= delta <= 0x7FFF:
                break
            is_small = 0 <= delta <= 0xFF
            symbols.append(SMALL if is_small else LARGE)
            deltas += bytes([delta]) if is_small else pack("!h", delta)
            before = at
        self._forget(first, first + len(symbols))
        head = pack("!HHI", first & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8 | self._count)
        self._count = (self._count + 1) & 0xFF
        body = head + _pack_symbols(symbols) + deltas
        return body + bytes(-len(body) % 4)

    def _forget(self, first: int, until: int) -> None:
        for number in range(first, until):
            self._ticks.pop(number, None)
        self._next = until


def read(packed: bytes) -> list[Arrival]:
    """The statuses of an FCI in the order of their numbers; empty when it is malformed."""
    if len(packed) < 8:
        return []
    base, count, word = unpack_from("!HHI", packed)
    if count > MAX_READ:
        return []
    symbols, at = _read_symbols(packed, count)
    if symbols is None:
        return []
    reference = word >> 8
    ticks = (reference - (1 << 24) if reference & 0x800000 else reference) * REFERENCE_TICKS
    arrivals: list[Arrival] = []
    for step, symbol in enumerate(symbols):
        number = (base + step) & 0xFFFF
        if symbol not in (SMALL, LARGE):
            arrivals.append((number, None))
            continue
        if at + symbol > len(packed):
            return []
        ticks += packed[at] if symbol == SMALL else unpack_from("!h", packed, at)[0]
        at += symbol
        arrivals.append((number, ticks / TICKS_PER_S))
    return arrivals


def _pack_symbols(symbols: list[int]) -> bytes:
    """Runs of one symbol by their length, others seven to a chunk."""
    chunks = b""
    at = 0
    while at < len(symbols):
        run = _run_at(symbols, at)
        if run >= RUN_WORTH or run == len(symbols) - at:
            chunks += pack("!H", symbols[at] << 13 | run)
            at += run
            continue
        word = 0xC000
        for place, symbol in enumerate(symbols[at : at + 7]):
            word |= symbol << (12 - 2 * place)
        chunks += pack("!H", word)
        at += 7
    return chunks


def _run_at(symbols: list[int], at: int) -> int:
    end = at + 1
    while end < len(symbols) and symbols[end] == symbols[at] and end - at < 0x1FFF:
        end += 1
    return end - at


def _read_symbols(packed: bytes, count: int) -> tuple[list[int] | None, int]:
    """(symbols, where the deltas begin); None for the symbols when chunks are missing."""
    symbols: list[int] = []
    at = 8
    while len(symbols) < count:
        if at + 2 > len(packed):
            return None, at
        (chunk,) = unpack_from("!H", packed, at)
        symbols += _read_chunk(chunk, count - len(symbols))
        at += 2
    return symbols[:count], at


def _read_chunk(chunk: int, wanted: int) -> Iterator[int] | list[int]:
    if not chunk & 0x8000:
        return [chunk >> 13 & 3] * min(wanted, max(1, chunk & 0x1FFF))
    if chunk & 0x4000:
        return (chunk >> shift & 3 for shift in range(12, -1, -2))
    return (chunk >> shift & 1 for shift in range(13, -1, -1))
