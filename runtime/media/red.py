"""Redundant audio (RFC 2198): each packet carries earlier ones again, behind a head for each."""

from __future__ import annotations

from typing import NamedTuple

MAX_BLOCKS = 16


class Block(NamedTuple):
    """One coded frame; `age` is how much older than the packet, in units of its time stamp."""

    payload_type: int
    age: int
    data: bytes


def unwrap(payload: bytes) -> list[Block]:
    """The blocks of a RED payload, oldest first, the packet's own last; empty when cut short."""
    heads: list[tuple[int, int, int]] = []  # (payload type, age, length)
    at = 0
    while at < len(payload) and payload[at] & 0x80 and len(heads) < MAX_BLOCKS:
        word = int.from_bytes(payload[at : at + 4], "big")
        heads.append((payload[at] & 0x7F, (word >> 10) & 0x3FFF, word & 0x3FF))
        at += 4
    if at >= len(payload) or payload[at] & 0x80:
        return []
    own_type, at = payload[at], at + 1
    if at + sum(length for _, _, length in heads) > len(payload):
        return []
    blocks: list[Block] = []
    for payload_type, age, length in heads:
        blocks.append(Block(payload_type, age, payload[at : at + length]))
        at += length
    return [*blocks, Block(own_type, 0, payload[at:])]


def renumber(payload: bytes, payload_type: int) -> bytes:
    """A whole RED payload with all its blocks under a receiver's payload type."""
    renumbered = bytearray(payload)
    at = 0
    while renumbered[at] & 0x80:
        renumbered[at] = 0x80 | payload_type
        at += 4
    renumbered[at] = payload_type
    return bytes(renumbered)
