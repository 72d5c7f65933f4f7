"""Which effect performs which kind of job; those that move other runs are in `runtime.family`."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.effects import core, desk, house, http, media, moves, notify, undo
from runtime.effects.outcome import Effect, TakeBack

EFFECTS: dict[str, Effect] = {
    # commands of a run (flow.commands)
    "SetTimer": house.fire_timer,
    "OpenRoom": media.open_room,
    "CloseRoom": media.close_room,
    "SetProfile": media.set_profile,
    "StartRecording": media.start_recording,
    "StopRecording": media.stop_recording,
    "MarkChapter": media.mark_chapter,
    "GrabFrame": media.grab_frame,
    "Enqueue": desk.enqueue,
    "Dequeue": desk.dequeue,
    "RingAgent": desk.ring_agent,
    "StopRinging": desk.stop_ringing,
    "SeatAgent": desk.seat_agent,
    "CallHttp": http.call,
    "AskCore": core.ask,
    "UndoCore": core.undo_asked,
    "SendNotice": notify.send,
    "Compensate": undo.compensate,
    # the house's own
    "Signal": house.signal,
    "NoteRecording": house.note_recording,
    "NoteLeft": house.note_left,
    "FreeRun": house.free_run,
    "EndWrapUp": house.end_wrap_up,
    "Release": house.release,
    "TellPositions": house.tell_positions,
    "CheckDesk": house.check_desk,
    "EraseFiles": house.erase_files,
    "Rewrap": house.rewrap,
    "Compose": house.compose,
    "CheckWorker": house.check_worker,
    "MediaLost": media.media_lost,
    "PlaceRoom": media.open_room,
    "ResumeRecording": media.resume_recording,
    "MoveRoom": moves.move_room,
    "EndMove": moves.end_move,
}
HOUSE = frozenset(
    {
        "Signal",
        "NoteRecording",
        "NoteLeft",
        "FreeRun",
        "EndWrapUp",
        "Release",
        "TellPositions",
        "CheckDesk",
        "EraseFiles",
        "Rewrap",
        "Compose",
        "CheckWorker",
        "MediaLost",
        "PlaceRoom",
        "ResumeRecording",
        "MoveRoom",
        "EndMove",
        "TellCaller",
    }
)
"""Kinds that no command of a run stands behind: nobody waits for `CommandCompleted`."""
OUTSIDE = frozenset(
    {
        "CallHttp",
        "AskCore",
        "UndoCore",
        "SendNotice",
        "Compensate",
        "Compose",
        "EraseFiles",
        "Rewrap",
    }
)
"""Kinds that ask others outside the house, the disk, or all rows there are: they may take seconds,
so they are performed before the transaction that concludes them, by threads of their own, and keep
no other job waiting."""
TAKE_BACK: Mapping[str, TakeBack] = {"RingAgent": desk.take_back_ring}
"""What undoes an effect whose answer came when the run had gone on and nobody waited for it."""
PATIENT: Mapping[str, int] = {
    "PlaceRoom": 200,
    "MoveRoom": 200,
    "ResumeRecording": 60,
    "CallHttp": 1_000,
    "AskCore": 1_000,
    "SendNotice": 1_000,
    "UndoCore": 10_000,
}
"""Attempts of jobs that wait for something to come back, like a worker being started again. Calls
to the outside have an end of their own; what has to be undone is worth most of a day."""
