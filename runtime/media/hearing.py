"""Who hears and sees whom in a room: a table of its parties, and the one question asked of it.

Pure. Lines, tracks and packets follow what is said here; what a file may hold is said here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """How a party is in the room."""

    NORMAL = "normal"
    MONITOR = "monitor"
    """Hears and sees those in the call; nobody hears, sees or is told of it."""
    WHISPER = "whisper"
    """As `monitor`, but its sound goes to those named in `to`, and to them alone."""
    HOLD = "hold"
    """Hears music only, and is heard and seen by nobody."""
    WAITING = "waiting"
    """Not let in yet: gets nothing; those named in `to` see its picture, without sound."""


APART = frozenset({Mode.HOLD, Mode.WAITING})
"""Who is so gets no track of anybody."""
KINDS = frozenset({"audio", "video"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A party's line in the table."""

    mode: Mode = Mode.NORMAL
    to: frozenset[str] = frozenset()
    muted: frozenset[str] = frozenset()  # kinds that nobody gets of it
    turn: int = 0  # counts the changes as the site made them; an older one comes too late


Table = Mapping[str, Place]
"""Party id -> its place."""


def gets(table: Table, listener: str, speaker: str, kind: str) -> bool:
    """Whether `listener` gets a track of `kind` that `speaker` sends; never of oneself."""
    ear, mouth = table.get(listener), table.get(speaker)
    if ear is None or mouth is None or listener == speaker:
        return False
    if ear.mode in APART or kind in mouth.muted:
        return False
    if mouth.mode is Mode.WHISPER:
        return kind == "audio" and listener in mouth.to
    if mouth.mode is Mode.WAITING:
        return kind == "video" and listener in mouth.to
    return mouth.mode is Mode.NORMAL


def gets_music(table: Table, listener: str) -> bool:
    """Whether a party is on hold and hears the music."""
    place = table.get(listener)
    return place is not None and place.mode is Mode.HOLD


def is_kept(place: Place, kind: str) -> bool:
    """Whether a file may hold a party's track at all; membership of a recording comes on top."""
    return place.mode is Mode.NORMAL and kind not in place.muted


def place_of(fields: Mapping[str, object], former: Place) -> Place:
    """`former` with the fields that a message brings. ValueError names one that cannot be."""
    return Place(
        mode=Mode(str(fields.get("mode", former.mode))),
        to=_names(fields, "to", former.to),
        muted=_kinds(_names(fields, "muted", former.muted)),
        turn=_turn(fields, former),
    )


def _names(fields: Mapping[str, object], key: str, former: frozenset[str]) -> frozenset[str]:
    given = fields.get(key, former)
    if not isinstance(given, Iterable) or isinstance(given, str | bytes):
        raise ValueError(f"{key!r} must be a list of names")
    return frozenset(str(name) for name in given)


def _kinds(named: frozenset[str]) -> frozenset[str]:
    if not named <= KINDS:
        raise ValueError(f"'muted' names {', '.join(sorted(KINDS))} or nothing")
    return named


def _turn(fields: Mapping[str, object], former: Place) -> int:
    turn = fields.get("turn", former.turn)
    if not isinstance(turn, int):
        raise ValueError("'turn' must be an integer")
    return turn
