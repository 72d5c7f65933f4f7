"""The link does to packets what it is told, by count and by its own clock."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.rig.impairment import Impairment, Stretch

MANY = 20_000
LATE_S = 1e9


def numbered(count: int) -> list[bytes]:
    return [number.to_bytes(4, "big") for number in range(count)]


def sent(count: int, *, step_s: float = 0.0, **impairment: Any) -> tuple[Stretch, list[bytes]]:
    """A stretch through which `count` packets went, and what came out of it."""
    stretch = Stretch(seed=7)
    stretch.impairment = Impairment(**impairment)
    for number, packet in enumerate(numbered(count)):
        stretch.put(packet, number * step_s)
    return stretch, stretch.take(LATE_S)


def arrivals(count: int, *, step_s: float, **impairment: Any) -> list[tuple[float, bytes]]:
    """(seconds under way, packet) of each, looked at whenever something is due."""
    stretch = Stretch(seed=7)
    stretch.impairment = Impairment(**impairment)
    for number, packet in enumerate(numbered(count)):
        stretch.put(packet, number * step_s)
    found = []
    while (due := stretch.due) is not None:
        found += [(due - step_s * int.from_bytes(one, "big"), one) for one in stretch.take(due)]
    return found


def runs_of_losses(got: list[bytes], count: int) -> list[int]:
    there = [-1, *(int.from_bytes(one, "big") for one in got), count]
    return [after - before - 1 for before, after in pairwise(there) if after - before > 1]


def test_a_perfect_way_changes_nothing():
    stretch, got = sent(100)

    assert got == numbered(100)
    assert (stretch.tally.put, stretch.tally.taken, stretch.tally.lost) == (100, 100, 0)


@pytest.mark.parametrize("loss", [0.05, 0.3, 0.7])
@pytest.mark.parametrize("burst", [1.0, 4.0])
def test_the_asked_share_is_lost(loss: float, burst: float):
    stretch, got = sent(MANY, loss=loss, burst=burst)

    assert stretch.tally.lost == MANY - len(got)
    assert stretch.tally.lost / MANY == pytest.approx(loss, abs=0.02)


def test_losses_come_in_bursts_of_the_asked_length():
    _, got = sent(MANY, loss=0.2, burst=5)

    runs = runs_of_losses(got, MANY)

    assert sum(runs) / len(runs) == pytest.approx(5, rel=0.1)


def test_all_or_nothing_is_lost_at_the_ends():
    assert sent(100, loss=1, burst=3)[1] == []
    assert len(sent(100, loss=0, burst=3)[1]) == 100


def test_nothing_comes_before_its_delay():
    stretch = Stretch(seed=1)
    stretch.impairment = Impairment(delay_ms=50)
    stretch.put(b"one", 2.0)

    assert stretch.due == pytest.approx(2.05)
    assert stretch.take(2.0499) == []
    assert stretch.take(2.0501) == [b"one"]


def test_jitter_stays_within_its_bounds_and_uses_them():
    waits = [wait * 1000 for wait, _ in arrivals(2000, step_s=0.001, delay_ms=50, jitter_ms=20)]

    assert 30 <= min(waits) < 32
    assert 68 < max(waits) <= 70
    assert sum(waits) / len(waits) == pytest.approx(50, abs=1)


def test_some_overtake_others_where_asked():
    got = [one for _, one in arrivals(2000, step_s=0.001, delay_ms=50, reorder=0.1)]

    late = sum(1 for before, after in pairwise(got) if after < before)

    assert sorted(got) == numbered(2000)
    assert late > 50
    assert arrivals(2000, step_s=0.001, delay_ms=50)[-1][1] == numbered(2000)[-1]


def test_the_asked_share_comes_twice():
    stretch, got = sent(MANY, duplicate=0.1)

    assert len(got) - MANY == stretch.tally.duplicated
    assert stretch.tally.duplicated / MANY == pytest.approx(0.1, abs=0.01)


def test_a_narrow_way_takes_its_rate_and_drops_what_would_wait_too_long():
    stretch = Stretch(seed=1)
    stretch.impairment = Impairment(rate_kbps=1000, queue_ms=100)
    for number in range(1000):  # 8 Mb/s for a second into 1 Mb/s
        stretch.put(bytes(1000), number / 1000)

    got = stretch.take(1.0)
    left = stretch.take(LATE_S)

    assert len(got) * 8 == pytest.approx(1000, rel=0.02)  # kilobits in the second
    assert len(left) * 8 == pytest.approx(100, abs=16)  # what the queue held
    assert stretch.tally.dropped == 1000 - len(got) - len(left)


def test_the_same_seed_gives_the_same_fate():
    asked = {"loss": 0.3, "burst": 2.0, "delay_ms": 20.0, "jitter_ms": 10.0, "duplicate": 0.1}

    assert sent(500, step_s=0.001, **asked)[1] == sent(500, step_s=0.001, **asked)[1]


@pytest.mark.parametrize(
    "wrong", [{"loss": 30}, {"duplicate": -0.1}, {"delay_ms": -1}, {"burst": 0.5}]
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match=r"share|negative"):
        Impairment(**wrong)
