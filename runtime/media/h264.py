# ruff: noqa: PLR2004 - widths, masks and first bytes of wire formats
"""H.264 out of RTP payloads, as files want it (RFC 6184 §5; ISO/IEC 14496-15 §5; ITU-T H.264 §7.3).

A picture is kept as NAL units behind their lengths of four bytes. Key frames hold the parameter
sets they need, so each can be decoded by itself and may have another size than the one before.
"""

from __future__ import annotations

from struct import pack

from runtime.media.rtp import FU_A, IDR, SEQUENCE_SET, STAP_A, Frame, Look, Packet

PICTURE_SET, HINTS, DELIMITER = 8, 6, 9
OPENING = frozenset({HINTS, SEQUENCE_SET, PICTURE_SET, DELIMITER})  # what may stand before a slice
PLAIN_PROFILES = frozenset({66, 77, 88})  # their parameter sets have no colour formats
MAX_FRAME_CYCLE = 256
MAX_SIDE = 16_384
MAX_SET_BYTES = 256  # encoders need some thirty; more does not fit a file's head


class H264Frames:
    """Pictures put together from packets in order; `reset` when some are missing."""

    def __init__(self) -> None:
        self._units: list[bytes] = []
        self._part: bytearray | None = None  # of a unit cut over several packets
        self._timestamp = -1
        self._is_torn = True  # the picture under way lacks its beginning
        self._sets: dict[int, bytes] = {}  # the latest parameter sets by their kind

    def reset(self) -> None:
        self._begin(-1)
        self._is_torn = True

    def take(self, packet: Packet) -> Frame | None:
        """The picture that this packet completes."""
        if packet.timestamp != self._timestamp:
            self._begin(packet.timestamp)
        self._add(packet.payload)
        if not packet.marker:
            return None
        units, is_torn = self._units, self._is_torn
        self._begin(-1)
        self._is_torn = False
        if is_torn or not units:
            return None
        return self._frame_of(packet.timestamp, units)

    def _begin(self, timestamp: int) -> None:
        self._units, self._part, self._timestamp = [], None, timestamp

    def _add(self, payload: bytes) -> None:
        if not payload:
            return
        kind = payload[0] & 0x1F
        if kind == STAP_A:
            self._add_several(payload)
        elif kind == FU_A:
            self._add_part(payload)
        elif 0 < kind < STAP_A:
            self._add_unit(payload)

    def _add_several(self, payload: bytes) -> None:
        at = 1
        while at + 2 < len(payload):
            length = int.from_bytes(payload[at : at + 2], "big")
            self._add_unit(payload[at + 2 : at + 2 + length])
            at += 2 + length

    def _add_part(self, payload: bytes) -> None:
        if len(payload) < 3:
            return
        if payload[1] & 0x80:
            self._part = bytearray([payload[0] & 0xE0 | payload[1] & 0x1F])
        if self._part is None:
            self._is_torn = True
            return
        self._part += payload[2:]
        if payload[1] & 0x40:
            unit, self._part = bytes(self._part), None
            self._add_unit(unit)

    def _add_unit(self, unit: bytes) -> None:
        if not unit:
            return
        kind = unit[0] & 0x1F
        if not self._units and kind in OPENING:
            self._is_torn = False
        if kind in (SEQUENCE_SET, PICTURE_SET):
            self._sets[kind] = unit
        self._units.append(unit)

    def _frame_of(self, timestamp: int, units: list[bytes]) -> Frame:
        kinds = {unit[0] & 0x1F for unit in units}
        is_key = IDR in kinds
        if is_key:
            missing = [kind for kind in (SEQUENCE_SET, PICTURE_SET) if kind not in kinds]
            units = [self._sets[kind] for kind in missing if kind in self._sets] + units
        data = b"".join(pack("!I", len(unit)) + unit for unit in units)
        return Frame(timestamp, data, is_key)


def look_of(frame: bytes) -> Look | None:
    """What a key frame tells of its size and of what a decoder must know; None for any other."""
    units = split(frame)
    sets = {unit[0] & 0x1F: unit for unit in units if unit}
    sequence, picture = sets.get(SEQUENCE_SET), sets.get(PICTURE_SET)
    if sequence is None or picture is None or len(sequence) < 4:
        return None
    if max(len(sequence), len(picture)) > MAX_SET_BYTES:
        return None
    size = size_of(sequence)
    if size is None:
        return None
    head = b"\x01" + sequence[1:4] + b"\xff\xe1"  # lengths of four bytes, one sequence set
    config = head + pack("!H", len(sequence)) + sequence + b"\x01" + pack("!H", len(picture))
    return Look(*size, config + picture)


def split(frame: bytes) -> list[bytes]:
    """The NAL units of a frame."""
    units, at = [], 0
    while at + 4 < len(frame):
        length = int.from_bytes(frame[at : at + 4], "big")
        units.append(frame[at + 4 : at + 4 + length])
        at += 4 + length
    return units


def annex_b(frame: bytes) -> bytes:
    """The same frame with start codes, as decoders take it without being told anything."""
    return b"".join(b"\0\0\0\1" + unit for unit in split(frame))


def size_of(sequence: bytes) -> tuple[int, int] | None:
    """(width, height) by a sequence parameter set of baseline, main or extended profile."""
    if len(sequence) < 5 or sequence[1] not in PLAIN_PROFILES:
        return None
    bits = _Bits(sequence[4:].replace(b"\0\0\3", b"\0\0"))
    try:
        size = _read_size(bits)
    except IndexError:
        return None
    return size if all(0 < side <= MAX_SIDE for side in size) else None


def _read_size(bits: _Bits) -> tuple[int, int]:
    bits.number()  # its id
    bits.number()  # bits of frame numbers
    order = bits.number()
    if order == 0:
        bits.number()
    elif order == 1:
        bits.take(1)
        bits.number()
        bits.number()
        for _ in range(min(bits.number(), MAX_FRAME_CYCLE)):
            bits.number()
    bits.number()  # reference frames
    bits.take(1)
    across, down = bits.number() + 1, bits.number() + 1
    is_progressive = bits.take(1)
    if not is_progressive:
        bits.take(1)
    bits.take(1)
    cut = [bits.number() for _ in range(4)] if bits.take(1) else [0, 0, 0, 0]
    rows = 1 if is_progressive else 2
    width = 16 * across - 2 * (cut[0] + cut[1])
    return width, 16 * down * rows - 2 * rows * (cut[2] + cut[3])


class _Bits:
    """Bits one after the other, and numbers as H.264 §9.1 writes them; IndexError at the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> int:
        value = 0
        for _ in range(count):
            byte = self._data[self._at >> 3]
            value = value << 1 | byte >> (7 - (self._at & 7)) & 1
            self._at += 1
        return value

    def number(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)
