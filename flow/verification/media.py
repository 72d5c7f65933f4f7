"""Whether what a flow and its steps say about the media of the call fits together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flow.graph import JsonValue, NodeId
from flow.media import (
    FLAGS,
    H264,
    HEIGHTS,
    KNOWN,
    LEAST_KBPS,
    MOST_KBPS,
    NEEDED_KBPS,
    OF_A_STEP,
    VP8,
    Profile,
    made_of,
    settings_of,
)
from flow.verification.finding import Finding, said
from flow.verification.subject import Subject

NAMES: Mapping[str, tuple[str, str]] = {
    "max_height": ("Picture at most", "画面最高"),
    "min_height": ("Picture at least", "画面最低"),
    "max_kbps": ("Rate at most", "码率上限"),
    "min_kbps": ("Rate at least", "码率下限"),
    "audio_only": ("Sound alone is enough", "允许仅音频"),
    "codec": ("Codec", "编码"),
    "simulcast": ("Several sizes", "多档画面"),
    "echo_cancellation": ("Echo cancellation", "回声消除"),
    "noise_suppression": ("Noise suppression", "噪声抑制"),
    "auto_gain": ("Automatic gain", "自动增益"),
}
SMALLEST_OF_SEVERAL = 480
"""Lines from which a picture is worth sending in several sizes."""


def check_media(subject: Subject) -> Iterator[Finding]:
    """FLOW-20: the profile of the flow, and of each step that changes it."""
    media = subject.graph.settings.get("media", {})
    if not isinstance(media, dict):
        yield _finding(None, "", "The media settings of the flow", "流程的媒体设置", _WRONG)
        return
    yield from _check(None, media, KNOWN, made_of(settings_of(subject.graph)))
    for node in subject.graph.nodes.values():
        if node.media:
            profile = made_of(settings_of(subject.graph), node.media)
            yield from _check(node.id, node.media, OF_A_STEP, profile)


_WRONG = ("are not written as they should be", "格式不正确")


def _check(
    node: NodeId | None, said_: Mapping[str, JsonValue], known: frozenset[str], profile: Profile
) -> Iterator[Finding]:
    faults = [name for name, value in said_.items() if name not in known or not _fits(name, value)]
    for name in faults:
        en, zh = NAMES.get(name, (name, name))
        yield _finding(node, name, f"“{en}”", f"“{zh}”", ("is not valid", "无效"))
    if not faults:
        yield from _check_together(node, profile)


def _check_together(node: NodeId | None, profile: Profile) -> Iterator[Finding]:
    for what in ("height", "kbps"):
        if getattr(profile, f"min_{what}") > getattr(profile, f"max_{what}"):
            en, zh = NAMES[f"min_{what}"]
            more, more_zh = NAMES[f"max_{what}"]
            told = (f"is more than “{more}”", f"高于“{more_zh}”")
            yield _finding(node, f"min_{what}", f"“{en}”", f"“{zh}”", told)
    needed = NEEDED_KBPS[profile.min_height]
    if profile.max_kbps < needed:
        told = (
            f"is too little for {profile.min_height} lines, which need {needed} kbit/s",
            f"不足以传送 {profile.min_height} 行画面，至少需要 {needed} kbit/s",
        )
        yield _finding(node, "max_kbps", "“Rate at most”", "“码率上限”", told)
    if node is None and profile.simulcast:
        yield from _check_sizes(profile)


def _check_sizes(profile: Profile) -> Iterator[Finding]:
    if profile.codec == H264:
        told = ("needs VP8: with H.264 a picture has one size", "需使用 VP8：H.264 只支持单档画面")
        yield _finding(None, "simulcast", "“Several sizes”", "“多档画面”", told)
    if profile.max_height < SMALLEST_OF_SEVERAL:
        told = (
            f"needs a picture of {SMALLEST_OF_SEVERAL} lines or more",
            f"要求画面不低于 {SMALLEST_OF_SEVERAL} 行",
        )
        yield _finding(None, "simulcast", "“Several sizes”", "“多档画面”", told)


def _fits(name: str, value: JsonValue) -> bool:
    if name in FLAGS:
        return isinstance(value, bool)
    if name == "codec":
        return value in (VP8, H264)
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return value in HEIGHTS if name.endswith("height") else LEAST_KBPS <= value <= MOST_KBPS


def _finding(node: NodeId | None, name: str, en: str, zh: str, told: tuple[str, str]) -> Finding:
    message = said(f"{en} {told[0]}.", f"{zh}{told[1]}。")
    below = f"/media/{name}" if name else "/media"
    return Finding(
        rule="FLOW-20",
        message=message,
        node=node,
        field=below if node is not None else f"/settings{below}",
    )
