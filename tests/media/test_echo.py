"""Sound that many packets of a way are lost of goes out more than once, unasked."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from runtime.media import outbound
from runtime.media.negotiation import Codec
from runtime.media.outbound import ECHO_HOLD_S, ECHO_LEAST_BPS, Outbound
from runtime.media.pacing import Way
from runtime.media.rtcp import Reception
from runtime.media.rtp import Packet
from tests.media.test_pacing import VP8
from tests.media.test_red import WITHOUT


class Line:
    """An outbound and what it sent, on a clock of its own."""

    def __init__(self, patch: pytest.MonkeyPatch, codec: Codec = WITHOUT) -> None:
        self.now = 100.0
        self.sent: list[bytes] = []
        self.way = Way()
        self._next = 0
        patch.setattr(outbound, "monotonic", lambda: self.now)
        self.out = Outbound(
            codec=codec,
            ssrc=9,
            rtx_ssrc=8,
            send_rtp=self.sent.append,
            way=self.way,
        )

    def report(self, loss: float) -> None:
        self.out.note_report(Reception(ssrc=9, fraction_lost=round(256 * loss), lsr=0, dlsr=0))

    def speak(self, count: int = 100) -> Counter[int]:
        """Send so many packets; how often each sequence number went out, the last ones left out."""
        self.sent.clear()
        first = self._next
        for sequence in range(first, first + count):
            self.out.forward(Packet(sequence, 960 * sequence, 0, b"sound"))
        self._next += count
        times = Counter(int.from_bytes(data[2:4], "big") for data in self.sent)
        return Counter({n: times[n] for n in range(first, first + count - 8)})


def test_sound_goes_out_once_where_nothing_is_lost(monkeypatch: pytest.MonkeyPatch):
    line = Line(monkeypatch)
    line.report(0.01)

    assert set(line.speak().values()) == {1}


@pytest.mark.parametrize(("loss", "times"), [(0.1, 2), (0.3, 3), (0.5, 4), (0.7, 5)])
def test_the_more_is_lost_the_oftener_sound_is_sent(
    monkeypatch: pytest.MonkeyPatch, loss: float, times: int
):
    line = Line(monkeypatch)
    line.report(loss)

    assert set(line.speak().values()) == {times}


def test_copies_go_out_apart_from_each_other(monkeypatch: pytest.MonkeyPatch):
    line = Line(monkeypatch)
    line.report(0.3)
    line.speak()

    places = [at for at, data in enumerate(line.sent) if int.from_bytes(data[2:4], "big") == 50]

    assert len(places) == 3
    assert all(after - before >= 4 for before, after in pairwise(places))


def test_copies_end_some_time_after_the_loss(monkeypatch: pytest.MonkeyPatch):
    line = Line(monkeypatch)
    line.report(0.3)
    line.speak()
    line.report(0.0)

    soon = line.speak()
    line.now += ECHO_HOLD_S + 1
    line.report(0.0)
    later = line.speak()

    assert set(soon.values()) == {3}
    assert set(later.values()) == {1}


def test_a_narrow_way_is_not_filled_with_copies(monkeypatch: pytest.MonkeyPatch):
    line = Line(monkeypatch)
    line.way.downlink.note_remb(ECHO_LEAST_BPS - 1)
    line.report(0.7)

    assert set(line.speak().values()) == {1}


def test_pictures_are_sent_again_only_when_asked_for(monkeypatch: pytest.MonkeyPatch):
    line = Line(monkeypatch, VP8)
    line.report(0.3)

    assert set(line.speak().values()) == {1}
