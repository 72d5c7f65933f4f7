import pytest

from flow.graph import JsonValue
from tests.catalogue.stage import Json, Stage
from tests.catalogue.ways import GOOD_DEVICE


def judged(config: Json, **changes: JsonValue) -> str | None:
    stage = Stage("access.device_check", config)
    report: Json = {**GOOD_DEVICE, **changes}
    return stage.act("customer", "report", **report).outcome


@pytest.mark.parametrize("state", ["refused", "missing", "busy"])
def test_without_camera_it_is_blocked_unless_sound_is_enough(state: str):
    assert judged({}, camera=state) == "blocked"
    assert judged({"allow_audio_only": True}, camera=state) == "ok"


def test_sound_alone_must_be_allowed_even_with_a_camera():
    assert judged({}, audio_only=True) == "blocked"
    assert judged({"allow_audio_only": True}, audio_only=True) == "ok"


@pytest.mark.parametrize("state", ["refused", "missing", "busy"])
def test_without_microphone_it_is_always_blocked(state: str):
    assert judged({"allow_audio_only": True}, microphone=state) == "blocked"


def test_a_rear_camera_can_be_asked_for():
    assert judged({"need_rear_cam": True}) == "blocked"
    assert judged({"need_rear_cam": True}, has_rear_cam=True) == "ok"


def test_software_cameras_are_refused_where_that_is_set():
    assert judged({"virtual_cam_block": True}, label_camera="OBS Virtual Camera") == "blocked"
    assert judged({"virtual_cam_block": False}, label_camera="OBS Virtual Camera") == "ok"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"kbps": 299}, "weak"),
        ({"kbps": 300}, "ok"),
        ({"rtt_ms": 801}, "weak"),
        ({"rtt_ms": 800}, "ok"),
        ({"speaker": "not_heard"}, "weak"),
        ({"speaker": "skipped"}, "ok"),
    ],
)
def test_the_network_is_judged_by_the_settings(changes: dict[str, JsonValue], outcome: str):
    assert judged({"min_kbps": 300, "max_rtt": 800}, **changes) == outcome


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("camera", "fine"),
        ("microphone", None),
        ("speaker", True),
        ("kbps", -1),
        ("kbps", "fast"),
        ("kbps", True),
        ("rtt_ms", 60_001),
        ("label_camera", "x" * 201),
        ("audio_only", "no"),
        ("has_rear_cam", 1),
    ],
)
def test_a_faulty_report_is_refused_by_the_name_of_the_field(field: str, value: JsonValue):
    stage = Stage("access.device_check")
    report: Json = {**GOOD_DEVICE, field: value}

    refused = stage.refuses("customer", "report", **report)

    assert refused == f"invalid_data /{field}"
    assert stage.is_active()


def test_a_field_that_is_missing_is_refused():
    stage = Stage("access.device_check")

    assert stage.refuses("customer", "report") == "invalid_data /camera"


def test_what_was_reported_is_kept_on_a_bad_outcome_too():
    stage = Stage("access.device_check")
    report: Json = {**GOOD_DEVICE, "camera": "refused"}

    stage.act("customer", "report", **report)

    assert stage.outputs["device.camera"] == "refused"
    assert stage.outputs["net.kbps"] == 2_400


def test_the_customer_is_told_what_is_needed():
    stage = Stage("access.device_check", {"min_kbps": 500, "max_rtt": 300})

    assert stage.panel("customer") == {
        "min_kbps": 500,
        "max_rtt_ms": 300,
        "need_rear_cam": False,
        "allow_audio_only": False,
    }


def test_what_the_browser_does_to_the_sound_is_kept():
    stage = Stage("access.device_check", {})

    told = {"echo_cancellation": "on", "noise_suppression": "off"}
    outputs = stage.act("customer", "report", **{**GOOD_DEVICE, **told}).outputs

    kept = ("echo_cancellation", "noise_suppression", "auto_gain")
    assert [outputs[f"device.{one}"] for one in kept] == ["on", "off", "unknown"]
