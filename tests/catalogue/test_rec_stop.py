from flow.commands import StopRecording
from flow.events import RecordingId
from tests.catalogue.stage import START_MS, Stage

RUNNING = {"rec.id": "recording.1-5eed"}


def stopping() -> Stage:
    return Stage("rec.stop", variables=dict(RUNNING))


def test_it_stops_the_recording_that_runs():
    wanted = StopRecording(recording=RecordingId("recording.1-5eed"))

    assert stopping().requests("StopRecording") == [wanted]


def test_it_waits_for_the_hash():
    stage = stopping()
    assert stage.is_active()

    stage.done("StopRecording", recording="recording.1-5eed", head="ab" * 32, duration_ms=61_500)

    assert stage.outputs == {
        "rec.sha256": "ab" * 32,
        "rec.duration": 61_500,
        "rec.problem": "",
    }


def test_without_a_recording_it_goes_on_and_says_so():
    stage = Stage("rec.stop")

    assert stage.outcome == "ok"
    assert stage.asked == []
    assert stage.outputs["rec.problem"] == "not_recording"


def test_a_missing_hash_does_not_hold_the_customer_but_is_said():
    failed, late = stopping().fails("StopRecording", "unknown_room"), stopping().time("stop")

    assert failed.outputs == {"rec.sha256": "", "rec.duration": 0, "rec.problem": "unknown_room"}
    assert late.outputs["rec.problem"] == "timeout"
    assert late.at_ms == START_MS + 60_000
