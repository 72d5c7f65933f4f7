"""What workers tell of recordings.

Segments join their chains, files are delivered, heads go into the run's log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from accounts import audit
from flow.graph import JsonValue
from runtime import outbox
from runtime.chain import GENESIS, segment_head
from runtime.errors import GrantError
from runtime.evidence import files
from runtime.evidence.grants import is_file_name, read_grant
from runtime.models import Participant, Recording, RecordingFile, Room, Segment

NOTE_EVERY_MS = 10_000
LABEL_CHARS = 20

log = structlog.get_logger(__name__)


class BrokenChainError(Exception):
    """A segment does not follow the one before it: `n`, and what was expected."""

    def __init__(self, *, file: str, n: int, expected: str) -> None:
        self.file, self.n, self.expected = file, n, expected
        super().__init__(f"segment {n} of {file}: expected {expected}")


class MissingSegmentError(BrokenChainError):
    """The segments before it have not come yet; the worker will send both again."""


def wire_id(recording: Recording, generation: int) -> str:
    """The recording's name at a worker: another one in each generation, so its files never meet."""
    return f"{recording.pk.hex}-g{generation}"


def find_by_wire_id(run_id: UUID, name: str) -> Recording | None:
    """The recording a worker means, None for a name that is not ours."""
    try:
        named = UUID(hex=name.partition("-g")[0])
    except ValueError:
        return None
    return Recording.objects.filter(run_id=run_id, pk=named).first()


def take_segments(room: Room, data: Mapping[str, Any], now_ms: int) -> None:
    """Add segments and gaps to a file's chain; those known already are passed over.

    Raises GrantError, BrokenChainError (nothing is stored).
    """
    recording = _recording_of(room, data, now_ms)
    with transaction.atomic():
        file = _file_of(recording, room, data)
        for one in data.get("segments", []):
            _append(file, one)
        gaps = [{"from_ms": one["from_ms"], "to_ms": one["to_ms"]} for one in data.get("gaps", [])]
        file.gaps = [*file.gaps, *(one for one in gaps if one not in file.gaps)]
        file.late = file.late or room.status == Room.Status.LOST
        file.save()
        for gap in gaps:
            told: dict[str, JsonValue] = {"file": file.file, **gap}
            _note(recording, "gap", told, f"{file.pk}:{gap['from_ms']}", now_ms)
        _note_heads(recording, now_ms)


def take_delivery(room: Room, data: Mapping[str, Any], now_ms: int) -> None:
    """A finished file stands in the media folder now. Raises GrantError."""
    recording = _recording_of(room, data, now_ms)
    name = data["file"]
    with transaction.atomic():
        file = _file_of(recording, room, data)
        file.path = f"{room.run_id}/{room.generation}/{name}"
        file.bytes, file.sha256 = int(data["bytes"]), str(data["sha256"])
        file.duration_ms = int(data.get("duration_ms", file.duration_ms))
        file.t0_ms = int(data.get("t0_ms", file.t0_ms))
        file.state = RecordingFile.State.DELIVERED
        file.save()
        told: dict[str, JsonValue] = {
            "file": file.file,
            "role": file.role,
            "label": file.label,
            "copy": file.is_copy,
            "generation": file.generation,
            "bytes": file.bytes,
            "sha256": file.sha256,
            "head": file.head,
            "duration_ms": file.duration_ms,
        }
        _note(recording, "ended", told, str(file.pk), now_ms)


def mime_of(name: str) -> str:
    """What a file holds, by its name: pictures of H.264 stand in Matroska."""
    return "video/x-matroska" if name.endswith(".mkv") else "video/webm"


def is_delivered(file: RecordingFile) -> bool:
    """Whether the file stands in the media folder."""
    return bool(file.path) and files.size_of(file.path) is not None


def _recording_of(room: Room, data: Mapping[str, Any], now_ms: int) -> Recording:
    """The recording this is of, once the grant says that the worker may tell."""
    grant = read_grant(str(data.get("grant", "")), now_ms)
    if (grant.room, grant.generation) != (str(room.run_id), room.generation):
        raise GrantError("the grant is for another room")
    if not is_file_name(data.get("file")):
        raise GrantError("not a file name")
    recording = find_by_wire_id(room.run_id, str(data.get("recording", "")))
    if recording is None:
        raise GrantError("no such recording in this room")
    return recording


def _file_of(recording: Recording, room: Room, data: Mapping[str, Any]) -> RecordingFile:
    party = str(data.get("party", ""))
    file, _ = RecordingFile.objects.get_or_create(
        recording=recording,
        generation=room.generation,
        file=data["file"],
        defaults={
            "party": party,
            "role": _role_of(recording, party),
            "label": str(data.get("label", ""))[:LABEL_CHARS],
            "mime": mime_of(data["file"]),
            "is_copy": data.get("copy") is True,
        },
    )
    return file


def _role_of(recording: Recording, party: str) -> str:
    roles = Participant.objects.filter(run_id=recording.run_id).values_list("pk", "role")
    return {str(pk): role for pk, role in roles}.get(party, "")


def _append(file: RecordingFile, one: Mapping[str, Any]) -> None:
    last = file.segments.order_by("-n").first()
    n, expected_n = int(one["n"]), 0 if last is None else last.n + 1
    if n < expected_n:
        return
    if n > expected_n:
        raise MissingSegmentError(file=file.file, n=n, expected=f"segment {expected_n}")
    prev = last.head if last is not None else GENESIS
    if one["prev"] != prev:
        raise BrokenChainError(file=file.file, n=n, expected=f"prev {prev}")
    t0_ms, t1_ms, offset, size = (int(one[name]) for name in ("t0_ms", "t1_ms", "offset", "bytes"))
    head = segment_head(
        prev, str(one["sha256"]), n=n, t0_ms=t0_ms, t1_ms=t1_ms, offset=offset, size=size
    )
    Segment.objects.create(
        file=file,
        n=n,
        t0_ms=t0_ms,
        t1_ms=t1_ms,
        offset=offset,
        bytes=size,
        sha256=str(one["sha256"]),
        prev=prev,
        head=head,
    )
    file.head, file.bytes = head, max(file.bytes, offset + size)
    file.t0_ms = file.t0_ms or t0_ms
    file.duration_ms = max(file.duration_ms, t1_ms - file.t0_ms)


def _note_heads(recording: Recording, now_ms: int) -> None:
    """Every NOTE_EVERY_MS the heads of all its chains enter the run's log."""
    due = Recording.objects.filter(pk=recording.pk, noted_at_ms__lte=now_ms - NOTE_EVERY_MS)
    if due.update(noted_at_ms=now_ms):
        heads: dict[str, JsonValue] = {
            one.file: one.head for one in recording.files.order_by("file")
        }
        _note(recording, "head", {"heads": heads}, str(now_ms), now_ms)


def note_started(recording: Recording, data: Mapping[str, JsonValue], now_ms: int) -> None:
    """The recording's beginning enters the run's log."""
    _note(recording, "started", data, "1", now_ms)


def note_chapter(
    recording: Recording, chapter: Mapping[str, JsonValue], key: str, now_ms: int
) -> None:
    """A chapter {at_ms, label, legal_step, run} is kept with the recording and in the run's log."""
    with transaction.atomic():
        held = Recording.objects.select_for_update().get(pk=recording.pk)
        if chapter in held.chapters:
            return
        held.chapters = [*held.chapters, dict(chapter)]
        held.save(update_fields=["chapters"])
        _note(recording, "chapter", chapter, key, now_ms)


def _note(
    recording: Recording, what: str, data: Mapping[str, JsonValue], key: str, now_ms: int
) -> None:
    outbox.put(
        "NoteRecording",
        key=f"{recording.run_id}/note:{recording.pk.hex}:{what}:{key}",
        due_at_ms=now_ms,
        run_id=recording.run_id,
        payload={"recording": recording.name, "what": what, "data": dict(data)},
    )


def report_refused(room: Room, data: Mapping[str, Any], error: Exception) -> None:
    """A worker told something of a recording that cannot be true: it is kept for the auditor."""
    log.warning("recording_refused", room=str(room.run_id), problem=str(error))
    audit.append(
        actor=f"worker:{room.worker.name}",
        action="recording.refused",
        target=f"run:{room.run_id}",
        workspace=room.run.workspace_id,
        data={"file": str(data.get("file", ""))[:120], "problem": str(error)[:200]},
    )
