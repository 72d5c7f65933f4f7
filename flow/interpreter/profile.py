"""The room is told when a step changes the media of the call."""

from __future__ import annotations

from flow.commands import SetProfile
from flow.interpreter.turn import Turn
from flow.media import last_change


def follow(turn: Turn) -> None:
    """Ask for the profile anew after another step has changed it, and of each new room.

    A room was asked for before it is there, and the run may have gone on meanwhile.
    """
    room, former = turn.state.room, turn.given.room
    if room is None or turn.state.ending is not None:
        return
    graph = turn.bound.graph
    now, before = last_change(graph, turn.state), last_change(graph, turn.given)
    if now is None:
        return
    is_new = former is None or former.generation != room.generation
    if is_new or before is None or before[2] != now[2]:
        turn.ask_for_run(SetProfile(media=now[3], turn=now[1]))
