"""What all say as one stream of sound: each where it belongs in time, holes silent, evenly loud."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from heapq import merge

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.filter import Graph
from av.filter.context import FilterContext

from runtime.composer import footage
from runtime.composer.plan import Party, Plan

SAMPLE_RATE = 48_000
LOUDNESS = "I=-16:TP=-1.5:LRA=11"
"""EBU R 128: integrated loudness in LUFS as players on the web expect, true peak, range."""
_FORMAT, _LAYOUT = "s16", "mono"


def mixed(plan: Plan) -> Iterator[AudioFrame]:
    """Frames of SAMPLE_RATE, mono, for exactly as long as the recording is."""
    graph = Graph()
    sources = [_source(graph) for _ in plan.parties]
    sink = _connect(graph, sources, plan.duration_ms)
    heard = [_placed(party, plan.t0_ms, number) for number, party in enumerate(plan.parties)]
    for _, number, frame in merge(*heard, key=lambda one: one[0]):
        sources[number].push(frame)
        yield from _ready(sink)
    for source in sources:
        source.push(None)
    yield from _ready(sink)


def _placed(party: Party, t0_ms: int, number: int) -> Iterator[tuple[int, int, AudioFrame]]:
    """(sample, number of the party, frame) in the mixer's own format."""
    resampler = AudioResampler(format=_FORMAT, layout=_LAYOUT, rate=SAMPLE_RATE)
    for at_ms, frame in footage.sound(party):
        frame.pts = None
        at = max(0, round((at_ms - t0_ms) * SAMPLE_RATE / 1000))
        for piece in resampler.resample(frame):
            piece.pts, piece.time_base = at, Fraction(1, SAMPLE_RATE)
            yield at, number, piece
            at += piece.samples


def _source(graph: Graph) -> FilterContext:
    return graph.add_abuffer(
        sample_rate=SAMPLE_RATE,
        format=_FORMAT,
        layout=_LAYOUT,
        time_base=Fraction(1, SAMPLE_RATE),
    )


def _connect(graph: Graph, sources: list[FilterContext], duration_ms: int) -> FilterContext:
    """Silence of the whole length is one more voice, so that nothing is shorter."""
    length = f"r={SAMPLE_RATE}:cl={_LAYOUT}:d={duration_ms / 1000}"
    silence = graph.add("anullsrc", length)
    mix = graph.add("amix", f"inputs={len(sources) + 1}:duration=first:normalize=0")
    silence.link_to(mix, 0, 0)
    for number, source in enumerate(sources, start=1):
        filled = graph.add("aresample", f"{SAMPLE_RATE}:async=1:first_pts=0:min_hard_comp=0.05")
        source.link_to(filled)
        filled.link_to(mix, 0, number)
    even = graph.add("loudnorm", LOUDNESS)
    plain = graph.add(
        "aformat", f"sample_fmts=fltp:sample_rates={SAMPLE_RATE}:channel_layouts=mono"
    )
    sink = graph.add("abuffersink")
    mix.link_to(even)
    even.link_to(plain)
    plain.link_to(sink)
    graph.configure()
    return sink


def _ready(sink: FilterContext) -> Iterator[AudioFrame]:
    with suppress(av.error.BlockingIOError, av.error.EOFError):
        while True:
            frame = sink.pull()
            if isinstance(frame, AudioFrame):
                yield frame
