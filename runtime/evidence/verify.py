"""Whether a run's record is what it was when it was written: events, recordings, pictures.

Says what is not.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Max

from runtime.chain import GENESIS, event_hash, segment_head
from runtime.evidence import files
from runtime.evidence.store import sha256_of
from runtime.models import Evidence, RecordingFile, Run, RunEvent, Segment


def verify_run(run: Run, now_ms: int) -> dict[str, Any]:
    """The verdict of docs: `ok` only when every part is, and every run below this one."""
    events = verify_events(run)
    recordings = [
        verify_file(one)
        for one in RecordingFile.objects.filter(recording__run=run).order_by("generation", "file")
    ]
    pictures = [
        _verify_picture(one, is_erased=run.erased_at_ms is not None)
        for one in Evidence.objects.filter(run=run).exclude(sha256="").order_by("at_ms")
    ]
    children = [
        {"id": str(one.pk), "number": one.number, **_in_short(verify_run(one, now_ms))}
        for one in run.children.order_by("pk")
    ]
    return {
        "ok": events["ok"] and all(one["ok"] for one in [*recordings, *pictures, *children]),
        "events": events,
        "children": children,
        "recordings": recordings,
        "evidence": pictures,
        "checked_at": datetime.fromtimestamp(now_ms / 1000, UTC),
    }


def _in_short(verdict: dict[str, Any]) -> dict[str, Any]:
    """What is said of a child; whoever wants to know more asks for it alone."""
    return {name: verdict[name] for name in ("ok", "events")}


def verify_events(run: Run) -> dict[str, Any]:
    """`broken_at` is the first seq that is changed, missing or out of place; None when all hold.

    A living run may grow while it is read. So its head is read first and the log up to there
    must lead to it; whatever lies after the head must be covered by a head read later still.
    """
    rows = Run.objects.filter(pk=run.pk).values_list("seq", "head")
    seq, head = rows.get()
    prev, count = GENESIS, 0
    for event in RunEvent.objects.filter(run=run, seq__lte=seq).order_by("seq").iterator():
        count += 1
        intact = event.seq == count and event.prev_hash == prev and event.hash == event_hash(event)
        if not intact:
            return {"count": count, "ok": False, "broken_at": count}
        prev = event.hash
    last = RunEvent.objects.filter(run=run).aggregate(last=Max("seq"))["last"] or 0
    whole = (count, prev) == (seq, head) and last <= rows.get()[0]
    return {"count": count, "ok": whole, "broken_at": None if whole else count + 1}


def verify_file(file: RecordingFile) -> dict[str, Any]:
    """Re-read the delivered file, piece by piece as its segments say, and the chain over them.

    Of an erased file the chain is left, and nothing else can be asked.
    """
    segments = list(file.segments.order_by("n"))
    is_erased = file.state == RecordingFile.State.ERASED
    problem = _chain_problem(file, segments)
    if problem is None and not is_erased:
        problem = _bytes_problem(file, segments)
    return {
        "id": str(file.pk),
        "ok": problem is None,
        "erased": is_erased,
        "segments": len(segments),
        "problem": problem,
    }


def _chain_problem(file: RecordingFile, segments: list[Segment]) -> str | None:
    """Links must lead to the head of the file's row, which was read before them.

    More may have come meanwhile while the recording goes on; after its delivery none does.
    """
    prev, is_reached = GENESIS, file.head == GENESIS
    for number, one in enumerate(segments):
        head = segment_head(
            prev,
            one.sha256,
            n=one.n,
            t0_ms=one.t0_ms,
            t1_ms=one.t1_ms,
            offset=one.offset,
            size=one.bytes,
        )
        if (one.n, one.prev, one.head) != (number, prev, head):
            return f"segment {number} does not follow the one before it"
        prev, is_reached = head, is_reached or head == file.head
    may_grow = file.state == RecordingFile.State.RECORDING
    is_whole = is_reached if may_grow else prev == file.head
    return None if is_whole else "the last segments are missing"


def _bytes_problem(file: RecordingFile, segments: list[Segment]) -> str | None:
    if not file.path:
        return None if file.state == RecordingFile.State.RECORDING else "the file is missing"
    try:
        with files.borrow(file.path) as path:
            return _difference(path, file, segments)
    except FileNotFoundError:
        return "the file is missing"


def _difference(path: Path, file: RecordingFile, segments: list[Segment]) -> str | None:
    for one in segments:
        if _sha256_at(path, one.offset, one.bytes) != one.sha256:
            return f"segment {one.n} is not what was recorded"
    return None if sha256_of(path) == file.sha256 else "the file is not what was delivered"


def _sha256_at(path: Path, offset: int, size: int) -> str:
    with path.open("rb") as source:
        source.seek(offset)
        return hashlib.sha256(source.read(size)).hexdigest()


def _verify_picture(picture: Evidence, *, is_erased: bool) -> dict[str, Any]:
    intact = is_erased or is_picture_intact(picture)
    return {"id": str(picture.pk), "ok": intact, "erased": is_erased}


def is_picture_intact(picture: Evidence) -> bool:
    """Whether the picture's file is what was taken."""
    if not picture.path:
        return False
    try:
        with files.borrow(picture.path) as path:
            return sha256_of(path) == picture.sha256
    except FileNotFoundError:
        return False


def find_picture(evidence_id: UUID) -> Evidence | None:
    """The picture with its run, or None."""
    return Evidence.objects.select_related("run").filter(pk=evidence_id).first()
