"""VP8 packets as a browser in simulcast makes them: picture ids, three temporal layers."""

from __future__ import annotations

import struct

from runtime.media.rtp import HEADER, Packet

PATTERN = (0, 2, 1, 2)  # temporal layer of each picture in turn, as libvpx gives them


def key_head(height: int) -> bytes:
    return b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", height * 16 // 9, height)


class Encoding:
    """One size of a picture; `picture` gives its packets."""

    def __init__(self, ssrc: int, height: int, *, sequence: int, picture: int, bytes_: int) -> None:
        self.ssrc = ssrc
        self.height = height
        self.sequence = sequence
        self.picture_id = picture
        self.tl0 = 200
        self.count = 0
        self._bytes = bytes_

    def picture(self, *, is_key: bool = False, packets: int = 2) -> list[Packet]:
        temporal = 0 if is_key else PATTERN[self.count % 4]
        if temporal == 0:
            self.tl0 = (self.tl0 + 1) & 0xFF
        sync = 0x20 if temporal == 2 or is_key else 0
        made = []
        for number in range(packets):
            first = 0x90 if number == 0 else 0x80
            ids = (0x8000 | self.picture_id).to_bytes(2, "big") + bytes([self.tl0])
            descriptor = bytes([first, 0xE0]) + ids + bytes([temporal << 6 | sync])
            body = key_head(self.height) if is_key and number == 0 else b"\x01" * 10
            payload = descriptor + body + bytes(self._bytes)
            marker = 0x80 if number == packets - 1 else 0
            made.append(Packet(self.sequence, self.count * 3000 & 0xFFFFFFFF, marker, payload))
            self.sequence = (self.sequence + 1) & 0xFFFF
        self.picture_id = (self.picture_id + 1) & 0x7FFF
        self.count += 1
        return made

    def datagram(self, packet: Packet, payload_type: int = 96) -> bytes:
        second = packet.marker | payload_type
        return HEADER.pack(0x80, second, packet.sequence, packet.timestamp, self.ssrc) + (
            packet.payload
        )
