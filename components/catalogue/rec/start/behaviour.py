"""Start recording: opens the span "recording", until a closing step or the end of the run."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, said
from components.catalogue.reading import flag, integer, text, texts
from flow.commands import SetTimer, StartRecording, StopRecording
from flow.component import Activity, NotPerformed, Performed, Reaction, StopReason
from flow.events import RecordingId, Role
from flow.graph import JsonObject, JsonValue

_START_LIMIT_MS = 20_000


class StartRecordingStep(PlainBehaviour):
    """Data: recording (id), running (bool)."""

    @override
    def start(self, activity: Activity) -> Reaction:
        settings = self.settings(activity.config)
        recording = _recording_id(activity)
        wanted = texts(settings, "roles")
        roles: tuple[Role, ...] = tuple(
            role for role in ("customer", "agent", "supervisor") if role in wanted
        )
        return Reaction(
            data={"recording": recording, "running": False},
            requests=(
                StartRecording(
                    recording=recording, roles=roles, redundant=flag(settings, "redundant")
                ),
                SetTimer(name="start", due_at_ms=activity.at_ms + _START_LIMIT_MS),
            ),
        )

    @override
    def performed(self, activity: Activity, done: Performed) -> Reaction:
        if done.kind != "StartRecording" or flag(activity.data, "running"):
            return Reaction()
        recording = text(activity.data, "recording")
        return Reaction(
            data={"recording": recording, "running": True},
            outcome="ok",
            outputs={
                "rec.id": recording,
                "rec.started_at": integer(done.result, "started_at_ms", activity.at_ms),
            },
        )

    @override
    def failed(self, activity: Activity, failure: NotPerformed) -> Reaction:
        if failure.kind != "StartRecording" or flag(activity.data, "running"):
            return Reaction()
        return Reaction(outcome="fail")

    @override
    def time_up(self, activity: Activity, name: str) -> Reaction:
        """A recording that begins after this must not go on unseen: it is told to stop."""
        if flag(activity.data, "running"):
            return Reaction()
        return Reaction(requests=_stop(activity), outcome="fail")

    @override
    def stop(self, activity: Activity, reason: StopReason) -> Reaction:
        """A closing step stops the recording itself, because it waits for the hash."""
        return Reaction() if reason == "closed" else Reaction(requests=_stop(activity))

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        return {"what": "recording_starts", "since_ms": activity.started_at_ms}

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        roles = texts(self.settings(config), "roles")
        if len(roles) == 1:
            return said(locale, en=f"{roles[0].capitalize()} only", zh=_CHINESE.get(roles[0], ""))
        return said(locale, en="A track for each party", zh="各方单独成轨")


_CHINESE = {"customer": "仅客户", "agent": "仅柜员"}


def _recording_id(activity: Activity) -> RecordingId:
    """Unique over all runs and the same at each replay."""
    return RecordingId(f"{activity.id}-{activity.seed[:12]}")


def _stop(activity: Activity) -> tuple[StopRecording, ...]:
    recording = text(activity.data, "recording")
    return (StopRecording(recording=RecordingId(recording)),) if recording else ()
