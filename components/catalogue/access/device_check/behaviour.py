"""Device and network check: the customer's browser reports, the settings judge."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from components.catalogue.plain import PlainBehaviour, only, said, unknown_action
from components.catalogue.reading import (
    Values,
    flag,
    integer,
    sent_choice,
    sent_flag,
    sent_number,
    sent_text,
)
from flow.component import ActionTaken, Activity, Reaction
from flow.events import Role
from flow.graph import JsonObject, JsonValue

_DEVICE_STATES = ("ok", "refused", "missing", "busy")
_SPEAKER_STATES = ("heard", "not_heard", "skipped")
_TREATMENTS = ("echo_cancellation", "noise_suppression", "auto_gain")
"""What a browser can do to the sound of its microphone, and says afterwards whether it does."""
_TREATED = ("on", "off", "unknown")
_MOST_KBPS = 10_000_000
_MOST_RTT_MS = 60_000
_VIRTUAL_CAMERAS = (
    "obs virtual",
    "manycam",
    "snap camera",
    "xsplit",
    "virtual cam",
    "vcam",
    "e2esoft",
)
"""How software cameras name themselves: a hint against the careless, not a proof."""


class DeviceCheck(PlainBehaviour):
    """Keeps nothing: the customer may try on the page as long as they like, one report decides."""

    @override
    def start(self, activity: Activity) -> Reaction:
        return Reaction(data={})

    @override
    def act(self, activity: Activity, action: ActionTaken) -> Reaction:
        if action.action != "report":
            return unknown_action(action)
        only(action, "customer")
        report = _checked(action.data)
        outcome = _judge(report, self.settings(activity.config))
        return Reaction(outcome=outcome, outputs=_outputs(report))

    @override
    def present(self, activity: Activity, role: Role) -> JsonObject:
        if role != "customer":
            return {}
        settings = self.settings(activity.config)
        return {
            "min_kbps": integer(settings, "min_kbps"),
            "max_rtt_ms": integer(settings, "max_rtt"),
            "need_rear_cam": flag(settings, "need_rear_cam"),
            "allow_audio_only": flag(settings, "allow_audio_only"),
        }

    @override
    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        settings = self.settings(config)
        kbps, rtt = integer(settings, "min_kbps"), integer(settings, "max_rtt")
        return said(
            locale,
            en=f"At least {kbps} kbit/s, {rtt} ms",
            zh=f"不低于 {kbps} kbit/s，往返 {rtt} ms 内",
        )


def _checked(data: Values) -> JsonObject:
    """The report, each field of the right kind. Raises EventRefusedError naming one that is not."""
    return {
        "camera": sent_choice(data, "camera", _DEVICE_STATES),
        "microphone": sent_choice(data, "microphone", _DEVICE_STATES),
        "speaker": sent_choice(data, "speaker", _SPEAKER_STATES),
        "kbps": int(sent_number(data, "kbps", at_most=_MOST_KBPS)),
        "rtt_ms": int(sent_number(data, "rtt_ms", at_most=_MOST_RTT_MS)),
        "label_camera": sent_text(data, "label_camera"),
        "audio_only": sent_flag(data, "audio_only"),
        "has_rear_cam": sent_flag(data, "has_rear_cam", default=False),
        **{one: sent_choice({one: "unknown", **data}, one, _TREATED) for one in _TREATMENTS},
    }


def _judge(report: Values, settings: Values) -> str:
    if _is_blocked(report, settings):
        return "blocked"
    too_slow = integer(report, "kbps") < integer(settings, "min_kbps")
    too_far = integer(report, "rtt_ms") > integer(settings, "max_rtt")
    unheard = report["speaker"] == "not_heard"
    return "weak" if too_slow or too_far or unheard else "ok"


def _is_blocked(report: Values, settings: Values) -> bool:
    if report["microphone"] != "ok":
        return True
    if report["camera"] != "ok" or flag(report, "audio_only"):
        return not flag(settings, "allow_audio_only")
    if flag(settings, "need_rear_cam") and not flag(report, "has_rear_cam"):
        return True
    return flag(settings, "virtual_cam_block") and _is_virtual(report)


def _is_virtual(report: Values) -> bool:
    label = str(report["label_camera"]).casefold()
    return any(name in label for name in _VIRTUAL_CAMERAS)


def _outputs(report: Values) -> dict[str, JsonValue]:
    return {
        "device.camera": report["camera"],
        "device.microphone": report["microphone"],
        "device.speaker": report["speaker"],
        "device.label": report["label_camera"],
        "device.audio_only": report["audio_only"],
        "device.rear_cam": report["has_rear_cam"],
        **{f"device.{one}": report[one] for one in _TREATMENTS},
        "net.kbps": report["kbps"],
        "net.rtt_ms": report["rtt_ms"],
    }
