"""The house's own jobs: signals, people who left, ended runs, wrap-up, workers that went silent."""

from __future__ import annotations

from uuid import UUID

import structlog

from flow.events import (
    ActivityId,
    ParticipantId,
    ParticipantLeft,
    RecordingId,
    RecordingNoted,
    Signalled,
    TimerFired,
)
from runtime import doors, pool, rooms, rotation
from runtime.desk import positions, routing
from runtime.effects.media import role_of
from runtime.effects.outcome import Happened, Outcome, Silent
from runtime.evidence import compositions, files
from runtime.keyring import keyring
from runtime.models import Composition, Evidence, Job, Participant, RecordingFile

log = structlog.get_logger(__name__)


def fire_timer(job: Job, now_ms: int) -> Outcome:
    """SetTimer that came due."""
    due_at_ms: int = job.payload["due_at_ms"]  # the row's own moves with each further attempt
    key = job.key.partition("/")[2]
    return Happened(TimerFired(at_ms=now_ms, key=key, due_at_ms=due_at_ms))


def signal(job: Job, now_ms: int) -> Outcome:
    """Signal: tell an activity something."""
    told = Signalled(
        at_ms=now_ms,
        activity=ActivityId(job.payload["activity"]),
        name=job.payload["name"],
        data=job.payload["data"],
    )
    return Happened(told)


def note_recording(job: Job, now_ms: int) -> Outcome:
    """NoteRecording: a head of a recording's chain enters the run's log."""
    noted = RecordingNoted(
        at_ms=now_ms,
        recording=RecordingId(job.payload["recording"]),
        what=job.payload["what"],
        data=job.payload["data"],
    )
    return Happened(noted)


def note_left(job: Job, now_ms: int) -> Outcome:
    """Someone's last socket went away a moment ago: they have left unless they came back."""
    epoch = job.payload["epoch"]
    gone = Participant.objects.filter(pk=job.payload["participant"], epoch=epoch, present=True)
    participant = gone.first()
    if participant is None:
        return Silent()
    left = ParticipantLeft(
        at_ms=now_ms,
        participant=ParticipantId(str(participant.pk)),
        role=role_of(participant.role),
    )

    def leave() -> bool:
        if not gone.update(present=False):
            return False
        if participant.role == Participant.Role.CUSTOMER:
            routing.step_aside(participant.run_id, now_ms)
        return True

    return Happened(left, still_true=leave)


def free_run(job: Job, now_ms: int) -> Outcome:
    """The run has ended: nobody waits or rings for it, its agent wraps up, its room closes."""
    assert job.run_id is not None  # noqa: S101 - the driver makes this job for a run
    routing.free(job.run_id, now_ms)
    doors.keep_for_a_while(job.run_id, now_ms)
    room = rooms.find_live(job.run_id)
    if room is not None:
        rooms.close(room, now_ms)
    return Silent()


def end_wrap_up(job: Job, now_ms: int) -> Outcome:
    """EndWrapUp: the time for notes is over."""
    routing.end_wrap_up(job.payload["agent"], job.payload["since_ms"], now_ms)
    return Silent()


def release(job: Job, now_ms: int) -> Outcome:
    """An agent reserved for a run that never rang is free again."""
    assert job.run_id is not None  # noqa: S101 - routing makes this job for a run
    routing.release_reservation(job.run_id, job.payload["agent"], now_ms)
    return Silent()


def tell_positions(job: Job, now_ms: int) -> Outcome:
    """TellPositions: places in a queue have changed since the last time."""
    positions.tell_changes(job.payload["queue"], now_ms)
    return Silent()


def erase_files(job: Job, now_ms: int) -> Outcome:
    """EraseFiles: what was delivered of runs whose key was destroyed; the hashes stay."""
    runs = job.payload["runs"]
    for run_id in runs:
        files.remove_run(UUID(run_id))
    RecordingFile.objects.filter(recording__run__in=runs).update(path="")
    Evidence.objects.filter(run__in=runs).update(path="")
    Composition.objects.filter(recording__run__in=runs).update(path="")
    return Silent()


def compose(job: Job, now_ms: int) -> Outcome:
    """Compose: a step of one video of a whole recording."""
    found = Composition.objects.select_related("recording__run")
    composition = found.filter(pk=job.payload["composition"]).first()
    if composition is not None:
        compositions.step(composition, job.payload["step"], job.attempt, now_ms)
    return Silent()


def rewrap(job: Job, now_ms: int) -> Outcome:
    """Rewrap: the active key of the ring wraps what others have wrapped."""
    tally = rotation.rewrap(keyring())
    log.info("rewrapped", count=tally.rewrapped)
    if tally.unopened:
        log.warning("rewrap_unopened", count=len(tally.unopened))
    return Silent()


def check_desk(job: Job, now_ms: int) -> Outcome:
    """CheckDesk: a desk socket went away a while ago."""
    routing.check_desk(job.payload["agent"], job.payload["gone_at_ms"], now_ms)
    return Silent()


def check_worker(job: Job, now_ms: int) -> Outcome:
    """CheckWorker: a worker's socket went away a moment ago."""
    pool.lose_worker(job.payload["worker"], job.payload["epoch"], now_ms)
    return Silent()
