# ruff: noqa: PLR2004 - widths, masks and first bytes of wire formats
"""Reading RTCP as far as we act on it (RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3, REMB).

Reading never raises: what is cut short or of another kind is left out. Several thousand packets a
second come in here, so each is read once, into tuples.
"""

from __future__ import annotations

from struct import Struct, unpack_from
from typing import NamedTuple

SENDER_REPORT, RECEIVER_REPORT, RTPFB, PSFB = 200, 201, 205, 206
GENERIC_NACK, TRANSPORT_WIDE = 1, 15
PICTURE_LOSS, FULL_INTRA, APPLICATION = 1, 4, 15
REPORT_BYTES = 24
MAX_LOST = 1024  # numbers one packet may ask for

HEAD = Struct("!BBH")
SENDER_INFO = Struct("!IQI")
BLOCK = Struct("!IIIIII")


class SenderReport(NamedTuple):
    """When the sender stamped what."""

    ssrc: int
    ntp: int  # 64 bit
    timestamp: int  # 32 bit


class Reception(NamedTuple):
    """How one of our streams arrives (RFC 3550 §6.4.1)."""

    ssrc: int
    fraction_lost: int  # of 256, since the last report
    lsr: int  # middle 32 bits of our last sender report; 0: none came
    dlsr: int  # 1/65536 s between that one and this report


class Nack(NamedTuple):
    """Packets of a stream of ours that are asked for again."""

    ssrc: int
    lost: list[int]


class KeyframeWish(NamedTuple):
    """PLI or FIR."""

    ssrc: int


class Remb(NamedTuple):
    """What the receiver believes its way carries, all streams together."""

    bps: int


class Arrivals(NamedTuple):
    """Transport-wide feedback, still packed: `twcc.read` takes it."""

    packed: bytes


Item = SenderReport | Reception | Nack | KeyframeWish | Remb | Arrivals


def read(data: bytes) -> list[Item]:
    """What a compound packet says, in order."""
    items: list[Item] = []
    at = 0
    while at + 4 <= len(data):
        first, kind, words = HEAD.unpack_from(data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            break
        padding = data[end - 1] if first & 0x20 else 0
        body = data[at + 4 : end - padding]
        if len(body) >= 4 and kind in READERS:
            items += READERS[kind](first & 0x1F, body)
        at = end
    return items


def _read_sender(count: int, body: bytes) -> list[Item]:
    if len(body) < 24:
        return []
    report = SenderReport(*SENDER_INFO.unpack_from(body))
    return [report, *_read_blocks(count, body, 24)]


def _read_receiver(count: int, body: bytes) -> list[Item]:
    return [*_read_blocks(count, body, 4)]


def _read_blocks(count: int, body: bytes, at: int) -> list[Reception]:
    blocks = []
    for start in range(at, min(len(body) - REPORT_BYTES, at + REPORT_BYTES * (count - 1)) + 1, 24):
        ssrc, lost, _, _, lsr, dlsr = BLOCK.unpack_from(body, start)
        blocks.append(Reception(ssrc, lost >> 24, lsr, dlsr))
    return blocks


def _read_transport(kind: int, body: bytes) -> list[Item]:
    if len(body) < 12:
        return []
    if kind == TRANSPORT_WIDE:
        return [Arrivals(body[8:])]
    if kind != GENERIC_NACK:
        return []
    lost: list[int] = []
    for at in range(8, len(body) - 3, 4):
        first, mask = unpack_from("!HH", body, at)
        lost.append(first)
        lost += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return [Nack(int.from_bytes(body[4:8], "big"), lost[:MAX_LOST])]


def _read_payload(kind: int, body: bytes) -> list[Item]:
    if len(body) < 8:
        return []
    media = int.from_bytes(body[4:8], "big")
    if kind == PICTURE_LOSS:
        return [KeyframeWish(media)]
    if kind == FULL_INTRA:
        asked = [int.from_bytes(body[at : at + 4], "big") for at in range(8, len(body) - 7, 8)]
        return [KeyframeWish(ssrc or media) for ssrc in asked]
    if kind == APPLICATION and body[8:12] == b"REMB" and len(body) >= 16:
        word = int.from_bytes(body[13:16], "big")
        return [Remb((word & 0x3FFFF) << (word >> 18))]
    return []


READERS = {
    SENDER_REPORT: _read_sender,
    RECEIVER_REPORT: _read_receiver,
    RTPFB: _read_transport,
    PSFB: _read_payload,
}
