"""Performing what a run asks of media: each effect asks the room's worker and waits for its answer.

`outcome_of` turns the worker's answer into what the run is told.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q

from flow.events import MediaInterrupted, MediaRestored, RecordingId, RecordingNoted, Role
from flow.graph import JsonValue
from flow.media import OF_A_STEP
from runtime import outbox, rooms
from runtime.chain import joint_head
from runtime.effects.outcome import Done, Happened, Outcome, Silent, Waiting
from runtime.errors import EffectFailedError
from runtime.evidence.grants import grant_for
from runtime.evidence.recordings import (
    LABEL_CHARS,
    mime_of,
    note_chapter,
    note_started,
    wire_id,
)
from runtime.models import (
    Evidence,
    Job,
    Participant,
    Recording,
    RecordingFile,
    Room,
    Run,
    WorkerRequest,
)
from runtime.places import profile_of, table_of

OPEN_LIMIT_MS = 3_000
ANSWER_LIMIT_MS = 8_000
GRAB_LIMIT_MS = 12_000  # the worker waits 4 s for a picture and decodes it within 6 s
STOP_LIMIT_MS = 30_000
MOVE_LIMIT_MS = 5_000
"""How long the old room of a call that moves carries its media on."""
_EVIDENCE = uuid.UUID("5f4a2a8c-6f6e-4c55-9b0e-3f0b9d9f1c11")
"""Namespace of evidence ids, so that a job performed twice names the same picture."""
_PASSING = frozenset({"worker_lost", "stale_generation", "unknown_room", "overloaded", "timeout"})
"""Failures of the place, not of the thing asked: trying again may help."""


def open_room(job: Job, now_ms: int) -> Outcome:
    """OpenRoom, PlaceRoom: place the room and have its worker open it."""
    run = run_of(job)
    if run.ending:
        raise EffectFailedError("run_ended", final=True)
    if job.attempt > 1:
        give_up_opening(run, now_ms)
    room = rooms.place(run.home_id, now_ms)
    if room.status == Room.Status.OPEN:
        return opened(job, room, now_ms)
    ask_to_open(job, room, now_ms)
    return Waiting(until_ms=now_ms + OPEN_LIMIT_MS)


def ask_to_open(job: Job, room: Room, now_ms: int) -> None:
    """Have the room's worker open it; `outcome_of` hears the answer."""
    params: dict[str, JsonValue] = {
        "room": str(room.run_id),
        "generation": room.generation,
        "profile": profile_of(room.run_id, {}),
        "parties": table_of(room.run_id),
    }
    rooms.ask(room, "room.open", params, now_ms=now_ms, limit_ms=OPEN_LIMIT_MS, job=job)


def give_up_opening(run: Run, now_ms: int) -> None:
    """A worker that did not answer has lost the room it was to open."""
    room = rooms.find_live(run.home_id)
    if room is not None and room.status == Room.Status.OPENING:
        rooms.lose(room, now_ms)


def close_room(job: Job, now_ms: int) -> Outcome:
    """CloseRoom: end the room, which ends its recordings first; a sub-flow is a guest in it."""
    if run_of(job).root_id is not None:
        return Done()
    room = rooms.find_live(run_of(job).home_id)
    if room is not None:
        rooms.close(room, now_ms)
    return Done()


def set_profile(job: Job, now_ms: int) -> Outcome:
    """SetProfile: the room's media from now on. A room that is opened later is asked by itself."""
    room = rooms.find_live(run_of(job).home_id)
    if room is None:
        return Silent()
    profile = profile_of(room.run_id, job.payload["media"])
    changed: dict[str, JsonValue] = {name: profile[name] for name in sorted(OF_A_STEP)}
    params: dict[str, JsonValue] = {"profile": changed, "turn": job.payload["turn"]}
    rooms.ask(room, "profile.set", params, now_ms=now_ms, limit_ms=ANSWER_LIMIT_MS, job=job)
    return Waiting(until_ms=now_ms + ANSWER_LIMIT_MS)


def start_recording(job: Job, now_ms: int) -> Outcome:
    """StartRecording: record the parties of the asked roles."""
    home, roles = run_of(job).home_id, list(job.payload["roles"])
    room = rooms.get_open(home)
    recording, _ = Recording.objects.get_or_create(
        run_id=home,
        name=job.payload["recording"],
        defaults={
            "roles": roles,
            "redundant": job.payload.get("redundant", False),
            "started_at_ms": now_ms,
            "noted_at_ms": now_ms,
        },
    )
    params = record_params(room, recording, now_ms)
    rooms.ask(room, "record.start", params, now_ms=now_ms, limit_ms=ANSWER_LIMIT_MS, job=job)
    return Waiting(until_ms=now_ms + ANSWER_LIMIT_MS)


def resume_recording(job: Job, now_ms: int) -> Outcome:
    """ResumeRecording: a recording goes on in the room's new generation, as a new part."""
    run = run_of(job)
    recording = Recording.objects.get(run=run, name=job.payload["recording"])
    if recording.ended_at_ms is not None or run.ending:
        return Silent()
    room = rooms.get_open(run.pk)
    params = record_params(room, recording, now_ms)
    rooms.ask(room, "record.start", params, now_ms=now_ms, limit_ms=ANSWER_LIMIT_MS, job=job)
    return Waiting(until_ms=now_ms + ANSWER_LIMIT_MS)


def record_params(room: Room, recording: Recording, now_ms: int) -> dict[str, JsonValue]:
    """Whom to record: those of the recording's roles, and who came later and agreed."""
    seats = Participant.objects.filter(run_id=room.run_id, removed_at_ms=None)
    seated = seats.filter(Q(role__in=recording.roles) | Q(consented=True))
    return {
        "recording": wire_id(recording, room.generation),
        "parties": [
            {"party": str(one.pk), "role": one.role} for one in seated.order_by("joined_at_ms")
        ],
        "grant": grant_for(room, now_ms),
        "redundant": recording.redundant,
    }


def stop_recording(job: Job, now_ms: int) -> Outcome:
    """With its room gone, a recording ends with what has been received of it."""
    name = job.payload["recording"]
    recording = Recording.objects.filter(run_id=run_of(job).home_id, name=name).first()
    if recording is None:
        raise EffectFailedError("unknown_recording", f"no recording {name}", final=True)
    room = rooms.find_live(recording.run_id)
    if room is None or room.status != Room.Status.OPEN:
        return _stopped(recording, now_ms)
    params: dict[str, JsonValue] = {"recording": wire_id(recording, room.generation)}
    rooms.ask(room, "record.stop", params, now_ms=now_ms, limit_ms=STOP_LIMIT_MS, job=job)
    return Waiting(until_ms=now_ms + STOP_LIMIT_MS)


def mark_chapter(job: Job, now_ms: int) -> Outcome:
    """MarkChapter: name a moment in every recording under way, whichever run of the family asks."""
    run, asked = run_of(job), job.payload
    chapter: dict[str, JsonValue] = {
        "at_ms": asked["at_ms"],
        "label": asked["label"],
        "legal_step": asked["legal_step"],
        "run": str(run.pk),
    }
    names: list[JsonValue] = []
    for recording in Recording.objects.filter(run_id=run.home_id, ended_at_ms=None):
        note_chapter(recording, chapter, job.key, now_ms)
        names.append(recording.name)
    return Done(result={"recordings": names})


def grab_frame(job: Job, now_ms: int) -> Outcome:
    """GrabFrame: a still of one party, kept as evidence."""
    run, role = run_of(job), job.payload["role"]
    room = rooms.get_open(run.home_id)
    seated = Participant.objects.filter(run_id=run.home_id, role=role)
    party = seated.order_by("-present", "-seen_at_ms").first()
    if party is None:
        raise EffectFailedError("no_video", f"no {role} in the run", final=True)
    evidence_id = uuid.uuid5(_EVIDENCE, job.key)
    Evidence.objects.get_or_create(
        pk=evidence_id,
        defaults={
            "run": run,
            "activity": job.activity,
            "label": job.payload["label"],
            "party": str(party.pk),
            "at_ms": now_ms,
        },
    )
    params: dict[str, JsonValue] = {
        "party": str(party.pk),
        "evidence": str(evidence_id),
        "grant": grant_for(room, now_ms),
    }
    rooms.ask(room, "frame.grab", params, now_ms=now_ms, limit_ms=GRAB_LIMIT_MS, job=job)
    return Waiting(until_ms=now_ms + ANSWER_LIMIT_MS)


def media_lost(job: Job, now_ms: int) -> Outcome:
    """MediaLost: tell the run that its room is gone."""
    generation: int = job.payload["generation"]
    return Happened(MediaInterrupted(at_ms=now_ms, generation=generation, reason="worker_lost"))


def outcome_of(job: Job, request: WorkerRequest, now_ms: int) -> Outcome:
    """What the worker's answer means to the job. Raises EffectFailedError for a failure."""
    answer: dict[str, Any] = request.answer
    if request.status == WorkerRequest.Status.FAILED:
        return _after_failure(job, request, now_ms)
    match request.kind:
        case "room.open":
            Room.objects.filter(pk=request.room_id).update(status=Room.Status.OPEN)
            return opened(job, request.room, now_ms)
        case "record.start":
            return _recording(job, request.room, answer, now_ms)
        case "record.stop":
            recording = _named_by(job)
            _keep_files(recording, request.room, answer.get("files", []))
            return _stopped(recording, now_ms)
        case "frame.grab":
            return _grabbed(request, answer)
        case _:  # of what nobody waits for
            return Silent()


def _after_failure(job: Job, request: WorkerRequest, now_ms: int) -> Outcome:
    """Raises EffectFailedError, unless what was to be ended is gone."""
    code = str(request.answer.get("code", "internal"))
    if request.kind == "record.stop" and code in ("unknown_recording", "unknown_room"):
        return _stopped(_named_by(job), now_ms)
    if request.kind == "room.open":
        rooms.lose(request.room, now_ms)
        if job.kind == "MoveRoom":
            rooms.stay(request.room.run_id, job.payload["generation"])
    message = str(request.answer.get("message", ""))
    raise EffectFailedError(code, message, final=code not in _PASSING)


def opened(job: Job, room: Room, now_ms: int) -> Outcome:
    """The room is open: the run hears of it, recordings go on there, the place before it ends."""
    if job.kind == "OpenRoom":
        name = room.worker.name
        return Done(
            result={"room": str(room.run_id), "generation": room.generation, "worker": name}
        )
    for recording in Recording.objects.filter(run_id=room.run_id, ended_at_ms=None):
        outbox.put(
            "ResumeRecording",
            key=f"{room.run_id}/resume:{recording.name}:{room.generation}",
            due_at_ms=now_ms,
            run_id=room.run_id,
            payload={"recording": recording.name, "moved": job.kind == "MoveRoom"},
        )
    if job.kind == "MoveRoom":
        outbox.put(
            "EndMove",
            key=f"{room.run_id}/EndMove:{room.generation}",
            due_at_ms=now_ms + MOVE_LIMIT_MS,
            run_id=room.run_id,
            payload={"generation": room.generation},
        )
    return Happened(
        MediaRestored(at_ms=now_ms, generation=room.generation, worker=room.worker.name)
    )


def _recording(job: Job, room: Room, answer: dict[str, Any], now_ms: int) -> Outcome:
    started_at_ms = int(answer.get("started_at_ms", now_ms))
    name = RecordingId(job.payload["recording"])
    recording = Recording.objects.get(run_id=room.run_id, name=name)
    if job.kind == "StartRecording":
        Recording.objects.filter(pk=recording.pk).update(started_at_ms=started_at_ms)
        note_started(recording, {"generation": room.generation}, now_ms)
        return Done(result={"recording": name, "started_at_ms": started_at_ms})
    if job.payload.get("moved"):  # the part before it goes on until everybody has come over
        part: dict[str, JsonValue] = {"generation": room.generation}
        return Happened(RecordingNoted(at_ms=now_ms, recording=name, what="started", data=part))
    gap: dict[str, JsonValue] = {
        "from_ms": _last_ms(recording),
        "to_ms": started_at_ms,
        "generation": room.generation,
    }
    return Happened(RecordingNoted(at_ms=now_ms, recording=name, what="gap", data=gap))


def _last_ms(recording: Recording) -> int:
    ends = [
        recording.started_at_ms,
        *(one.t0_ms + one.duration_ms for one in recording.files.all()),
    ]
    return max(ends)


def _keep_files(recording: Recording, room: Room, files: list[dict[str, Any]]) -> None:
    for one in files:
        RecordingFile.objects.update_or_create(
            recording=recording,
            generation=room.generation,
            file=one["file"],
            defaults={
                "party": one.get("party", ""),
                "role": one.get("role", ""),
                "label": str(one.get("label", ""))[:LABEL_CHARS],
                "mime": mime_of(one["file"]),
                "bytes": one.get("bytes", 0),
                "sha256": one.get("sha256", ""),
                "duration_ms": one.get("duration_ms", 0),
                "t0_ms": one.get("t0_ms", 0),
            },
        )


def _stopped(recording: Recording, now_ms: int) -> Outcome:
    """The recording is over: what it consists of, and the head of all its chains."""
    Recording.objects.filter(pk=recording.pk, ended_at_ms=None).update(ended_at_ms=now_ms)
    files = list(recording.files.order_by("generation", "file"))
    told: list[JsonValue] = [
        {
            "role": one.role,
            "label": one.label,
            "copy": one.is_copy,
            "sha256": one.sha256,
            "duration_ms": one.duration_ms,
            "bytes": one.bytes,
        }
        for one in files
    ]
    ends = [one.t0_ms + one.duration_ms for one in files]
    starts = [one.t0_ms for one in files]
    return Done(
        result={
            "recording": recording.name,
            "files": told,
            "duration_ms": max(ends) - min(starts) if files else 0,
            "head": joint_head(one.head for one in files),
        }
    )


def _grabbed(request: WorkerRequest, answer: dict[str, Any]) -> Outcome:
    known: dict[str, Any] = {
        "sha256": str(answer["sha256"]),
        "width": int(answer["width"]),
        "height": int(answer["height"]),
        "sharpness": float(answer["sharpness"]),
        "at_ms": int(answer["at_ms"]),
    }
    room, name = request.room, f"{request.params['evidence']}.jpg"
    Evidence.objects.filter(pk=request.params["evidence"]).update(
        path=f"{room.run_id}/{room.generation}/{name}", **known
    )
    return Done(result={"evidence": request.params["evidence"], **known})


def run_of(job: Job) -> Run:
    """The run that a job of a run belongs to."""
    assert job.run is not None  # noqa: S101 - the driver makes these jobs for a run
    return job.run


def _named_by(job: Job) -> Recording:
    return Recording.objects.get(run_id=run_of(job).home_id, name=job.payload["recording"])


def role_of(name: str) -> Role:
    """A stored role as the flow's own type."""
    roles: dict[str, Role] = {"customer": "customer", "agent": "agent", "supervisor": "supervisor"}
    return roles[name]
