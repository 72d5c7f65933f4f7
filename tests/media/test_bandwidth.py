"""The estimate on a made-up way: it finds what the way carries, and lets go of what it does not."""

from __future__ import annotations

import random

import pytest

from runtime.media.bandwidth import MIN_BPS, Downlink
from runtime.media.pacing import Credit

STEP_S = 0.005
REPORT_S = 0.1
DELAY_S = 0.05
QUEUE_S = 0.3
PACKET_BYTES = 1000


class MadeUpWay:
    """A bottleneck with a queue and chance loss, driven by its own clock."""

    def __init__(self, rate_bps: float, *, loss: float = 0.0, sends_bps: float = 1e9) -> None:
        self.downlink = Downlink()
        self.rate_bps = rate_bps
        self.loss = loss
        self.sends_bps = sends_bps
        self.now = 100.0
        self._chance = random.Random(1)
        self._free_at = 0.0
        self._credit = 0.0
        self._on_way: list[tuple[int, float | None, float]] = []
        self._reported_at = 100.0

    def run(self, seconds: float) -> float:
        """Send as fast as the estimate and the source say; gives the rate after `seconds`."""
        end = self.now + seconds
        while self.now < end:
            self.now += STEP_S
            self._credit += min(self.downlink.bps, self.sends_bps) * STEP_S / 8
            while self._credit > PACKET_BYTES:
                self._credit -= PACKET_BYTES
                self.send()
            if self.now - self._reported_at >= REPORT_S:
                self._report()
        return self.downlink.bps

    def send(self) -> None:
        number = self.downlink.sent.note(PACKET_BYTES, self.now)
        start = max(self.now, self._free_at)
        if start - self.now > QUEUE_S or self._chance.random() < self.loss:
            self._on_way.append((number, None, self.now + DELAY_S))
            return
        self._free_at = start + PACKET_BYTES * 8 / self.rate_bps
        arrives = self._free_at + DELAY_S
        self._on_way.append((number, arrives + 7.0, arrives))

    def _report(self) -> None:
        self._reported_at = self.now
        told = [(number, at) for number, at, known in self._on_way if known <= self.now]
        self._on_way = [one for one in self._on_way if one[2] > self.now]
        if told:
            self.downlink.note_feedback(told, self.now)


@pytest.mark.parametrize("rate_bps", [500_000, 1_000_000, 3_000_000])
def test_estimate_finds_what_the_way_carries(rate_bps: int) -> None:
    way = MadeUpWay(rate_bps)

    found = way.run(30)

    assert 0.6 * rate_bps < found < 1.2 * rate_bps


def test_estimate_follows_a_way_that_becomes_narrow() -> None:
    way = MadeUpWay(2_000_000)
    way.run(20)

    way.rate_bps = 400_000
    found = way.run(10)

    assert 150_000 < found < 500_000


def test_loss_that_is_not_of_our_making_is_answered_once() -> None:
    way = MadeUpWay(3_000_000, loss=0.3)

    found = way.run(30)

    assert found > 600_000


def test_estimate_stays_near_what_was_tried() -> None:
    way = MadeUpWay(50_000_000, sends_bps=800_000)

    assert way.run(30) <= 1_600_000


def test_probe_that_gets_through_is_believed_at_once() -> None:
    way = MadeUpWay(20_000_000, sends_bps=300_000)
    before = way.run(10)

    way.downlink.begin_probe(40)
    for _ in range(10):  # 3.2 Mb/s for 100 ms
        way.now += 0.01
        for _ in range(4):
            way.send()
    after = way.run(1)

    assert after > before + 500_000


def test_probe_that_is_lost_changes_nothing() -> None:
    way = MadeUpWay(400_000, sends_bps=300_000)
    before = way.run(10)

    way.downlink.begin_probe(200)
    for _ in range(200):
        way.send()

    assert way.run(1) <= before


def test_own_estimate_of_a_browser_is_taken_where_it_reports_nothing_else() -> None:
    downlink = Downlink()
    assert not downlink.is_known

    downlink.note_remb(700_000)
    assert downlink.bps == 700_000
    downlink.note_remb(1)

    assert downlink.bps == MIN_BPS


def test_credit_is_a_share_of_what_was_earned_and_does_not_pile_up() -> None:
    credit = Credit(0.5, 10)

    assert credit.take(100, 0) == 10
    assert credit.take(100, 0) == 0
    assert credit.take(100, 4) == 2
    assert credit.take(100, 10_000) == 10
