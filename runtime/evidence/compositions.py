"""One video of a whole recording, made on request: step after step, one recording at a time.

Each step is a job and leaves a whole file behind, so that a process which dies costs one step. The
rendering itself is done by `runtime.composer` in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from runtime import outbox
from runtime.composer.plan import MAX_TILES, WHOLE, Chapter, Party, Piece, Plan
from runtime.errors import EffectFailedError
from runtime.evidence import files
from runtime.models import Composition, Participant, Recording, RecordingFile

STEP_LIMIT_S = 900
TRIES = 3
FORGOTTEN_MS = 20 * 60 * 1000
"""One that has not got on for so long is given up, so that those behind it can begin."""
_LIVE = (Composition.State.WAITING, Composition.State.WORKING)

log = structlog.get_logger(__name__)


class NotComposableError(Exception):
    """`code`: still_recording (some file is yet to come), nothing_recorded, too_many."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def ask(recording: Recording, locale: str, now_ms: int) -> Composition:
    """The recording's video, under way or made before; else a new one begins.

    Raises NotComposableError.
    """
    known = recording.compositions.filter(state__in=[*_LIVE, Composition.State.DONE]).first()
    if known is not None:
        return known
    plan = plan_of(recording, locale)
    made = Composition.objects.create(
        recording=recording,
        locale=locale,
        asked_at_ms=now_ms,
        touched_at_ms=now_ms,
        steps=plan.parts + 2,
        duration_ms=plan.duration_ms,
    )
    begin_next(now_ms)
    made.refresh_from_db()
    return made


def cancel(composition: Composition, now_ms: int) -> None:
    """Stop it; what was rendered goes with the step under way. One that has ended stays."""
    if _end(composition, Composition.State.CANCELLED, now_ms):
        begin_next(now_ms)


def step(composition: Composition, number: int, attempt: int, now_ms: int) -> None:
    """Do one step: sound, each part, joining. Raises EffectFailedError while it may be tried again.

    Whoever cancelled or erased it meanwhile is obeyed before and after.
    """
    if not _is_wanted(composition):
        files.remove_below(_folder(composition))
        return
    if number < composition.steps_done:
        return
    is_last = number + 1 == composition.steps
    try:
        with files.workplace(_folder(composition)) as folder:
            told = _render(composition, number, folder)
            if is_last:
                files.put(folder / WHOLE, _place(composition))
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        _give_up_or_try_again(composition, attempt, error, now_ms)
        return
    if is_last:
        _finish(composition, told, now_ms)
        begin_next(now_ms)
    elif _live(composition).update(steps_done=number + 1, touched_at_ms=now_ms):
        _put(composition, number + 1, now_ms)
    else:
        files.remove_below(_folder(composition))


def begin_next(now_ms: int) -> None:
    """Let the oldest that waits begin, unless one is being made: calls need the processors."""
    working = Composition.objects.filter(state=Composition.State.WORKING)
    for stuck in working.filter(touched_at_ms__lt=now_ms - FORGOTTEN_MS):
        _end(stuck, Composition.State.FAILED, now_ms)
    if working.exists():
        return
    waiting = Composition.objects.filter(state=Composition.State.WAITING).order_by("asked_at_ms")
    for one in waiting[:1]:
        mine = waiting.filter(pk=one.pk)
        if mine.update(state=Composition.State.WORKING, touched_at_ms=now_ms):
            _put(one, 0, now_ms)


def plan_of(recording: Recording, locale: str) -> Plan:
    """Who is in it, with which files, under which name. Raises NotComposableError."""
    held = _originals(list(recording.files.order_by("t0_ms", "generation")))
    if any(one.state == RecordingFile.State.RECORDING for one in held):
        raise NotComposableError("still_recording")
    held = [one for one in held if one.path and one.duration_ms > 0]
    if not held:
        raise NotComposableError("nothing_recorded")
    with translation.override(locale):
        parties = tuple(_parties(recording, held))
    if len(parties) > MAX_TILES:
        raise NotComposableError("too_many")
    return Plan(
        heading=recording.run.number,
        zone=settings.TIME_ZONE,
        parties=parties,
        chapters=tuple(_chapters(recording, locale)),
    )


def _originals(held: list[RecordingFile]) -> list[RecordingFile]:
    """The first recorder's files; of a track of which only the second one's have come, those."""
    first = {_track(one) for one in held if one.path and not one.is_copy}
    second = {_track(one) for one in held if one.path and one.is_copy} - first
    return [one for one in held if one.is_copy == (_track(one) in second)]


def _track(one: RecordingFile) -> tuple[int, str, str]:
    return one.generation, one.party, one.label


def _parties(recording: Recording, held: list[RecordingFile]) -> Iterable[Party]:
    """The customer first, then in order of coming, second pictures last; only staff are named."""
    names = {str(one.pk): one for one in recording.run.participants.all()}
    tiles = dict.fromkeys((one.party, one.label) for one in held)
    for party, label in sorted(tiles, key=lambda tile: _rank(held, *tile)):
        mine = [one for one in held if (one.party, one.label) == (party, label)]
        pieces = tuple(
            Piece(path=files.address_of(one.path), t0_ms=one.t0_ms, duration_ms=one.duration_ms)
            for one in mine
        )
        said = [_label(mine[0].role, names.get(party))]
        if label:
            said.append(_("second picture"))
        yield Party(label=" · ".join(said), pieces=pieces)


def _rank(held: list[RecordingFile], party: str, label: str) -> tuple[bool, bool, int]:
    first = next(one for one in held if (one.party, one.label) == (party, label))
    return label != "", first.role != Participant.Role.CUSTOMER, first.t0_ms


def _label(role: str, person: Participant | None) -> str:
    words = {
        "customer": _("Customer"),
        "agent": _("Agent"),
        "supervisor": _("Supervisor"),
        "expert": _("Expert"),
        "interpreter": _("Interpreter"),
        "co_customer": _("Second customer"),
    }
    said = str(words.get(role, role))
    if person is None or person.user_id is None or not person.name:
        return said
    return f"{person.name} · {said}"


def _chapters(recording: Recording, locale: str) -> Iterable[Chapter]:
    for one in sorted(recording.chapters, key=lambda chapter: chapter["at_ms"]):
        label = one["label"]
        title = label.get(locale) or next(iter(label.values()), "")
        yield Chapter(at_ms=one["at_ms"], title=title)


def _render(composition: Composition, number: int, folder: Path) -> dict[str, object]:
    work = "sound" if number == 0 else "join" if number + 1 == composition.steps else "pictures"
    task = {
        "plan": asdict(plan_of(composition.recording, composition.locale)),
        "folder": str(folder),
        "do": work,
        "part": max(0, number - 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "runtime.composer"],
        cwd=Path(__file__).parents[2],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=STEP_LIMIT_S,
        check=True,
    )
    told: dict[str, object] = json.loads(done.stdout)
    return told


def _finish(composition: Composition, told: dict[str, object], now_ms: int) -> None:
    path = _place(composition)
    files.remove_below(_folder(composition))
    kept = _live(composition).update(
        state=Composition.State.DONE,
        steps_done=composition.steps,
        touched_at_ms=now_ms,
        path=path,
        bytes=told["bytes"],
        sha256=told["sha256"],
    )
    if not kept:
        files.remove(path)


def _give_up_or_try_again(
    composition: Composition, attempt: int, error: Exception, now_ms: int
) -> None:
    log.warning("composition_failed", composition=str(composition.pk), kind=type(error).__name__)
    if attempt < TRIES:
        raise EffectFailedError("composition_failed") from error
    _end(composition, Composition.State.FAILED, now_ms)
    begin_next(now_ms)


def _end(composition: Composition, state: Composition.State, now_ms: int) -> bool:
    files.remove_below(_folder(composition))
    return bool(_live(composition).update(state=state, touched_at_ms=now_ms))


def _is_wanted(composition: Composition) -> bool:
    return _live(composition).filter(recording__run__erased_at_ms=None).exists()


def _live(composition: Composition) -> QuerySet[Composition]:
    return Composition.objects.filter(pk=composition.pk, state__in=_LIVE)


def _place(composition: Composition) -> str:
    """Of the video, among all files."""
    return f"{_folder(composition)}.mp4"


def _folder(composition: Composition) -> str:
    """Below which its parts stand until all are there."""
    return f"{composition.recording.run_id}/compositions/{composition.pk}"


def _put(composition: Composition, number: int, now_ms: int) -> None:
    outbox.put(
        "Compose",
        key=f"compose:{composition.pk}:{number}",
        due_at_ms=now_ms,
        payload={"composition": str(composition.pk), "step": number},
    )
