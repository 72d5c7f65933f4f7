"""WebM written by hand, so that every byte goes to disk when we say so (RFC 8794, RFC 9559).

With H.264 in it, which WebM does not allow, the same is called Matroska.

A file is a head of fixed size, then clusters, then an index. The head is whole from the first
moment (a killed file plays); at the end it is written again with duration, picture size and the
place of the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from mmap import mmap
from struct import Struct, pack
from typing import NamedTuple

from runtime.media.rtp import Look

HEAD_BYTES = 1024
VIDEO, AUDIO = 1, 2  # track numbers
UNKNOWN_SIZE = b"\x01" + b"\xff" * 7

EBML, SEGMENT, SEEK_HEAD, SEEK = 0x1A45DFA3, 0x18538067, 0x114D9B74, 0x4DBB
SEEK_ID, SEEK_POSITION = 0x53AB, 0x53AC
INFO, TIMESTAMP_SCALE, DURATION, MUXING_APP, WRITING_APP = (
    0x1549A966,
    0x2AD7B1,
    0x4489,
    0x4D80,
    0x5741,
)
TRACKS, TRACK_ENTRY, TRACK_NUMBER, TRACK_UID, TRACK_TYPE = 0x1654AE6B, 0xAE, 0xD7, 0x73C5, 0x83
CODEC_ID, CODEC_PRIVATE, SEEK_PRE_ROLL, FLAG_LACING = 0x86, 0x63A2, 0x56BB, 0x9C
VIDEO_SETTINGS, PIXEL_WIDTH, PIXEL_HEIGHT = 0xE0, 0xB0, 0xBA
AUDIO_SETTINGS, SAMPLING, CHANNELS = 0xE1, 0xB5, 0x9F
CLUSTER, CLUSTER_TIMESTAMP, SIMPLE_BLOCK = 0x1F43B675, 0xE7, 0xA3
CUES, CUE_POINT, CUE_TIME = 0x1C53BB6B, 0xBB, 0xB3
CUE_POSITIONS, CUE_TRACK, CUE_CLUSTER = 0xB7, 0xF7, 0xF1
VOID = 0xEC
BLOCK_HEAD = Struct("!BIBhB")  # element, size, track, time in the cluster, flags

CODECS = {"vp8": (b"webm", b"V_VP8"), "h264": (b"matroska", b"V_MPEG4/ISO/AVC")}
"""Type of the file and of its pictures."""
KEY_BYTES = 2048  # of a key frame: what it tells of itself stands at its beginning

OPUS_HEAD = b"OpusHead\x01\x02" + pack("<HIhB", 0, 48000, 0, 0)


class Block(NamedTuple):
    """One frame: `at_ms` since the file's beginning. A tuple: a party makes 80 a second."""

    track: int
    at_ms: int
    is_key: bool
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Where a picture can be sought: a cluster that begins at or holds a key frame."""

    at_ms: int
    offset: int  # of the cluster in the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the head tells; zero sizes stand for a party without video."""

    width: int = 640
    height: int = 480
    has_video: bool = True
    has_audio: bool = True
    codec: str = "vp8"
    config: bytes = b""  # of H.264: what a decoder must know
    duration_ms: int | None = None
    cues_offset: int | None = None  # in the file


def shape_of(codec: str, look: Look | None, *, duration_ms: int | None = None) -> Shape:
    """What the head tells of pictures that look so; of unknown ones, a usual size."""
    known = look or Look(640, 480)
    return Shape(
        width=known.width,
        height=known.height,
        codec=codec,
        config=known.config,
        duration_ms=duration_ms,
    )


def head(shape: Shape) -> bytes:
    """The first HEAD_BYTES of a file."""
    ebml = _element(
        EBML,
        _uint(0x4286, 1)
        + _uint(0x42F7, 1)
        + _uint(0x42F2, 4)
        + _uint(0x42F3, 8)
        + _element(0x4282, CODECS[shape.codec][0])
        + _uint(0x4287, 4)
        + _uint(0x4285, 2),
    )
    start = ebml + _id(SEGMENT) + UNKNOWN_SIZE
    body = _info(shape) + _tracks(shape)
    if shape.cues_offset is not None:
        body = _seek_head(shape.cues_offset - len(start)) + body
    room = HEAD_BYTES - len(start) - len(body)
    return start + body + _id(VOID) + _size(room - 9, 8) + bytes(room - 9)


def segment_data_offset() -> int:
    """Where the segment's data begins: positions in cues count from here."""
    return head(Shape()).index(_id(SEGMENT)) + 4 + len(UNKNOWN_SIZE)


def cluster(blocks: Sequence[Block]) -> bytes:
    """One cluster; blocks in time order, within 32 s, each shorter than 256 MiB."""
    start = max(0, blocks[0].at_ms)
    parts = [b"", _uint(CLUSTER_TIMESTAMP, start, 4)]
    for track, at_ms, is_key, data in blocks:
        relative = max(-32768, min(32767, at_ms - start))
        size = 0x10000000 | len(data) + 4  # in four bytes, though fewer might do
        flags = 0x80 if is_key else 0
        parts += (BLOCK_HEAD.pack(SIMPLE_BLOCK, size, 0x80 | track, relative, flags), data)
    parts[0] = _id(CLUSTER) + _size(sum(map(len, parts)), 8)
    return b"".join(parts)


def cues(points: Sequence[Cue]) -> bytes:
    """The index at the end of a file."""
    base = segment_data_offset()
    return _element(
        CUES,
        b"".join(
            _element(
                CUE_POINT,
                _uint(CUE_TIME, point.at_ms)
                + _element(
                    CUE_POSITIONS,
                    _uint(CUE_TRACK, VIDEO) + _uint(CUE_CLUSTER, point.offset - base),
                ),
            )
            for point in points
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCluster:
    """A whole cluster read back from a file."""

    offset: int
    key: bytes  # the first KEY_BYTES of its first key frame
    bytes: int
    first_ms: int
    last_ms: int
    has_key: bool
    tracks: frozenset[int]


def find_clusters(data: bytes | mmap, offset: int) -> list[FoundCluster]:
    """The whole clusters from `offset` on; stops at the first that is torn or is none."""
    found: list[FoundCluster] = []
    while data[offset : offset + 4] == _id(CLUSTER) and len(data) >= offset + 12:
        length = int.from_bytes(data[offset + 5 : offset + 12], "big")
        end = offset + 12 + length
        if data[offset + 4] != 1 or end > len(data):
            break
        found.append(_read_cluster(data, offset, end))
        offset = end
    return found


def _read_cluster(data: bytes | mmap, offset: int, end: int) -> FoundCluster:
    start = int.from_bytes(data[offset + 14 : offset + 18], "big")
    times, has_key, key, tracks = [start], False, b"", set()
    at = offset + 18
    while at < end:
        width = 9 - data[at + 1].bit_length()
        length = int.from_bytes(data[at + 1 : at + 1 + width], "big") & ((1 << (7 * width)) - 1)
        block = at + 1 + width
        times.append(start + int.from_bytes(data[block + 1 : block + 3], "big", signed=True))
        tracks.add(data[block] & 0x7F)
        if data[block] & 0x7F == VIDEO and data[block + 3] & 0x80:
            has_key = True
            key = key or data[block + 4 : min(block + length, block + 4 + KEY_BYTES)]
        at = block + length
    return FoundCluster(
        offset=offset,
        bytes=end - offset,
        first_ms=min(times),
        last_ms=max(times),
        has_key=has_key,
        key=key,
        tracks=frozenset(tracks),
    )


def _info(shape: Shape) -> bytes:
    body = _uint(TIMESTAMP_SCALE, 1_000_000)
    body += _element(MUXING_APP, b"Counterflow") + _element(WRITING_APP, b"Counterflow")
    if shape.duration_ms is not None:
        body += _element(DURATION, pack("!d", float(shape.duration_ms)))
    return _element(INFO, body)


def _tracks(shape: Shape) -> bytes:
    body = b""
    if shape.has_video:
        size = _uint(PIXEL_WIDTH, shape.width) + _uint(PIXEL_HEIGHT, shape.height)
        more = _element(CODEC_PRIVATE, shape.config) if shape.config else b""
        body += _track(VIDEO, 1, CODECS[shape.codec][1], more + _element(VIDEO_SETTINGS, size))
    if shape.has_audio:
        sound = _element(SAMPLING, pack("!d", 48000.0)) + _uint(CHANNELS, 2)
        more = _element(CODEC_PRIVATE, OPUS_HEAD) + _uint(SEEK_PRE_ROLL, 80_000_000)
        body += _track(AUDIO, 2, b"A_OPUS", more + _element(AUDIO_SETTINGS, sound))
    return _element(TRACKS, body)


def _track(number: int, kind: int, codec: bytes, more: bytes) -> bytes:
    common = _uint(TRACK_NUMBER, number) + _uint(TRACK_UID, number) + _uint(TRACK_TYPE, kind)
    return _element(TRACK_ENTRY, common + _uint(FLAG_LACING, 0) + _element(CODEC_ID, codec) + more)


def _seek_head(position: int) -> bytes:
    entry = _element(SEEK_ID, _id(CUES)) + _uint(SEEK_POSITION, position, 8)
    return _element(SEEK_HEAD, _element(SEEK, entry))


def _id(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _size(length: int, width: int = 0) -> bytes:
    """A length as EBML writes it: in `width` bytes, or as few as it needs."""
    width = width or next(n for n in range(1, 9) if length < (1 << (7 * n)) - 1)
    return ((1 << (7 * width)) | length).to_bytes(width, "big")


def _element(number: int, body: bytes) -> bytes:
    return _id(number) + _size(len(body)) + body


def _uint(number: int, value: int, width: int = 0) -> bytes:
    width = width or max(1, (value.bit_length() + 7) // 8)
    return _element(number, value.to_bytes(width, "big"))
