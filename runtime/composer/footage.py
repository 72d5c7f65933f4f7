"""A party's files as one stream of pictures or sound on the wall clock, broken ones too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.video.frame import VideoFrame

from runtime.composer.plan import Party, Piece

_MICROSECONDS = 1000


def pictures(party: Party, from_ms: float) -> Iterator[tuple[float, VideoFrame]]:
    """(epoch ms, picture) in order, beginning with the one to be seen at `from_ms` if there is."""
    for piece in party.pieces:
        if piece.t0_ms + piece.duration_ms < from_ms:
            continue
        for at_ms, frame in _decoded(piece, "video", from_ms):
            if isinstance(frame, VideoFrame):
                yield at_ms, frame


def sound(party: Party) -> Iterator[tuple[float, AudioFrame]]:
    """(epoch ms, samples) in order; what overlaps with the piece before is left out."""
    heard_ms = 0.0
    for piece in party.pieces:
        for at_ms, frame in _decoded(piece, "audio", 0):
            if isinstance(frame, AudioFrame) and at_ms >= heard_ms:
                heard_ms = at_ms + 1000 * frame.samples / frame.sample_rate - 1
                yield at_ms, frame


def _decoded(
    piece: Piece, kind: str, from_ms: float
) -> Iterator[tuple[float, VideoFrame | AudioFrame]]:
    """A file that ends in the middle of something gives what comes before."""
    try:
        container = av.open(piece.path, "r")
    except av.error.FFmpegError:
        return
    with closing(container):
        streams = container.streams.video if kind == "video" else container.streams.audio
        if not streams:
            return
        if from_ms > piece.t0_ms:
            container.seek(int((from_ms - piece.t0_ms) * _MICROSECONDS), backward=True)
        for frame in _frames(container, kind):
            if frame.time is not None:
                yield piece.t0_ms + frame.time * 1000, frame


def _frames(container: InputContainer, kind: str) -> Iterator[VideoFrame | AudioFrame]:
    streams = container.streams.video if kind == "video" else container.streams.audio
    try:
        for packet in container.demux(streams[0]):
            yield from _frames_of(packet)
    except av.error.FFmpegError:
        return


def _frames_of(packet: av.Packet[Any]) -> list[VideoFrame | AudioFrame]:
    """A packet that cannot be decoded is a hole of its own length."""
    try:
        decoded = packet.decode()
    except av.error.InvalidDataError:
        return []
    return [frame for frame in decoded if isinstance(frame, VideoFrame | AudioFrame)]
