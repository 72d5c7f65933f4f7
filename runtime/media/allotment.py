"""Which line of a peer carries which track: lines that are free are used again before one is added.

A line keeps its SSRC for good. One that the browser knows as somebody else's sends nothing until
the browser has heard whose it is now (`Line.is_known`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from runtime.media.negotiation import Line
from runtime.media.peer import Peer


class Wanted(NamedTuple):
    """A track that a party is to get."""

    source: str  # the party it comes from, or what is played
    label: str
    kind: str


def allot(peer: Peer, wanted: Sequence[Wanted], *, may_add: bool) -> bool:
    """Give each wanted track a line, and no other track any; whether anything changed."""
    changed = _free(peer, {(track.source, track.label) for track in wanted})
    carried = {line.carries for line in peer.lines}
    for track in wanted:
        if (track.source, track.label) not in carried:
            changed |= _take(peer, track, may_add=may_add)
    return changed


def _free(peer: Peer, wanted: set[tuple[str, str]]) -> bool:
    changed = False
    for line in peer.lines:
        if line.source is None or (line.carries in wanted and line.is_accepted):
            continue
        line.source, line.source_label, changed = None, "", True
        peer.connect(line, None)
    return changed


def _take(peer: Peer, track: Wanted, *, may_add: bool) -> bool:
    free = [line for line in peer.lines if line.is_free and line.kind == track.kind]
    # its former line first: the browser may not even have heard that it was gone
    free.sort(key=lambda line: line.told != (track.source, track.label))
    line = free[0] if free else _added(peer, track.kind, may_add=may_add)
    if line is None:
        return False
    line.source, line.source_label = track.source, track.label
    return True


def _added(peer: Peer, kind: str, *, may_add: bool) -> Line | None:
    like = next((line for line in peer.lines if line.is_accepted and line.kind == kind), None)
    return peer.add_line(kind, like) if like is not None and may_add else None
