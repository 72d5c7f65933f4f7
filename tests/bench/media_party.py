"""A party of a call that costs next to nothing: real ICE, DTLS and SRTP, made-up VP8 and Opus."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import struct
import time
from collections.abc import Callable
from typing import cast

from aioice import stun
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from aiortc.rtcicetransport import RTCIceTransport
from aiortc.rtp import RtcpReceiverInfo, RtcpRrPacket, RtcpSenderInfo, RtcpSrPacket
from pylibsrtp import SRTP_MAX_TRAILER_LEN
from pylibsrtp._binding import lib

from runtime.media import sdp
from runtime.media.clock import ntp_of, wall_ms
from runtime.media.transport import Cipher, make_cipher, refuse

VIDEO_STEP_S, AUDIO_STEP_S = 1 / 30, 0.02
PACKETS_PER_PICTURE = 5
VIDEO_BYTES = 1_500_000 // 8 // 30 // PACKETS_PER_PICTURE
AUDIO_BYTES = 80
KEYFRAME_EVERY = 300
KEY_HEAD = b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 1280, 720)
DELTA_HEAD = b"\x01" + bytes(9)
MOMENT = struct.Struct("!d")
HEADER = struct.Struct("!BBHII")
UDP_GRO = 104
BINDING_REQUEST = b"\x00\x01"  # of STUN
ROOM = 1 << 16

SHARED = RTCCertificate.generateCertificate()
DESCRIPTION = """v=0
o=- {session} 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:0
{common}
a=rtpmap:111 opus/48000/2
a=ssrc:{audio} cname:c
m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=mid:1
{common}
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 goog-remb
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=ssrc:{video} cname:c
"""


class Wire:
    """What aiortc's DTLS needs of an ICE transport, on one connected socket."""

    role = "controlling"

    def __init__(self, one: socket.socket, on_check: Callable[[bytes], None]) -> None:
        self._socket = one
        self._on_check = on_check
        self.is_handshaking = True
        self.ended = asyncio.Event()

    async def _recv(self) -> bytes:
        while self.is_handshaking:
            data = await asyncio.get_running_loop().sock_recv(self._socket, 2048)
            if 19 < data[0] < 64:
                return data
            self._on_check(data)
        await self.ended.wait()  # the socket is the crowd's now
        raise ConnectionError

    async def _send(self, data: bytes) -> None:
        self._socket.send(data)


class Party:
    """One sender and receiver. `sent` and `received` count media packets."""

    def __init__(self, room: str, role: str) -> None:
        self.room = room
        self.role = role
        self.id = secrets.token_hex(8)
        self.sent = 0
        self.received = 0
        self.delays_ms: list[float] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(16)
        self._session = secrets.randbits(31)
        self._wire = Wire(self.socket, self._answer_check)
        self._dtls = RTCDtlsTransport(cast(RTCIceTransport, self._wire), [SHARED])
        self._ssrcs = {kind: secrets.randbits(31) + 1 for kind in ("audio", "video")}
        self._sequences = {"audio": 0, "video": 0}
        self._pictures = 0
        self._buffer = memoryview(bytearray(ROOM))
        self._protect: Cipher = refuse
        self._unprotect: Cipher = refuse

    def describe(self, setup: str) -> str:
        """The party's session description."""
        known = SHARED.getFingerprints()[0]
        common = "\n".join(
            [
                f"a=ice-ufrag:{self._ufrag}",
                f"a=ice-pwd:{self._password}",
                f"a=fingerprint:{known.algorithm} {known.value}",
                f"a=setup:{setup}",
                "a=sendrecv",
                "a=rtcp-mux",
                # Where nobody is: servers that insist on a candidate learn the true one by checks.
                "a=candidate:1 1 udp 1 127.0.0.1 9 typ host",
                "a=end-of-candidates",
            ]
        )
        text = DESCRIPTION.format(session=self._session, common=common, **self._ssrcs)
        return text.replace("\n", "\r\n")

    async def connect(self, told: str, server: tuple[str, int]) -> None:
        """Nominate the server's port and shake hands; `told`: its session description."""
        section = sdp.parse(told).sections[0]
        self.socket.connect(server)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.send(self._check(section))
        self._dtls._set_role("client")
        fingerprints = [RTCDtlsFingerprint(algorithm=a, value=v) for a, v in section.fingerprints]
        await self._dtls.start(RTCDtlsParameters(fingerprints=fingerprints))
        self._wire.is_handshaking = False
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
        self._protect = make_cipher(self._dtls._tx_srtp, lib.srtp_protect, SRTP_MAX_TRAILER_LEN)
        self._unprotect = make_cipher(self._dtls._rx_srtp, lib.srtp_unprotect)
        self._section = section

    def send(self, what: str) -> float:
        """Send a picture, a sound or the reports of a second; gives the seconds to the next."""
        if what == "video":
            self._send_picture()
            return VIDEO_STEP_S
        if what == "audio":
            payload = MOMENT.pack(time.monotonic()) + bytes(AUDIO_BYTES - MOMENT.size)
            self._send_packet("audio", 111, self._sequences["audio"] * 960, payload)
            return AUDIO_STEP_S
        self._report()
        return 1.0

    def drain(self) -> None:
        """Count all that has come; a GRO datagram holds several packets of one size."""
        while True:
            try:
                got, extra, _, _ = self.socket.recvmsg_into([self._buffer], 64)
            except BlockingIOError:
                return
            now = time.monotonic()
            size = struct.unpack("=i", extra[0][2])[0] if extra else got
            for at in range(0, got, size):
                self._take(self._buffer[at : min(got, at + size)], now)

    async def close(self) -> None:
        self._wire.ended.set()
        await self._dtls.stop()
        self.socket.close()

    def _take(self, data: memoryview, now: float) -> None:
        if data[0] < 2:
            self._answer_check(bytes(data))
        if not 127 < data[0] < 192 or 192 <= data[1] <= 223:
            return
        self.received += 1
        if data[1] & 0x7F == 111:
            plain = self._unprotect(bytes(data))
            if plain is not None:
                self.delays_ms.append((now - MOMENT.unpack_from(plain, 12)[0]) * 1000)

    def _send_picture(self) -> None:
        is_key = self._pictures % KEYFRAME_EVERY == 0
        head = (KEY_HEAD if is_key else DELTA_HEAD) + bytes(VIDEO_BYTES - 11)
        rest = bytes(VIDEO_BYTES - 1)
        timestamp = self._pictures * 3000
        self._pictures += 1
        for number in range(PACKETS_PER_PICTURE):
            payload = b"\x10" + head if number == 0 else b"\x00" + rest
            marker = 0x80 if number == PACKETS_PER_PICTURE - 1 else 0
            self._send_packet("video", marker | 96, timestamp, payload)

    def _send_packet(self, kind: str, second: int, timestamp: int, payload: bytes) -> None:
        sequence = self._sequences[kind]
        self._sequences[kind] = sequence + 1
        head = HEADER.pack(0x80, second, sequence & 0xFFFF, timestamp, self._ssrcs[kind])
        sealed = self._protect(head + payload)
        if sealed is not None:
            self.socket.send(sealed)
            self.sent += 1

    def _report(self) -> None:
        self.socket.send(self._check(self._section))
        for kind, rate in (("audio", 48), ("video", 90)):
            timestamp = self._sequences[kind] * 960 if kind == "audio" else self._pictures * 3000
            info = RtcpSenderInfo(
                ntp_timestamp=ntp_of(wall_ms()),
                rtp_timestamp=timestamp & 0xFFFFFFFF,
                packet_count=rate,
                octet_count=rate,
            )
            sent = RtcpSrPacket(ssrc=self._ssrcs[kind], sender_info=info, reports=[])
            heard = RtcpReceiverInfo(
                ssrc=1,
                fraction_lost=0,
                packets_lost=0,
                highest_sequence=1,
                jitter=0,
                lsr=0,
                dlsr=0,
            )
            report = bytes(sent) + bytes(RtcpRrPacket(ssrc=self._ssrcs[kind], reports=[heard]))
            self.socket.send(self._dtls._tx_srtp.protect_rtcp(report))

    def _answer_check(self, data: bytes) -> None:
        """Some servers check us too, before they speak and now and then."""
        if data[:2] != BINDING_REQUEST:
            return
        asked = stun.parse_message(data)
        attributes = {"XOR-MAPPED-ADDRESS": self.socket.getpeername()}
        kind = stun.Class.RESPONSE
        answer = stun.Message(stun.Method.BINDING, kind, asked.transaction_id, attributes)
        answer.add_message_integrity(self._password.encode())
        answer.add_fingerprint()
        self.socket.send(bytes(answer))

    def _check(self, section: sdp.Section) -> bytes:
        attributes = {
            "USERNAME": f"{section.ufrag}:{self._ufrag}",
            "PRIORITY": 1,
            "ICE-CONTROLLING": 5,
            "USE-CANDIDATE": None,
        }
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
        message.add_message_integrity(section.password.encode())
        message.add_fingerprint()
        return bytes(message)
