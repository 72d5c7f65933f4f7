"""Simulcast: one picture in several sizes, and who gets which (RFC 8853, RFC 7741 §4.2).

A `SimulcastTrack` is what the rest of the worker sees of such a picture: a track like any other,
carrying the best size there is. A receiver with less room has a `Selector` of its own. A selector
changes size at a key frame only, and drops upper temporal layers at once; what it gives is one
unbroken stream: sequence numbers, time stamps and picture ids go on as if nothing had happened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from typing import NamedTuple

from typing_extensions import override

from runtime.media.clock import PeerClock, TrackClock, wall_ms
from runtime.media.inbound import Inbound, Sink
from runtime.media.negotiation import Codec
from runtime.media.rtp import (
    Packet,
    Vp8Descriptor,
    is_newer,
    vp8_descriptor,
    vp8_payload,
    vp8_renumber,
    vp8_size,
)

ALIVE_S = 1.5
HELD_PACKETS = 64  # of a waited-for layer, should its key frame come out of order
CUTS = 64
ALL_TEMPORAL = 3
STEP_UP = 1.1  # room a better layer must leave, so that nobody goes up and down
TEMPORAL_SHARES = {1: (1.0,), 2: (0.6, 1.0), 3: (0.4, 0.6, 1.0), 4: (0.3, 0.4, 0.6, 1.0)}
"""Of a layer's rate up to each temporal layer, as libvpx gives it."""


class Choice(NamedTuple):
    """A layer, and up to which of its temporal layers."""

    layer: Inbound
    temporal: int


class SimulcastTrack(Inbound):
    """All sizes of one picture; its own packets are those of the best that is alive."""

    def __init__(
        self, *, codec: Codec, clock: PeerClock, send_rtcp: Callable[[bytes], None]
    ) -> None:
        super().__init__(kind="video", codec=codec, ssrc=0, clock=clock, send_rtcp=send_rtcp)
        self.layers: dict[str, Inbound] = {}  # by RID
        self._best = Selector(self, self._give)
        self.clock = SelectedClock(codec.clock_rate, clock, self._best)

    @property
    @override
    def streams(self) -> tuple[Inbound, ...]:
        return tuple(self.layers.values())

    def add_layer(self, rid: str, layer: Inbound) -> None:
        """A further size, or one that comes again under another SSRC."""
        self.layers[rid] = layer
        self.ssrc = self.ssrc or layer.ssrc
        layer.add_sink(partial(_measure, layer))

    def alive(self, now: float) -> list[Inbound]:
        """The layers that are sent at present, the smallest first."""
        living = [layer for layer in self.layers.values() if now - layer.last_at < ALIVE_S]
        return sorted(living, key=lambda layer: (layer.height, layer.rate_bps))

    @override
    def request_keyframe(self) -> None:
        self._best.request_keyframe()

    @override
    def tick(self, now: float) -> None:
        for layer in self.layers.values():
            layer.tick(now)
        living = self.alive(now)
        if living and self.sinks:
            self._best.choose(Choice(living[-1], ALL_TEMPORAL))

    @override
    def stats(self) -> dict[str, object]:
        now = monotonic()
        told = [layer.stats() | {"rid": rid} for rid, layer in self.layers.items()]
        sums = {
            key: sum(int(str(one[key])) for one in told)
            for key in ("packets", "bytes", "lost", "recovered", "repaired")
        }
        jitter = max((float(str(one["jitter_ms"])) for one in told), default=0.0)
        living = self.alive(now)
        sizes = [layer.height for layer in living]
        return {"kind": "video", **sums, "jitter_ms": jitter, "heights": sizes}

    def _give(self, packet: Packet) -> None:
        self.last_at = monotonic()
        for sink in self.sinks:
            sink(packet)


class Selector:
    """One consumer's stream out of a simulcast track; `take` gets its packets."""

    def __init__(self, track: SimulcastTrack, take: Sink) -> None:
        self.current: Inbound | None = None
        self.timestamp_shift = 0
        self.temporal = ALL_TEMPORAL
        self._track = track
        self._take = take
        self._waiting: Inbound | None = None
        self._held: deque[Packet] = deque(maxlen=HELD_PACKETS)
        self._target_temporal = ALL_TEMPORAL
        self._last_in = 0
        self._out = (-1, 0, -1, -1)  # sequence, time stamp, picture, tl0 as given last
        self._shift = (0, 0, 0)  # of sequence, picture, tl0
        self._cuts: deque[tuple[int, tuple[int, int, int]]] = deque(maxlen=CUTS)
        self._picture = -1  # as it came, of the frame under way

    def choose(self, choice: Choice) -> None:
        """Want this layer from its next key frame on."""
        self._target_temporal = choice.temporal
        if choice.layer is (self._waiting or self.current):
            return
        self._stop_waiting()
        if choice.layer is self.current:
            return
        self._waiting = choice.layer
        choice.layer.add_sink(self._watch)
        choice.layer.request_keyframe()

    def request_keyframe(self) -> None:
        layer = self._waiting or self.current
        if layer is not None:
            layer.request_keyframe()

    def close(self) -> None:
        self._stop_waiting()
        if self.current is not None:
            self.current.remove_sink(self._pass)
            self.current = None

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.remove_sink(self._watch)
            self._waiting = None
        self._held.clear()

    def _watch(self, packet: Packet) -> None:
        """The sink while a layer is waited for."""
        known = vp8_descriptor(packet.payload)
        if known is None or not known.is_key:
            self._held.append(packet)
            return
        layer, held = self._waiting, list(self._held)
        self._stop_waiting()
        if layer is None:
            return
        self._switch(layer, packet, known)
        self._pass(packet)
        for early in held:
            if is_newer(early.sequence, packet.sequence):
                self._pass(early)

    def _switch(self, layer: Inbound, packet: Packet, known: Vp8Descriptor) -> None:
        """Let `layer` go on where the present one is, from this packet on."""
        sequence, timestamp, picture, tl0 = self._out
        former, self.current = self.current, layer
        if former is not None:
            former.remove_sink(self._pass)
            now_ms = layer.clock.wall_of(packet.timestamp)
            due = former.clock.timestamp_at(now_ms)
            ahead = ((due or 0) + self.timestamp_shift - timestamp) & 0xFFFFFFFF
            step = ahead if due is not None and 0 < ahead < 90_000 * 10 else 3000
            self.timestamp_shift = (timestamp + step - packet.timestamp) & 0xFFFFFFFF
            shift = (
                sequence + 1 - packet.sequence,
                picture + 1 - known.picture,
                tl0 + 1 - known.tl0,
            )
            self._shift = shift
        layer.add_sink(self._pass)
        self._cuts.clear()
        self._last_in = (packet.sequence - 1) & 0xFFFF
        self._picture = -1
        self.temporal = self._target_temporal

    def _pass(self, packet: Packet) -> None:
        """The sink on the present layer."""
        known = vp8_descriptor(packet.payload)
        if known is None:
            return
        if not is_newer(packet.sequence, self._last_in):
            self._pass_late(packet, known)
            return
        self._last_in = packet.sequence
        if known.begins:
            self._step(known)
        if known.temporal > self.temporal:
            self._drop(packet, known)
            return
        self._picture = known.picture
        self._give(packet, known, self._shift)

    def _step(self, known: Vp8Descriptor) -> None:
        """Take fewer temporal layers at once, more where a frame allows it."""
        if known.is_key or self._target_temporal < self.temporal:
            self.temporal = self._target_temporal
        elif known.is_sync and self.temporal < known.temporal <= self._target_temporal:
            self.temporal = known.temporal

    def _drop(self, packet: Packet, known: Vp8Descriptor) -> None:
        if not self._cuts:
            self._cuts.append(((packet.sequence - 0x4000) & 0xFFFF, self._shift))
        sequence, picture, tl0 = self._shift
        picture -= known.picture not in (self._picture, -1)
        self._picture = known.picture
        self._shift = (sequence - 1, picture, tl0)
        self._cuts.append((packet.sequence, self._shift))

    def _pass_late(self, packet: Packet, known: Vp8Descriptor) -> None:
        """One that comes after a younger: it gets the number that was kept for it."""
        if known.temporal > self.temporal:
            return
        shift = self._shift
        for since, then in reversed(self._cuts):
            shift = then
            if is_newer(packet.sequence, since):
                break
        self._give(packet, known, shift)

    def _give(self, packet: Packet, known: Vp8Descriptor, shift: tuple[int, int, int]) -> None:
        sequence = (packet.sequence + shift[0]) & 0xFFFF
        timestamp = (packet.timestamp + self.timestamp_shift) & 0xFFFFFFFF
        picture = (known.picture + shift[1]) & (0x7FFF if known.is_wide else 0x7F)
        tl0 = (known.tl0 + shift[2]) & 0xFF
        if self._out[0] < 0 or is_newer(sequence, self._out[0]):
            self._out = (sequence, timestamp, picture, tl0)
        payload = packet.payload
        if shift[1] or shift[2]:
            payload = vp8_renumber(payload, known, picture, tl0)
        self._take(Packet(sequence, timestamp, packet.marker, payload))


class SelectedClock(TrackClock):
    """The clock of a selector's stream: that of the layer it gives at present."""

    def __init__(self, clock_rate: int, peer: PeerClock, selector: Selector) -> None:
        super().__init__(clock_rate, peer)
        self._selector = selector

    @override
    def wall_of(self, timestamp: int) -> float:
        layer = self._selector.current
        if layer is None:
            return wall_ms()
        return layer.clock.wall_of((timestamp - self._selector.timestamp_shift) & 0xFFFFFFFF)

    @override
    def timestamp_at(self, now_ms: float) -> int | None:
        layer = self._selector.current
        timestamp = layer.clock.timestamp_at(now_ms) if layer is not None else None
        if timestamp is None:
            return None
        return (timestamp + self._selector.timestamp_shift) & 0xFFFFFFFF


def _measure(layer: Inbound, packet: Packet) -> None:
    """Learn how many lines a layer has on its short side, and how many temporal layers."""
    known = vp8_descriptor(packet.payload)
    if known is None:
        return
    layer.temporal_layers = max(layer.temporal_layers, known.temporal + 1)
    parsed = vp8_payload(packet.payload) if known.is_key else None
    size = vp8_size(parsed[1]) if parsed is not None else None
    if size is not None:
        layer.height = min(size)


def choose(
    living: Sequence[Inbound], budget_bps: float, max_height: int | None, current: Inbound | None
) -> Choice | None:
    """The best layer that fits; of the smallest, fewer temporal layers when even it does not.

    `living` is ordered, the smallest first. A layer above `max_height` is taken only when there
    is no smaller one.
    """
    if not living:
        return None
    fitting = [layer for layer in living if max_height is None or layer.height <= max_height]
    place = living.index(current) if current in living else len(living)
    for layer in reversed(fitting or living[:1]):
        is_up = living.index(layer) > place
        if layer.rate_bps * (STEP_UP if is_up else 1.0) <= budget_bps:
            return Choice(layer, ALL_TEMPORAL)
    smallest = living[0]
    shares = TEMPORAL_SHARES.get(smallest.temporal_layers, (1.0,))
    fits = [n for n, share in enumerate(shares) if share * smallest.rate_bps <= budget_bps]
    return Choice(smallest, fits[-1] if fits else 0)
