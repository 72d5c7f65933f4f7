"""Stop recording: closes the span "recording" and waits for the hash of what was written."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, said
from components.catalogue.reading import Values, integer, text
from flow.commands import SetTimer, StopRecording
from flow.component import Activity, NotPerformed, Performed, Reaction
from flow.events import RecordingId, Role
from flow.graph import JsonObject, JsonValue

_STOP_LIMIT_MS = 60_000


class StopRecordingStep(PlainBehaviour):
    """The run goes on even when no hash comes; `rec.problem` says why and `rec.sha256` is empty."""

    @override
    def start(self, activity: Activity) -> Reaction:
        recording = text(activity.variables, "rec.id")
        if not recording:
            return _stopped({}, problem="not_recording")
        return Reaction(
            data={},
            requests=(
                StopRecording(recording=RecordingId(recording)),
                SetTimer(name="stop", due_at_ms=activity.at_ms + _STOP_LIMIT_MS),
            ),
        )

    @override
    def performed(self, activity: Activity, done: Performed) -> Reaction:
        if done.kind != "StopRecording":
            return Reaction()
        return _stopped(done.result, problem="")

    @override
    def failed(self, activity: Activity, failure: NotPerformed) -> Reaction:
        return _stopped({}, problem=failure.code)

    @override
    def time_up(self, activity: Activity, name: str) -> Reaction:
        return _stopped({}, problem="timeout")

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        return {"what": "recording_stops", "since_ms": activity.started_at_ms}

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        return said(locale, en="Finalise and hash", zh="写完并计算哈希")


def _stopped(result: Values, *, problem: str) -> Reaction:
    return Reaction(
        outcome="ok",
        outputs={
            "rec.sha256": text(result, "head"),
            "rec.duration": integer(result, "duration_ms"),
            "rec.problem": problem,
        },
    )
