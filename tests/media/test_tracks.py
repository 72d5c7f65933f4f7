"""Tracks in and out: losses found and asked for, streams that go on over a change of source."""

from __future__ import annotations

import struct
from math import inf
from typing import Any

from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpRtpfbPacket
from hypothesis import given
from hypothesis import strategies as st

from runtime.media.clock import PeerClock, TrackClock, ms_of_ntp, ntp_of
from runtime.media.inbound import NACK_TRIES, Inbound, nack_blocks
from runtime.media.negotiation import Codec
from runtime.media.outbound import Outbound
from runtime.media.reorder import PATIENCE_S, ReorderWindow
from runtime.media.rtp import Packet, find_extension, find_payload, is_vp8_keyframe, vp8_payload

NOW_MS = 1_700_000_000_000.0
VP8 = Codec(payload_type=96, rtx_payload_type=97, clock_rate=90000, feedback=())
OPUS = Codec(payload_type=111, rtx_payload_type=None, clock_rate=48000, feedback=())


def rtp(sequence: int, *, timestamp: int = 0, ssrc: int = 7, payload: bytes = b"abcd") -> bytes:
    header = struct.pack("!BBHII", 0x80, 96, sequence & 0xFFFF, timestamp, ssrc)
    return header + payload


def inbound(sent: list[bytes], *, codec: Codec = VP8, kind: str = "video") -> Inbound:
    return Inbound(kind=kind, codec=codec, ssrc=7, clock=PeerClock(), send_rtcp=sent.append)


def lost_in(sent: list[bytes]) -> list[list[int]]:
    packets: list[Any] = [packet for data in sent for packet in RtcpPacket.parse(data)]
    return [packet.lost for packet in packets if isinstance(packet, RtcpRtpfbPacket)]


def test_hole_is_asked_for_at_once_and_again() -> None:
    sent: list[bytes] = []
    track = inbound(sent)
    for sequence in (1, 2, 5):
        track.receive(rtp(sequence))

    for step in range(20):
        track.tick(1e9 + step)

    assert lost_in(sent)[0] == [3, 4]
    assert len(lost_in(sent)) == NACK_TRIES
    assert track.missing == {}


def test_retransmission_fills_the_hole_once() -> None:
    sent: list[bytes] = []
    heard: list[Packet] = []
    track = inbound(sent)
    track.add_sink(heard.append)
    for sequence in (65534, 65535, 1):
        track.receive(rtp(sequence))

    for _ in range(2):
        track.receive_rtx(rtp(900, payload=b"\x00\x00late"))

    assert [packet.sequence for packet in heard] == [65534, 65535, 1, 0]
    assert heard[-1].payload == b"late"
    assert track.recovered == 1


def test_duplicate_is_dropped() -> None:
    heard: list[Packet] = []
    track = inbound([])
    track.add_sink(heard.append)

    for sequence in (1, 1, 2, 1):
        track.receive(rtp(sequence))

    assert [packet.sequence for packet in heard] == [1, 2]


def test_keyframe_is_asked_for_twice_a_second_at_most() -> None:
    sent: list[bytes] = []
    track = inbound(sent)

    for _ in range(50):
        track.request_keyframe()
    assert len(sent) == 1
    track.tick(1e9)

    assert len(sent) <= 2
    assert isinstance(RtcpPacket.parse(sent[0])[0], RtcpPsfbPacket)


def test_audio_is_never_asked_for_a_keyframe() -> None:
    sent: list[bytes] = []

    inbound(sent, codec=OPUS, kind="audio").request_keyframe()

    assert sent == []


def test_stream_goes_on_over_a_change_of_source() -> None:
    sent: list[bytes] = []
    out = Outbound(codec=VP8, ssrc=99, rtx_ssrc=100, send_rtp=sent.append)
    first, second = inbound([]), inbound([])
    out.attach(first)
    for sequence in (1000, 1001):
        first.receive(rtp(sequence, timestamp=5000))

    out.attach(second)
    first.receive(rtp(1002))
    for sequence in (7, 8):
        second.receive(rtp(sequence, timestamp=4_000_000_000))

    heads = [struct.unpack("!BBHII", data[:12]) for data in sent]
    assert [head[2] for head in heads] == [1000, 1001, 1002, 1003]
    assert {head[4] for head in heads} == {99}
    assert 0 < heads[2][3] - heads[1][3] < 90000


def test_nack_is_answered_by_rtx_with_the_original_number() -> None:
    sent: list[bytes] = []
    out = Outbound(codec=VP8, ssrc=99, rtx_ssrc=100, send_rtp=sent.append)
    source = inbound([])
    out.attach(source)
    for sequence in range(600):
        source.receive(rtp(sequence, payload=bytes([sequence & 0xFF])))
    sent.clear()

    out.resend([100, 599, 4000])

    assert [data[1] & 0x7F for data in sent] == [97, 97]
    assert [data[8:12] for data in sent] == [(100).to_bytes(4, "big")] * 2
    assert [data[12:] for data in sent] == [b"\x00\x64\x64", b"\x02\x57\x57"]


def test_audio_nack_is_answered_with_the_packet_itself() -> None:
    sent: list[bytes] = []
    out = Outbound(codec=OPUS, ssrc=99, rtx_ssrc=100, send_rtp=sent.append)
    source = inbound([], codec=OPUS, kind="audio")
    out.attach(source)
    source.receive(rtp(3))

    out.resend([3])

    assert sent[0] == sent[1]


def sequences(packets: list[Packet | None]) -> list[int | None]:
    return [packet and packet.sequence for packet in packets]


def test_window_gives_packets_in_order_and_waits_for_a_hole() -> None:
    window = ReorderWindow()
    for sequence in (1, 3, 2, 5):
        window.put(Packet(sequence, 0, 0, b""))

    first = window.take(10.0)
    waiting = window.take(10.0)
    given_up = window.take(10.1 + PATIENCE_S)

    assert sequences(first) == [1, 2, 3]
    assert waiting == []
    assert sequences(given_up) == [None, 5]


def test_window_tells_how_long_it_has_waited() -> None:
    window = ReorderWindow()
    for sequence in (1, 3):
        window.put(Packet(sequence, 0, 0, b""))

    window.take(10.0)
    waited = window.waited_s(10.4)
    window.put(Packet(2, 0, 0, b""))
    window.take(10.5)

    assert 0.39 < waited < 0.41
    assert window.waited_s(10.6) == 0


def test_many_holes_cost_no_more_time_than_one() -> None:
    window = ReorderWindow()
    for sequence in range(0, 40, 2):
        window.put(Packet(sequence, 0, 0, b""))

    assert sequences(window.take(10.0)) == [0]
    given_up = window.take(10.0 + PATIENCE_S)

    assert sequences(given_up) == [one for n in range(2, 40, 2) for one in (None, n)]


def test_window_gives_all_it_holds_at_the_end() -> None:
    window = ReorderWindow()
    for sequence in (65534, 1, 3):
        window.put(Packet(sequence, 0, 0, b""))

    assert sequences(window.take(inf)) == [65534, None, 1, None, 3]


@given(st.permutations(list(range(40))))
def test_window_restores_any_order_behind_its_first(order: list[int]) -> None:
    window = ReorderWindow()
    window.put(Packet(65520, 0, 0, b""))
    for number in order:
        window.put(Packet((65521 + number) & 0xFFFF, 0, 0, b""))

    packets = window.take(0.0)

    assert sequences(packets) == [(65520 + n) & 0xFFFF for n in range(41)]


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=60, unique=True))
def test_nack_words_name_what_is_missing(lost: list[int]) -> None:
    blocks = nack_blocks(lost)

    named = set()
    for pid, mask in struct.iter_unpack("!HH", blocks):
        named |= {pid} | {(pid + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1}
    assert named == set(lost)


@given(st.binary(min_size=12, max_size=80))
def test_no_rtp_bytes_raise(data: bytes) -> None:
    payload = find_payload(data)
    find_extension(data, 3)
    if payload is not None:
        vp8_payload(payload)
        is_vp8_keyframe(payload)

    assert payload is None or len(payload) <= len(data)


def test_tracks_of_a_peer_meet_on_one_clock() -> None:
    peer = PeerClock()
    audio, video = TrackClock(48000, peer), TrackClock(90000, peer)
    now = 1_700_000_000_000.0
    theirs = now - 3_600_000

    audio.note_report(ntp_of(theirs), 1000, now)
    video.note_report(ntp_of(theirs + 500), 4_294_967_000, now + 540)  # 40 ms later on its way

    assert abs(audio.wall_of(1000 + 48000) - (now + 1000)) < 1
    assert abs(video.wall_of((4_294_967_000 + 45000) & 0xFFFFFFFF) - (now + 1000)) < 1
    assert abs(ms_of_ntp(ntp_of(now)) - now) < 0.01


def test_late_report_moves_a_track_a_little_and_an_early_one_at_once() -> None:
    track = TrackClock(48000, PeerClock())
    now = 1_700_000_000_000.0
    track.note_report(ntp_of(now), 0, now)

    track.note_report(ntp_of(now + 1200), 48000, now + 1200)
    late = track.wall_of(48000)
    track.note_report(ntp_of(now + 1970), 96000, now + 1970)
    early = track.wall_of(96000)

    assert 0 < late - (now + 1000) < 2
    assert abs(early - (now + 1970)) < 0.1


def test_track_follows_a_clock_that_was_set() -> None:
    track = TrackClock(48000, PeerClock())
    now = 1_700_000_000_000.0
    track.note_report(ntp_of(now), 0, now)

    track.note_report(ntp_of(now + 10_000), 48000, now + 10_000)

    assert abs(track.wall_of(48000) - (now + 10_000)) < 0.1


def arrive(track: TrackClock, rate: int, *, from_s: float, to_s: float, late_ms: float) -> None:
    """Frames of 20 ms, stamped by `rate` from 0 at second 0, each `late_ms` after its time."""
    for frame in range(round(from_s * 50), round(to_s * 50)):
        track.note_arrival(frame * rate // 50, NOW_MS + frame * 20 + late_ms)


def test_sound_that_lost_samples_is_moved_to_the_pictures() -> None:
    peer = PeerClock()
    sound, pictures = TrackClock(48000, peer, counts_samples=True), TrackClock(90000, peer)
    for at_s in range(4):
        late_ms = 0 if at_s < 2 else 700
        arrive(pictures, 90000, from_s=at_s, to_s=at_s + 1, late_ms=10)
        arrive(sound, 48000, from_s=at_s, to_s=at_s + 1, late_ms=late_ms)

    assert abs(pictures.wall_of(3 * 90000) - (NOW_MS + 3000)) <= 10
    assert abs(sound.wall_of(3 * 48000) - (NOW_MS + 3700)) <= 20


def test_slow_network_moves_no_track() -> None:
    peer = PeerClock()
    sound, pictures = TrackClock(48000, peer, counts_samples=True), TrackClock(90000, peer)
    for at_s in range(6):
        late_ms = 0 if at_s < 2 else 700
        arrive(pictures, 90000, from_s=at_s, to_s=at_s + 1, late_ms=late_ms)
        arrive(sound, 48000, from_s=at_s, to_s=at_s + 1, late_ms=late_ms)

    assert abs(sound.wall_of(5 * 48000) - (NOW_MS + 5000)) <= 1


def test_pictures_stamped_ahead_of_time_move_no_sound() -> None:
    peer = PeerClock()
    sound, pictures = TrackClock(48000, peer, counts_samples=True), TrackClock(90000, peer)
    for at_s in range(4):
        late_ms = 0 if at_s < 2 else -1900
        arrive(pictures, 90000, from_s=at_s, to_s=at_s + 1, late_ms=late_ms)
        arrive(sound, 48000, from_s=at_s, to_s=at_s + 1, late_ms=0)

    assert abs(sound.wall_of(3 * 48000) - (NOW_MS + 3000)) <= 1


def test_sound_that_catches_up_stays_where_it_was() -> None:
    """A sender that slept sends at once what it owes: only the first of it is late."""
    peer = PeerClock()
    sound, pictures = TrackClock(48000, peer, counts_samples=True), TrackClock(90000, peer)
    arrive(pictures, 90000, from_s=0, to_s=4, late_ms=0)
    arrive(sound, 48000, from_s=0, to_s=2, late_ms=0)
    for frame in range(100, 150):
        sound.note_arrival(frame * 960, NOW_MS + 3000 + frame / 10)
    arrive(sound, 48000, from_s=3.1, to_s=4, late_ms=0)

    assert abs(sound.wall_of(4 * 48000) - (NOW_MS + 4000)) <= 1
