# ruff: noqa: PLR2004 - widths, masks and first bytes of wire formats
"""RTP bytes as values: header and extensions, payloads of VP8 and H.264 (RFC 3550, 7741, 6184)."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

HEADER = Struct("!BBHII")
HEADER_BYTES = 12
SEQUENCES = 1 << 16
TIMESTAMPS = 1 << 32
IDR, SEQUENCE_SET, STAP_A, FU_A = 5, 7, 24, 28  # NAL units of H.264


class Packet(NamedTuple):
    """One media packet; a tuple, because thousands a second are made of it."""

    sequence: int  # 16 bit
    timestamp: int  # 32 bit
    marker: int  # 0 or 0x80
    payload: bytes  # without padding, unwrapped
    red: bytes = b""  # as it came, when it was wrapped


def packet_of(sequence: int, timestamp: int, marker: int, payload: bytes) -> Packet:
    """A Packet at a third of the cost: the class fills in defaults by a function of its own."""
    return _new_tuple(Packet, (sequence, timestamp, marker, payload, b""))


class Frame(NamedTuple):
    """One picture, as a file keeps it: VP8, or H.264's NAL units behind their lengths."""

    timestamp: int
    data: bytes
    is_key: bool


class Look(NamedTuple):
    """What a key frame tells: its size in pixels, and what a decoder must know beforehand."""

    width: int
    height: int
    config: bytes = b""  # of H.264: AVCDecoderConfigurationRecord


_new_tuple = tuple.__new__


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


class Vp8Descriptor(NamedTuple):
    """What stands before the VP8 bytes of a packet (RFC 7741 §4.2); -1 for what is absent."""

    begins: bool  # a frame
    picture: int  # 7 or 15 bit
    tl0: int  # 8 bit: counts the frames of the lowest temporal layer
    temporal: int  # the frame's temporal layer; 0 when there are none
    is_sync: bool  # leans on the lowest layer only: a receiver may step up here
    is_wide: bool  # picture has 15 bits
    is_key: bool


def vp8_descriptor(payload: bytes) -> Vp8Descriptor | None:
    """Read a payload's descriptor; None when it is cut short."""
    try:
        return _read_descriptor(payload)
    except IndexError:
        return None


def vp8_renumber(payload: bytes, known: Vp8Descriptor, picture: int, tl0: int) -> bytes:
    """The payload with another picture id and count of the lowest temporal layer."""
    if known.picture < 0:
        return payload
    changed = bytearray(payload)
    at = 2
    if known.is_wide:
        changed[2:4] = (0x8000 | picture & 0x7FFF).to_bytes(2, "big")
        at = 4
    else:
        changed[2] = picture & 0x7F
        at = 3
    if known.tl0 >= 0:
        changed[at] = tl0 & 0xFF
    return bytes(changed)


def _read_descriptor(payload: bytes) -> Vp8Descriptor:
    first = payload[0]
    flags = payload[1] if first & 0x80 else 0
    at = 2 if first & 0x80 else 1
    picture = tl0 = -1
    temporal, is_sync, is_wide = 0, False, False
    if flags & 0x80:
        is_wide = bool(payload[at] & 0x80)
        picture = payload[at] & 0x7F
        if is_wide:
            picture = picture << 8 | payload[at + 1]
        at += 2 if is_wide else 1
    if flags & 0x40:
        tl0 = payload[at]
        at += 1
    if flags & 0x30:
        temporal, is_sync = payload[at] >> 6, bool(payload[at] & 0x20)
        at += 1
    begins = bool(first & 0x10) and not first & 0x07
    is_key = begins and not payload[at] & 1
    return Vp8Descriptor(begins, picture, tl0, temporal, is_sync, is_wide, is_key)


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


def is_h264_keyframe(payload: bytes) -> bool:
    """Whether an RTP payload begins an IDR picture or what stands before one (RFC 6184 §5.2)."""
    if len(payload) < 2:
        return False
    kind = payload[0] & 0x1F
    if kind == STAP_A and len(payload) > 3:
        kind = payload[3] & 0x1F
    elif kind == FU_A:
        kind = payload[1] & 0x1F if payload[1] & 0x80 else 0
    return kind in (IDR, SEQUENCE_SET)


def vp8_size(frame: bytes) -> tuple[int, int] | None:
    """(width, height) of a key frame; None for any other."""
    if len(frame) < 10 or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    return (
        int.from_bytes(frame[6:8], "little") & 0x3FFF,
        int.from_bytes(frame[8:10], "little") & 0x3FFF,
    )
