"""The worker's times: wall clock in milliseconds that never steps, and senders' clocks on it."""

from __future__ import annotations

import time
from math import inf

DRIFT_MS = 1.0  # how much later a report may move a track: clocks drift by far less between two
CLOCK_SET_MS = 1000  # a larger change of offset means that their clock was set
WINDOW_MS = 500  # of packets of which the least late one counts
SLIP_MS = 150  # sound later than pictures by more has lost samples: it is sent before them
NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970

_START_WALL_MS = time.time_ns() / 1e6
_START_MONOTONIC = time.monotonic_ns()


def wall_ms() -> float:
    """Epoch milliseconds, steady since the process began: a step of the host's clock is ignored."""
    return _START_WALL_MS + (time.monotonic_ns() - _START_MONOTONIC) / 1e6


def ntp_of(ms: float) -> int:
    """Epoch milliseconds as a 64-bit NTP time stamp."""
    return int((ms / 1000 + NTP_EPOCH_S) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF


def ms_of_ntp(ntp: int) -> float:
    """A 64-bit NTP time stamp as epoch milliseconds."""
    return (ntp / (1 << 32) - NTP_EPOCH_S) * 1000


class Lateness:
    """How late packets come against their own clock: the least of a WINDOW_MS, once it is over."""

    def __init__(self) -> None:
        self.least_ms: float | None = None
        self.known_at_ms = 0.0
        self._least = inf
        self._ends_ms = 0.0

    def note(self, late_ms: float, now_ms: float) -> bool:
        """Whether a window has just ended and `least_ms` is new."""
        if now_ms < self._ends_ms:
            self._least = min(self._least, late_ms)
            return False
        is_known = self._least < inf and now_ms < self._ends_ms + WINDOW_MS
        self.least_ms = self._least if is_known else None
        self.known_at_ms = now_ms
        self._least, self._ends_ms = late_ms, now_ms + WINDOW_MS
        return is_known


class PeerClock:
    """A browser's wall clock against ours: one offset for all its tracks keeps them in step."""

    def __init__(self) -> None:
        self.offset_ms: float | None = None
        self.pictures = Lateness()

    def learn(self, sender_ms: float, now_ms: float) -> float:
        """Ours minus theirs, learnt at the first report and kept unless their clock is set."""
        seen = now_ms - sender_ms
        if self.offset_ms is None or abs(seen - self.offset_ms) > CLOCK_SET_MS:
            self.offset_ms = seen
        return self.offset_ms


class TrackClock:
    """RTP time stamps of one stream on our wall clock: by arrival, then by sender reports.

    Pictures are stamped by a clock; sound is stamped by counting samples, and a busy sender that
    loses some goes on counting as if they had never been due. So sound that keeps coming later
    than the pictures of the same peer is moved to where they are.
    """

    def __init__(self, clock_rate: int, peer: PeerClock, *, counts_samples: bool = False) -> None:
        self._rate_ms = clock_rate / 1000
        self._peer = peer
        self._base_ms = 0.0
        self._base_timestamp: int | None = None
        self._is_reported = False
        self._sound = Lateness() if counts_samples else None

    def note_arrival(self, timestamp: int, now_ms: float) -> None:
        """The first packet fixes the scale until a sender report does it better."""
        if self._base_timestamp is None:
            self._base_ms, self._base_timestamp = now_ms, timestamp
        late_ms = now_ms - self.wall_of(timestamp)
        if self._sound is None:
            self._peer.pictures.note(late_ms, now_ms)
        elif self._sound.note(late_ms, now_ms):
            self._catch_up(self._sound, now_ms)

    def restart(self) -> None:
        """Another stream under the same name: its time stamps have nothing to do with the last."""
        self._base_timestamp = None
        self._is_reported = False

    def note_report(self, ntp: int, timestamp: int, now_ms: float) -> None:
        """Follow a sender report: at once to an earlier time, slowly to a later one.

        A busy sender stamps its reports late, never early, so the earliest is the truest.
        """
        sender_ms = ms_of_ntp(ntp)
        seen = sender_ms + self._peer.learn(sender_ms, now_ms)
        expected = self.wall_of(timestamp)
        if self._is_reported and expected < seen < expected + CLOCK_SET_MS:
            seen = min(seen, expected + DRIFT_MS)
        self._base_ms, self._base_timestamp = seen, timestamp
        self._is_reported = True

    def wall_of(self, timestamp: int) -> float:
        """Epoch milliseconds of an RTP time stamp within half its circle of the last known."""
        base = self._base_timestamp if self._base_timestamp is not None else timestamp
        difference = (timestamp - base) & 0xFFFFFFFF
        if difference & 0x80000000:
            difference -= 1 << 32
        return self._base_ms + difference / self._rate_ms

    def timestamp_at(self, now_ms: float) -> int | None:
        """The RTP time stamp of a moment; None before the first packet."""
        if self._base_timestamp is None:
            return None
        return (self._base_timestamp + round((now_ms - self._base_ms) * self._rate_ms)) & 0xFFFFFFFF

    def _catch_up(self, sound: Lateness, now_ms: float) -> None:
        pictures = self._peer.pictures
        if sound.least_ms is None or pictures.least_ms is None:
            return
        is_known = now_ms - pictures.known_at_ms < 2 * WINDOW_MS
        slip_ms = sound.least_ms - max(0.0, pictures.least_ms)
        if is_known and slip_ms > SLIP_MS:
            self._base_ms += slip_ms
