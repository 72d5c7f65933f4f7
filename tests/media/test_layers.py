"""Several sizes of one picture: one unbroken stream for each receiver, whatever is chosen."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.media import layers, rtp
from runtime.media.clock import PeerClock
from runtime.media.inbound import Inbound
from runtime.media.layers import ALL_TEMPORAL, Choice, Selector, SimulcastTrack
from runtime.media.negotiation import Codec
from runtime.media.outbound import Outbound
from runtime.media.rtp import Packet, vp8_descriptor
from tests.media.vp8 import Encoding

VP8 = Codec(payload_type=96, rtx_payload_type=97, clock_rate=90000, feedback=())
SIZES = {"l": 180, "m": 360, "h": 720}


class Camera:
    """A simulcast track and its encodings; `heard` is what a selector of it gives."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.track = SimulcastTrack(codec=VP8, clock=PeerClock(), send_rtcp=self.asked.append)
        self.encodings: dict[str, Encoding] = {}
        for number, (rid, height) in enumerate(SIZES.items()):
            ssrc = 100 + number
            layer = Inbound(
                kind="video",
                codec=VP8,
                ssrc=ssrc,
                clock=PeerClock(),
                send_rtcp=self.asked.append,
            )
            self.track.add_layer(rid, layer)
            self.encodings[rid] = Encoding(
                ssrc, height, sequence=65_500 * number & 0xFFFF, picture=32_760, bytes_=height
            )
        self.heard: list[Packet] = []
        self.selector = Selector(self.track, self.heard.append)

    def choose(self, rid: str, temporal: int = ALL_TEMPORAL) -> None:
        self.selector.choose(Choice(self.track.layers[rid], temporal))

    def show(self, count: int = 1, *, key: str = "") -> None:
        """Pictures of all sizes; `key` names the size whose first one is a key frame."""
        for _ in range(count):
            for rid, encoding in self.encodings.items():
                for packet in encoding.picture(is_key=rid == key):
                    self.track.layers[rid].receive(encoding.datagram(packet))
            key = ""


def descriptors(packets: list[Packet]) -> list[rtp.Vp8Descriptor]:
    known = [vp8_descriptor(packet.payload) for packet in packets]
    return [one for one in known if one is not None]


def assert_unbroken(packets: list[Packet]) -> None:
    """Numbers go on one by one, time goes forward, pictures go on one by one."""
    for before, after in pairwise(packets):
        assert (after.sequence - before.sequence) & 0xFFFF == 1
        assert ((after.timestamp - before.timestamp) & 0xFFFFFFFF) < 90_000
    pictures = [known.picture for known in descriptors(packets)]
    for earlier, later in pairwise(pictures):
        assert (later - earlier) & 0x7FFF in (0, 1)
    lowest = [known.tl0 for known in descriptors(packets)]
    for earlier, later in pairwise(lowest):
        assert (later - earlier) & 0xFF in (0, 1)


@pytest.fixture
def camera() -> Camera:
    return Camera()


def test_nothing_is_given_before_a_key_frame(camera: Camera) -> None:
    camera.choose("m")

    camera.show(3)
    assert camera.heard == []
    camera.show(key="m")

    assert descriptors(camera.heard)[0].is_key


def test_size_changes_at_a_key_frame_and_the_stream_goes_on(camera: Camera) -> None:
    camera.choose("h")
    camera.show(5, key="h")
    before = len(camera.heard)

    camera.choose("l")
    camera.show(4)
    waiting = camera.heard[before:]
    camera.show(5, key="l")

    assert {len(packet.payload) > 700 for packet in waiting} == {True}
    assert len(camera.heard[-1].payload) < 300
    assert_unbroken(camera.heard)


def test_wish_that_is_taken_back_changes_nothing(camera: Camera) -> None:
    camera.choose("h")
    camera.show(2, key="h")

    camera.choose("l")
    camera.choose("h")
    camera.show(3, key="l")

    assert all(len(packet.payload) > 700 for packet in camera.heard)
    assert_unbroken(camera.heard)


def test_key_frame_whose_packets_change_places_is_whole(camera: Camera) -> None:
    camera.show()
    camera.choose("l")
    encoding = camera.encodings["l"]
    first, second = encoding.picture(is_key=True)

    for packet in (second, first):
        camera.track.layers["l"].receive(encoding.datagram(packet))

    assert sorted(packet.sequence for packet in camera.heard) == [first.sequence, second.sequence]


@pytest.mark.parametrize(("temporal", "kept"), [(0, {0}), (1, {0, 1}), (2, {0, 1, 2})])
def test_upper_temporal_layers_are_dropped_without_a_hole(
    camera: Camera, temporal: int, kept: set[int]
) -> None:
    camera.choose("h", temporal)

    camera.show(40, key="h")

    assert {known.temporal for known in descriptors(camera.heard)} == kept
    assert_unbroken(camera.heard)


def test_temporal_layers_come_back_where_a_picture_allows_it(camera: Camera) -> None:
    camera.choose("h", 0)
    camera.show(9, key="h")

    camera.choose("h")
    camera.show(12)

    known = descriptors(camera.heard)
    first_upper = next(one for one in known if one.temporal)
    assert first_upper.is_sync
    assert {one.temporal for one in known[-24:]} == {0, 1, 2}
    assert_unbroken(camera.heard)


@given(seed=st.integers(0, 10_000), temporal=st.integers(0, 2))
def test_packets_that_change_places_keep_their_numbers(seed: int, temporal: int) -> None:
    camera, chance = Camera(), random.Random(seed)
    camera.choose("h", temporal)
    camera.show(key="h")
    encoding = camera.encodings["h"]
    sent = [packet for _ in range(30) for packet in encoding.picture()]
    late = [sent[at] for at in range(6, 55, 7) if chance.random() < 0.5]

    for packet in sent:
        if packet not in late:
            camera.track.layers["h"].receive(encoding.datagram(packet))
    for packet in late:
        camera.track.layers["h"].receive(encoding.datagram(packet))

    numbers = [packet.sequence for packet in camera.heard]
    assert len(set(numbers)) == len(numbers)
    assert all(known.temporal <= temporal for known in descriptors(camera.heard))


@given(st.lists(st.tuples(st.sampled_from("lmh"), st.integers(0, 2), st.booleans()), max_size=30))
def test_any_choices_make_one_unbroken_stream(steps: list[tuple[str, int, bool]]) -> None:
    camera = Camera()
    for rid, temporal, gives_key in steps:
        camera.choose(rid, temporal)
        camera.show(3, key=rid if gives_key else "")

    assert_unbroken(camera.heard)


def test_track_itself_gives_the_best_size_that_is_alive(camera: Camera) -> None:
    heard: list[Packet] = []
    camera.track.add_sink(heard.append)
    camera.show(2)
    camera.track.tick(camera.track.layers["h"].last_at)

    camera.show(3, key="h")

    assert all(len(packet.payload) > 700 for packet in heard)
    assert len(heard) == 6
    assert camera.track.last_at > 0
    assert camera.track.clock.timestamp_at(1e9) is not None


def test_best_size_that_stops_gives_way_to_the_next(camera: Camera) -> None:
    heard: list[Packet] = []
    camera.track.add_sink(heard.append)
    for layer in camera.track.layers.values():
        layer.height = 1
    camera.show(2)
    now = camera.track.layers["h"].last_at
    camera.track.tick(now)
    camera.show(key="h")

    camera.track.layers["h"].last_at = now - 2 * layers.ALIVE_S
    camera.track.tick(now)
    encoding = camera.encodings["m"]
    for packet in encoding.picture(is_key=True):
        camera.track.layers["m"].receive(encoding.datagram(packet))

    assert 300 < len(heard[-1].payload) < 500
    assert_unbroken(heard)


def living(*sizes: tuple[int, float]) -> list[Inbound]:
    made = []
    for height, rate_bps in sizes:
        one = Inbound(
            kind="video", codec=VP8, ssrc=height, clock=PeerClock(), send_rtcp=lambda _: None
        )
        one.height, one.rate_bps, one.temporal_layers = height, rate_bps, 3
        made.append(one)
    return made


ALL = ((180, 150e3), (360, 500e3), (720, 1500e3))


@pytest.mark.parametrize(
    ("budget_bps", "max_height", "height", "temporal"),
    [
        (5e6, None, 720, ALL_TEMPORAL),
        (1.55e6, None, 720, ALL_TEMPORAL),
        (1.4e6, None, 360, ALL_TEMPORAL),
        (5e6, 400, 360, ALL_TEMPORAL),
        (5e6, 100, 180, ALL_TEMPORAL),
        (300e3, None, 180, ALL_TEMPORAL),
        (100e3, None, 180, 1),
        (65e3, None, 180, 0),
        (1e3, None, 180, 0),
    ],
)
def test_best_size_that_fits_is_chosen(
    budget_bps: float, max_height: int | None, height: int, temporal: int
) -> None:
    choice = layers.choose(living(*ALL), budget_bps, max_height, None)

    assert choice is not None
    assert (choice.layer.height, choice.temporal) == (height, temporal)


def test_larger_size_needs_room_to_spare_and_the_present_one_does_not() -> None:
    small, middle, large = living(*ALL)

    up = layers.choose([small, middle, large], 1.55e6, None, middle)
    stay = layers.choose([small, middle, large], 1.55e6, None, large)

    assert up is not None
    assert stay is not None
    assert (up.layer, stay.layer) == (middle, large)
    assert layers.choose([], 1e6, None, None) is None


def test_receiver_gets_its_own_size_under_its_own_numbers(camera: Camera) -> None:
    sent: list[bytes] = []
    out = Outbound(codec=VP8, ssrc=99, rtx_ssrc=98, send_rtp=sent.append)
    camera.show(2, key="h")
    out.max_height = 400
    out.attach(camera.track)
    for rid, layer in camera.track.layers.items():
        layer.height = SIZES[rid]

    out.choose(5e6, camera.track.layers["h"].last_at)
    camera.show(3, key="m")
    out.resend([int.from_bytes(sent[-1][2:4], "big")])

    assert {data[8:12] for data in sent[:-1]} == {(99).to_bytes(4, "big")}
    assert all(300 < len(data) < 500 for data in sent[:-1])
    assert sent[-1][8:12] == (98).to_bytes(4, "big")
    assert out.report() is not None
    out.attach(None)
    assert not out.is_layered
