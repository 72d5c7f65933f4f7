# ruff: noqa: PLR2004 - widths, masks and first bytes of wire formats
"""RTP bytes as values: the packet header and its extensions, the VP8 payload (RFC 3550, 7741)."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

HEADER = Struct("!BBHII")
HEADER_BYTES = 12
SEQUENCES = 1 << 16
TIMESTAMPS = 1 << 32


class Packet(NamedTuple):
    """One media packet; a tuple, because thousands a second are made of it."""

    sequence: int  # 16 bit
    timestamp: int  # 32 bit
    marker: int  # 0 or 0x80
    payload: bytes  # without padding, unwrapped
    red: bytes = b""  # as it came, when it was wrapped


def find_payload(data: bytes) -> bytes | None:
    """The payload behind CSRCs and header extensions, without padding; None when cut short."""
    first = data[0]
    start = HEADER_BYTES
    if first & 0x1F:
        start += 4 * (first & 0x0F)
        if first & 0x10:
            if len(data) < start + 4:
                return None
            start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data)
    if first & 0x20:
        end -= data[-1]
    if end < start:
        return None
    return data[start:end]


def find_extension(data: bytes, wanted: int) -> bytes | None:
    """The value of one header extension in its one-byte form (RFC 8285 §4.2)."""
    at = HEADER_BYTES + 4 * (data[0] & 0x0F)
    if not data[0] & 0x10 or data[at : at + 2] != b"\xbe\xde" or len(data) < at + 4:
        return None
    end = min(len(data), at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big"))
    at += 4
    while at < end:
        number, length = data[at] >> 4, (data[at] & 0x0F) + 1
        if data[at] == 0:
            at += 1
            continue
        if number == wanted:
            return data[at + 1 : at + 1 + length]
        at += 1 + length
    return None


def is_newer(a: int, b: int) -> bool:
    """Whether sequence number `a` follows `b`, within half the circle."""
    return 0 < ((a - b) & 0xFFFF) < 0x8000


def vp8_payload(payload: bytes) -> tuple[bool, bytes] | None:
    """(begins a frame, VP8 bytes) of an RTP payload; None when the descriptor is cut short."""
    if not payload:
        return None
    first = payload[0]
    at = 1
    if first & 0x80:
        if len(payload) < 2:
            return None
        flags = payload[1]
        at = 2
        if flags & 0x80:
            at += 2 if at < len(payload) and payload[at] & 0x80 else 1
        if flags & 0x40:
            at += 1
        if flags & 0x30:
            at += 1
    if at >= len(payload):
        return None
    return bool(first & 0x10) and not first & 0x07, payload[at:]


def is_vp8_keyframe(payload: bytes) -> bool:
    """Whether an RTP payload begins a key frame (RFC 6386 §9.1: the P bit is 0)."""
    parsed = vp8_payload(payload)
    return parsed is not None and parsed[0] and not parsed[1][0] & 1


def vp8_size(frame: bytes) -> tuple[int, int] | None:
    """(width, height) of a key frame; None for any other."""
    if len(frame) < 10 or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    return (
        int.from_bytes(frame[6:8], "little") & 0x3FFF,
        int.from_bytes(frame[8:10], "little") & 0x3FFF,
    )
