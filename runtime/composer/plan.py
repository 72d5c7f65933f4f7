"""What one video of a whole recording is made of: who stands where, when, and in which parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

WIDTH, HEIGHT = 1280, 720
HEADER = 32
"""Rows above the tiles, with the number of the run and the time."""
FRAMES_PER_S = 15
PART_MS = 20_000
"""What is rendered at once: lost when it is interrupted, and not more."""
MAX_TILES = 6
SOUND, WHOLE = "sound.mka", "whole.mp4"
_COLUMNS = {1: 1, 2: 2, 3: 2, 4: 2, 5: 3, 6: 3}
_MARGIN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A place in the picture, in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A file of one party; times are epoch milliseconds."""

    path: str
    t0_ms: int
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody with all files they are in, in order of time."""

    label: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A named moment in epoch milliseconds."""

    at_ms: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole video. `heading` is burnt in beside the time, which is told in `zone`."""

    heading: str
    zone: str
    """IANA name of a time zone."""
    parties: tuple[Party, ...]
    chapters: tuple[Chapter, ...]

    @property
    def t0_ms(self) -> int:
        return min(piece.t0_ms for piece in self._pieces())

    @property
    def duration_ms(self) -> int:
        return max(piece.t0_ms + piece.duration_ms for piece in self._pieces()) - self.t0_ms

    @property
    def parts(self) -> int:
        return max(1, ceil(self.duration_ms / PART_MS))

    def frames_of(self, part: int) -> range:
        """The numbers of the pictures of one part, of all FRAMES_PER_S * duration."""
        each = PART_MS * FRAMES_PER_S // 1000
        last = max(1, self.duration_ms * FRAMES_PER_S // 1000)
        return range(part * each, min((part + 1) * each, last))

    def _pieces(self) -> list[Piece]:
        return [piece for party in self.parties for piece in party.pieces]


def grid(parties: int) -> tuple[Tile, ...]:
    """Tiles of one size, row by row, the last row in the middle. Raises ValueError."""
    if not 1 <= parties <= MAX_TILES:
        raise ValueError(f"{parties} parties do not fit: 1 to {MAX_TILES}")
    columns = _COLUMNS[parties]
    rows = ceil(parties / columns)
    width = (WIDTH - _MARGIN * (columns + 1)) // columns & ~1
    height = min(width * 9 // 16, (HEIGHT - HEADER - _MARGIN * (rows + 1)) // rows) & ~1
    top = HEADER + (HEIGHT - HEADER - rows * height - (rows - 1) * _MARGIN) // 2
    tiles = []
    for number in range(parties):
        row, column = divmod(number, columns)
        beside = min(columns, parties - row * columns)
        left = (WIDTH - beside * width - (beside - 1) * _MARGIN) // 2
        x, y = left + column * (width + _MARGIN), top + row * (height + _MARGIN)
        tiles.append(Tile(x=x & ~1, y=y & ~1, width=width, height=height))
    return tuple(tiles)


def part_name(part: int) -> str:
    """The file of one part's pictures."""
    return f"pictures-{part:04d}.mkv"


def read_plan(told: Mapping[str, Any]) -> Plan:
    """A plan from what `dataclasses.asdict` made of it."""
    return Plan(
        heading=told["heading"],
        zone=told["zone"],
        parties=tuple(
            Party(label=one["label"], pieces=tuple(Piece(**piece) for piece in one["pieces"]))
            for one in told["parties"]
        ),
        chapters=tuple(Chapter(**one) for one in told["chapters"]),
    )
