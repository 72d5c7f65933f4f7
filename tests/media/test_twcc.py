"""Transport-wide feedback: what is written reads back, and nothing that comes raises."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from runtime.media import twcc
from runtime.media.twcc import TICKS_PER_S, ArrivalLog

CIRCLE = (1 << 24) * twcc.REFERENCE_TICKS

steps = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.floats(0, 0.01) | st.sampled_from([0.0, 0.07, 9.0, 40.0]),
    ),
    max_size=300,
)


@given(base=st.integers(0, 0xFFFF), start=st.floats(0, 2e6), steps=steps)
def test_every_arrival_reads_back_at_its_time(
    base: int, start: float, steps: list[tuple[int, float]]
) -> None:
    log, number, now = ArrivalLog(), base, start
    log.note(number, now)
    noted = {number: int(now * TICKS_PER_S)}
    for forward, later in steps:
        number, now = (number + forward) & 0xFFFF, now + later
        log.note(number, now)
        noted[number] = int(now * TICKS_PER_S)

    read = [arrival for packed in log.take() for arrival in twcc.read(packed)]

    came = {known: round(at * TICKS_PER_S) for known, at in read if at is not None}
    assert came.keys() == noted.keys()
    assert all((came[known] - at) % CIRCLE == 0 for known, at in noted.items())
    assert log.take() == []


def test_what_did_not_come_is_told_as_lost_once() -> None:
    log = ArrivalLog()
    for number in (65534, 1):
        log.note(number, 10.0)

    first = [arrival for packed in log.take() for arrival in twcc.read(packed)]
    log.note(65535, 10.1)
    log.note(2, 10.2)
    second = [arrival for packed in log.take() for arrival in twcc.read(packed)]

    assert [(number, at is None) for number, at in first] == [
        (65534, False),
        (65535, True),
        (0, True),
        (1, False),
    ]
    assert [number for number, _ in second] == [2]


def test_numbers_that_jump_are_not_all_told_as_lost() -> None:
    log = ArrivalLog()
    log.note(0, 1.0)
    log.take()

    log.note(30_000, 1.1)
    read = [arrival for packed in log.take() for arrival in twcc.read(packed)]

    assert read == [(30_000, 1.1)]


def test_packets_that_changed_places_are_told_with_their_times() -> None:
    log = ArrivalLog()
    for number, at in ((1, 5.0), (3, 5.01), (2, 5.02)):
        log.note(number, at)

    read = [arrival for packed in log.take() for arrival in twcc.read(packed)]

    assert [(number, round(at or 0, 2)) for number, at in read] == [(1, 5.0), (2, 5.02), (3, 5.01)]


def test_chunks_of_one_bit_are_read() -> None:
    chunk = 0x8000 | 0b10100000000000
    head = struct.pack("!HHI", 7, 3, 4 << 8) + struct.pack("!H", chunk)

    read = twcc.read(head + bytes([4, 8]))

    assert read == [(7, 1028 / TICKS_PER_S), (8, None), (9, 1036 / TICKS_PER_S)]


@given(st.binary(max_size=200))
def test_no_feedback_raises(data: bytes) -> None:
    for number, at in twcc.read(data):
        assert 0 <= number <= 0xFFFF
        assert at is None or abs(at) < 1e7
