"""Whole pictures out of packets: H.264 as an encoder really makes it, cut, joined and lost."""

from __future__ import annotations

import fractions
import random
from pathlib import Path

import av
import pytest
from aiortc.codecs.h264 import H264Encoder
from av.video.codeccontext import VideoCodecContext
from hypothesis import given
from hypothesis import strategies as st

from runtime.media import h264, webm
from runtime.media.frames import PictureCache, group_frames
from runtime.media.pictures import FRAMES, look_of
from runtime.media.rtp import Frame, Packet

PICTURES = 12
GROUP = 6  # a key frame every so many pictures


def noise(width: int, height: int, seed: int) -> av.VideoFrame:
    """A picture that needs several packets."""
    frame = av.VideoFrame(width, height, "yuv420p")
    chance = random.Random(seed)
    for plane in frame.planes:
        plane.update(chance.randbytes(plane.buffer_size))
    frame.pts, frame.time_base = seed * 3000, fractions.Fraction(1, 90000)
    return frame


def encoded(width: int, height: int) -> list[Packet]:
    """PICTURES pictures as aiortc sends them, numbered on."""
    encoder = H264Encoder()
    packets: list[Packet] = []
    for number in range(PICTURES):
        payloads, _ = encoder.encode(noise(width, height, number), number % GROUP == 0)
        for count, payload in enumerate(payloads):
            marker = 0x80 if count == len(payloads) - 1 else 0
            packets.append(Packet(len(packets), number * 3000, marker, payload))
    return packets


@pytest.fixture(scope="module")
def packets() -> list[Packet]:
    return encoded(320, 176)


def frames_of(packets: list[Packet]) -> list[Frame]:
    whole = FRAMES["h264"]()
    return [frame for packet in packets if (frame := whole.take(packet)) is not None]


def test_every_picture_comes_out_whole(packets: list[Packet]) -> None:
    frames = frames_of(packets)

    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    shown = [one for frame in frames for one in decoder.decode(av.Packet(h264.annex_b(frame.data)))]
    shown += decoder.decode(None)
    assert len(frames) == len(shown) == PICTURES
    assert [frame.is_key for frame in frames] == [n % GROUP == 0 for n in range(PICTURES)]
    assert {(one.width, one.height) for one in shown} == {(320, 176)}
    assert len(packets) > 3 * PICTURES  # many were cut


def test_key_frames_tell_their_size_and_what_a_decoder_needs(packets: list[Packet]) -> None:
    keys = [frame for frame in frames_of(packets) if frame.is_key]

    looks = [look_of("h264", frame.data) for frame in keys]

    assert {(look.width, look.height) for look in looks if look} == {(320, 176)}
    assert all(look is not None and look.config[0] == 1 for look in looks)


@pytest.mark.parametrize("size", [(640, 360), (322, 178), (1280, 720)])
def test_size_is_read_with_its_margins(size: tuple[int, int]) -> None:
    look = look_of("h264", frames_of(encoded(*size))[0].data)

    assert look is not None
    assert (look.width, look.height) == size


def test_picture_that_lacks_its_beginning_is_dropped(packets: list[Packet]) -> None:
    first_of_second = next(n for n, packet in enumerate(packets) if packet.timestamp == 3000)

    frames = frames_of(packets[first_of_second + 1 :])

    assert len(frames) == PICTURES - 2
    assert frames[0].timestamp == 6000


def test_key_frame_without_parameter_sets_gets_the_last_known(packets: list[Packet]) -> None:
    whole = FRAMES["h264"]()
    frames = [frame for packet in packets if (frame := whole.take(packet)) is not None]
    units = [unit for unit in h264.split(frames[0].data) if unit[0] & 0x1F == 5]

    bare = [Packet(9000 + n, 99_000, 0, unit[:60]) for n, unit in enumerate(units)]
    last = whole.take(bare[-1]._replace(marker=0x80))

    assert last is not None
    assert last.is_key
    assert look_of("h264", last.data) == look_of("h264", frames[0].data)


@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans(), st.integers(0, 3))))
def test_strange_payloads_never_raise(told: list[tuple[bytes, bool, int]]) -> None:
    whole = FRAMES["h264"]()
    for number, (payload, is_last, timestamp) in enumerate(told):
        frame = whole.take(Packet(number, timestamp, 0x80 if is_last else 0, payload))
        if frame is not None:
            look_of("h264", frame.data)


@given(st.binary(max_size=80))
def test_strange_parameter_sets_have_a_size_that_can_be_or_none(data: bytes) -> None:
    size = h264.size_of(b"\x67\x42\xe0\x1f" + data)

    assert size is None or all(0 < side <= h264.MAX_SIDE for side in size)


def test_parameter_sets_that_do_not_fit_a_head_are_none_of_ours() -> None:
    sets = [b"\x67\x42\xe0\x1f\xda\x05\x82\x59" + bytes([7]) * 4000, b"\x68\xce", b"\x65abc"]
    frame = b"".join(len(unit).to_bytes(4, "big") + unit for unit in sets)

    assert look_of("h264", frame) is None


def test_file_of_h264_plays_and_knows_its_size(packets: list[Packet], tmp_path: Path) -> None:
    frames = frames_of(packets)
    look = look_of("h264", frames[0].data)
    blocks = [
        webm.Block(
            track=webm.VIDEO,
            at_ms=frame.timestamp // 90,
            is_key=frame.is_key,
            data=frame.data,
        )
        for frame in frames
    ]
    shape = webm.shape_of("h264", look)
    path = tmp_path / "made.mkv"
    path.write_bytes(webm.head(shape) + webm.cluster(blocks))

    with av.open(str(path)) as file:
        shown = list(file.decode(video=0))
        assert file.streams.video[0].codec_context.name == "h264"
    assert len(shown) == PICTURES
    found = webm.find_clusters(path.read_bytes(), webm.HEAD_BYTES)
    assert [look_of("h264", one.key) for one in found] == [look]


def test_group_of_h264_begins_with_its_parameter_sets(packets: list[Packet]) -> None:
    cache = PictureCache("h264")
    for packet in packets:
        cache.take(packet)

    frames = group_frames(cache._packets, "h264")

    assert len(frames) == GROUP
    assert look_of("h264", frames[0]) is not None
