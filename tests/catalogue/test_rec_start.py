from flow.commands import StartRecording, StopRecording
from flow.events import RecordingId
from tests.catalogue.stage import START_MS, Stage


def recording_of(stage: Stage) -> StartRecording:
    request = stage.requests("StartRecording")[0]
    assert isinstance(request, StartRecording)
    return request


def test_the_recording_has_a_name_of_its_own_the_same_at_each_replay():
    first, again = Stage("rec.start"), Stage("rec.start")

    assert recording_of(first).recording == recording_of(again).recording
    assert recording_of(first).recording.startswith("node.1-")


def test_it_records_whom_it_is_set_to():
    assert recording_of(Stage("rec.start")).roles == ("customer", "agent")
    assert recording_of(Stage("rec.start", {"roles": ["agent"]})).roles == ("agent",)


def test_it_asks_for_a_second_recorder_only_where_it_is_set_to():
    assert recording_of(Stage("rec.start")).redundant is False
    assert recording_of(Stage("rec.start", {"redundant": True})).redundant is True


def test_once_it_runs_the_span_stays_while_the_token_goes_on():
    stage = Stage("rec.start")
    recording = recording_of(stage).recording

    stage.done("StartRecording", recording=recording, started_at_ms=START_MS + 50)

    assert stage.outputs == {"rec.id": recording, "rec.started_at": START_MS + 50}


def test_the_end_of_the_run_ends_it():
    stage = Stage("rec.start")
    recording = recording_of(stage).recording

    stage.done("StartRecording", recording=recording, started_at_ms=START_MS)

    assert stage.requests("StopRecording") == [StopRecording(recording=recording)]


def test_a_closing_step_stops_it_itself():
    stage = Stage("rec.start")

    assert stage.behaviour.stop(stage.seen(), "closed").requests == ()


def test_one_that_starts_too_late_is_told_to_stop():
    stage = Stage("rec.start").time("start")

    assert stage.outcome == "fail"
    assert stage.at_ms == START_MS + 20_000
    assert StopRecording(recording=RecordingId(recording_of(stage).recording)) in stage.requests(
        "StopRecording"
    )


def test_both_sides_see_that_it_starts():
    stage = Stage("rec.start")
    shown = {"what": "recording_starts", "since_ms": START_MS}

    assert stage.panel("customer") == stage.panel("agent") == shown
