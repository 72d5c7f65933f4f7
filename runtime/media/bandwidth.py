"""How much a way to a browser carries, learnt from what the browser reports of it.

With transport-wide feedback two things are watched, as Google's congestion control does
(draft-ietf-rmcat-gcc-02): packets that take longer and longer fill a queue somewhere, so the rate
that got through is taken a little lower; and packets that are lost without a queue lower it by
half their share, as long as that helps: loss that stays the same when less is sent is not of our
making, and a call over a radio that loses a third needs its packets more than any other. A queue
that stands full is told by packets later than the quickest. Otherwise the estimate grows by a
twelfth a second, but never far above what has been sent: what was not tried is not known. A probe
tries it: a burst at a higher rate, whose arrival is believed at once. A browser without that
feedback sends its own estimate (REMB), which is taken as it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from runtime.media.twcc import Arrival

START_BPS = 1_500_000
MIN_BPS = 60_000
MAX_BPS = 20_000_000
SENT_NUMBERS = 2048  # kept, of 65536: five seconds of a large picture

GROUP_S = 0.005  # packets sent together, whose arrivals tell one thing
TREND_GROUPS = 20
SMOOTHING = 0.9
TREND_GAIN = 4.0
THRESHOLD_MS = 12.5
THRESHOLD_RANGE_MS = (6.0, 600.0)
THRESHOLD_UP, THRESHOLD_DOWN = 0.0087, 0.039  # per ms: slow to trust, quick to distrust
OVERUSE_S = 0.01

STANDING_S = 0.15  # later than the quickest: a queue that stays full
QUICKEST_S = 15.0  # for which the quickest packet counts, at least
LATE_SMOOTHING = 0.95

DECREASE = 0.85
DECREASE_EVERY_S = 0.3  # the first has to show first
GROWTH_PER_S = 1.08
NEAR, CLEARLY_MORE = 0.75, 1.3  # of what the way was seen to carry: carefully from there on
NEAR_GROWTH_BPS = 32_000  # a second
HEADROOM = 1.5  # over what arrived
HEADROOM_BPS = 10_000
ARRIVED_S = 0.75
LOSS_S = 1.0  # over which losses are counted
MUCH_LOSS, LITTLE_LOSS = 0.10, 0.02
HELPED, WORSE = 0.6, 1.4
LOSS_PACKETS = 100  # fewer tell too little
PROBE_WHOLE = 0.9  # of its packets must arrive
PROBE_TRUST = 0.9


class SentLog:
    """When each of the last running numbers was sent, and how large it was."""

    def __init__(self) -> None:
        self.next = 0
        self._at = [0.0] * SENT_NUMBERS
        self._bytes = [0] * SENT_NUMBERS
        self._number = [-1] * SENT_NUMBERS

    def note(self, size: int, now: float) -> int:
        """Take the next number for a packet of `size` bytes sent at `now`, monotonic seconds."""
        number = self.next
        self.next = (number + 1) & 0xFFFF
        place = number % SENT_NUMBERS
        self._at[place], self._bytes[place], self._number[place] = now, size, number
        return number

    def find(self, number: int) -> tuple[float, int] | None:
        """(sent at, bytes), once: a number that is reported again is not known any more."""
        place = number % SENT_NUMBERS
        if self._number[place] != number:
            return None
        self._number[place] = -1
        return self._at[place], self._bytes[place]


class Trend:
    """Whether packets take longer and longer: the slope of the smoothed delay."""

    def __init__(self) -> None:
        self.is_overused = self.is_underused = False
        self._group: tuple[float, float, float] | None = None  # first sent, last sent, arrived
        self._before: tuple[float, float] | None = None  # last sent, arrived, of the group before
        self._delay_ms = self._smooth_ms = 0.0
        self._points: deque[tuple[float, float]] = deque(maxlen=TREND_GROUPS)
        self._threshold_ms = THRESHOLD_MS
        self._over_since: float | None = None
        self._groups = 0
        self._last_slope = 0.0
        self._late_s: float | None = None  # smoothed, between two clocks
        self._quickest = [float("inf"), float("inf")]  # of this while and the one before
        self._quickest_since = 0.0

    @property
    def is_standing(self) -> bool:
        """Whether a queue on the way stays full."""
        return self._late_s is not None and self._late_s - min(self._quickest) > STANDING_S

    def note(self, sent: float, arrived: float) -> None:
        """A packet, in the order of sending; both in seconds, each on its own clock."""
        self._note_late(arrived - sent, arrived)
        group = self._group
        if group is None:
            self._group = (sent, sent, arrived)
        elif sent - group[0] <= GROUP_S:
            self._group = (group[0], max(sent, group[1]), max(arrived, group[2]))
        else:
            self._close(group)
            self._group = (sent, sent, arrived)

    def _note_late(self, late_s: float, now: float) -> None:
        before = late_s if self._late_s is None else self._late_s
        self._late_s = LATE_SMOOTHING * before + (1 - LATE_SMOOTHING) * late_s
        if now - self._quickest_since > QUICKEST_S:
            self._quickest = [late_s, self._quickest[0]]
            self._quickest_since = now
        self._quickest[0] = min(self._quickest[0], late_s)

    def _close(self, group: tuple[float, float, float]) -> None:
        _, sent, arrived = group
        before, self._before = self._before, (sent, arrived)
        if before is None:
            return
        step_s = arrived - before[1]
        change_ms = (step_s - (sent - before[0])) * 1000
        if abs(change_ms) > 3000:  # noqa: PLR2004 - a clock was set or a way changed, not a queue
            self._points.clear()
            return
        self._groups += 1
        self._delay_ms += change_ms
        self._smooth_ms = SMOOTHING * self._smooth_ms + (1 - SMOOTHING) * self._delay_ms
        self._points.append((arrived * 1000, self._smooth_ms))
        if len(self._points) == TREND_GROUPS:
            self._judge(_slope(self._points), arrived, step_s)

    def _judge(self, slope: float, now: float, step_s: float) -> None:
        trend = min(self._groups, 60) * slope * TREND_GAIN
        is_over = trend > self._threshold_ms
        self.is_underused = trend < -self._threshold_ms
        if not is_over:
            self._over_since = None
        elif self._over_since is None:
            self._over_since = now
        lasted = now - self._over_since if self._over_since is not None else 0.0
        self.is_overused = is_over and lasted > OVERUSE_S and slope >= self._last_slope
        self._last_slope = slope
        size = abs(trend)
        if size < self._threshold_ms + 15:
            gain = THRESHOLD_DOWN if size < self._threshold_ms else THRESHOLD_UP
            moved = self._threshold_ms + gain * (size - self._threshold_ms) * min(100, step_s * 1e3)
            low, high = THRESHOLD_RANGE_MS
            self._threshold_ms = min(high, max(low, moved))


class Downlink:
    """The estimate for one browser's way, all its streams together."""

    def __init__(self) -> None:
        self.sent = SentLog()
        self.loss = 0.0  # share of the last LOSS_S
        self.has_feedback = False
        self._bps = float(START_BPS)
        self._remb_bps: float | None = None
        self._trend = Trend()
        self._arrived: deque[tuple[float, int]] = deque()  # (reported at, bits)
        self._arrived_bits = 0
        self._counts = [0, 0]  # reported and lost since `_counted_at`
        self._counted_at = 0.0
        self._grown_at = 0.0
        self._lowered_at = 0.0
        self._full_bps = 0.0  # what got through when the way was last full; 0: not known
        self._blamed = (0.0, 0.0)  # the loss last answered, and the rate it came with
        self._probe: tuple[int, int] | None = None  # first running number, how many
        self._probed: list[tuple[float, int]] = []  # (arrived, bits) of its packets

    @property
    def bps(self) -> int:
        """What may be sent, in bits a second."""
        if self.has_feedback or self._remb_bps is None:
            return int(self._bps)
        return int(self._remb_bps)

    @property
    def is_known(self) -> bool:
        """Whether the browser has told anything yet."""
        return self.has_feedback or self._remb_bps is not None

    @property
    def may_probe(self) -> bool:
        """Whether trying more does no harm now."""
        is_calm = (
            not (self._trend.is_overused or self._trend.is_standing) and self.loss < LITTLE_LOSS
        )
        return self.has_feedback and is_calm and self._probe is None

    def note_remb(self, bps: int) -> None:
        self._remb_bps = float(max(MIN_BPS, bps))

    def begin_probe(self, packets: int) -> None:
        """The next so many packets are sent faster than before, to see whether they get through."""
        self._probe = (self.sent.next, packets)
        self._probed = []

    def note_feedback(self, arrivals: Sequence[Arrival], now: float) -> None:
        """Take one report: (running number, arrival or None), in the order of the numbers."""
        self.has_feedback = True
        for number, arrived in arrivals:
            known = self.sent.find(number)
            if known is None:
                continue
            self._counts[0] += 1
            if arrived is None:
                self._counts[1] += 1
                continue
            self._trend.note(known[0], arrived)
            self._note_probe(number, arrived, known[1] * 8)
            self._arrived.append((now, known[1] * 8))
            self._arrived_bits += known[1] * 8
        self._update(now)

    def arrived_bps(self, now: float) -> float:
        """What got through lately."""
        while self._arrived and self._arrived[0][0] < now - ARRIVED_S:
            self._arrived_bits -= self._arrived.popleft()[1]
        return self._arrived_bits / ARRIVED_S

    def _update(self, now: float) -> None:
        through = self.arrived_bps(now)
        passed = min(1.0, now - self._grown_at) if self._grown_at else 0.0
        self._grown_at = now
        if self._trend.is_overused or self._trend.is_standing:
            self._lower(through, now)
        elif not self._trend.is_underused and self.loss < MUCH_LOSS:
            self._raise(through, passed)
        self._weigh_loss(now)
        self._bps = min(MAX_BPS, max(MIN_BPS, self._bps))

    def _lower(self, through: float, now: float) -> None:
        if now - self._lowered_at >= DECREASE_EVERY_S:
            self._lowered_at, self._full_bps = now, through
            self._bps = min(self._bps, DECREASE * through)

    def _raise(self, through: float, passed: float) -> None:
        if through > CLEARLY_MORE * self._full_bps:
            self._full_bps = 0.0
        grown = self._bps * GROWTH_PER_S**passed
        if self._bps > NEAR * self._full_bps > 0:
            grown = self._bps + NEAR_GROWTH_BPS * passed
        self._bps = max(self._bps, min(grown, HEADROOM * through + HEADROOM_BPS))

    def _note_probe(self, number: int, arrived: float, bits: int) -> None:
        if self._probe is None:
            return
        first, count = self._probe
        step = (number - first) & 0xFFFF
        if step < count:
            self._probed.append((arrived, bits))
        if step < count - 1 or step >= 0x8000:  # noqa: PLR2004 - half the circle
            return
        self._probe = None
        times = [at for at, _ in self._probed]
        if len(times) < max(2, PROBE_WHOLE * count) or max(times) <= min(times):
            return
        through = sum(bits for _, bits in self._probed[1:]) / (max(times) - min(times))
        self._bps = max(self._bps, min(MAX_BPS, PROBE_TRUST * through))

    def _weigh_loss(self, now: float) -> None:
        if not self._counted_at:
            self._counted_at = now
        if now - self._counted_at < LOSS_S or self._counts[0] < LOSS_PACKETS:
            return
        self.loss = self._counts[1] / self._counts[0]
        self._counts, self._counted_at = [0, 0], now
        blamed_loss, blamed_bps = self._blamed
        if self.loss < LITTLE_LOSS:
            self._blamed = (0.0, 0.0)
            return
        is_as_before = HELPED * blamed_loss < self.loss < WORSE * blamed_loss
        if self.loss > MUCH_LOSS and (not is_as_before or self._bps > blamed_bps):
            self._blamed = (self.loss, self._bps)
            self._bps *= 1 - 0.5 * self.loss


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the line nearest to the points."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if not spread:
        return 0.0
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
