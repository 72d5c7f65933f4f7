"""What people read when a message is refused, by reason and locale."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "malformed": {
        "en": "This page sent something that cannot be read. Reload it.",
        "zh-Hans": "页面发送了无法识别的内容，请刷新页面。",
    },
    "too_large": {"en": "That is too large to send.", "zh-Hans": "内容过大，无法发送。"},
    "too_fast": {
        "en": "That was too fast. Please wait a moment.",
        "zh-Hans": "操作过快，请稍候再试。",
    },
    "unknown_type": {
        "en": "This page is out of date. Reload it.",
        "zh-Hans": "页面已过期，请刷新。",
    },
    "not_allowed": {"en": "You may not do this.", "zh-Hans": "您无权执行此操作。"},
    "unknown_activity": {"en": "This step is over.", "zh-Hans": "该步骤已结束。"},
    "unknown_action": {
        "en": "This cannot be done in this step.",
        "zh-Hans": "当前步骤不支持此操作。",
    },
    "invalid_data": {"en": "Please check what you entered.", "zh-Hans": "请检查填写的内容。"},
    "too_early": {"en": "Please take a moment to read first.", "zh-Hans": "请先阅读内容。"},
    "run_ended": {"en": "This call has ended.", "zh-Hans": "本次通话已结束。"},
    "no_room": {"en": "The call is not connected yet.", "zh-Hans": "通话尚未接通。"},
    "no_capacity": {
        "en": "All lines are busy. Please try again in a moment.",
        "zh-Hans": "线路繁忙，请稍后再试。",
    },
    "no_worker": {
        "en": "No media worker is there to carry calls.",
        "zh-Hans": "没有可用的媒体节点。",
    },
    "zone_not_served": {
        "en": "No media worker stands in a zone where this call may run.",
        "zh-Hans": "本次通话允许的区域内没有媒体节点。",
    },
    "zone_not_allowed": {
        "en": "This call may not run in that zone.",
        "zh-Hans": "本次通话不允许在该区域进行。",
    },
    "busy": {"en": "That is not possible right now.", "zh-Hans": "当前无法执行此操作。"},
    "going_on": {"en": "This call is going on.", "zh-Hans": "本次办理正在进行中。"},
    "halted": {
        "en": "This call has stopped on a problem. Our staff is looking at it.",
        "zh-Hans": "本次办理因故障暂停，工作人员正在处理。",
    },
    "suspended": {
        "en": "This call is paused. Please wait until it goes on.",
        "zh-Hans": "本次办理已暂停，请等待恢复。",
    },
    "undoing": {
        "en": "What was done is still being undone.",
        "zh-Hans": "已办理的内容正在撤销。",
    },
    "run_erased": {
        "en": "The data of this call has been erased.",
        "zh-Hans": "本次通话的数据已被删除。",
    },
    "run_sealed": {
        "en": "This call cannot be opened right now. Please tell your administrator.",
        "zh-Hans": "暂时无法打开本次通话，请联系管理员。",
    },
    "not_sealed": {
        "en": "This call was recorded before data was encrypted and cannot be erased like this.",
        "zh-Hans": "本次通话在启用数据加密之前录制，无法以此方式删除。",
    },
    "asked_already": {
        "en": "Somebody else has asked for this already. Reload the page.",
        "zh-Hans": "已有他人提出申请，请刷新页面。",
    },
    "own_wish": {
        "en": "You asked for this yourself. Another administrator has to agree.",
        "zh-Hans": "此申请由您提出，须由另一位管理员确认。",
    },
    "not_asked": {
        "en": "This was taken back or done already. Reload the page.",
        "zh-Hans": "该申请已撤回或已处理，请刷新页面。",
    },
    "not_awaited": {
        "en": "No step of this run waits for this.",
        "zh-Hans": "当前没有步骤在等待此事件。",
    },
    "too_many_events": {
        "en": "Too much that came early waits for its step in this run. Send it again later.",
        "zh-Hans": "提前到达、尚待使用的事件过多，请稍后重新发送。",
    },
    "has_findings": {
        "en": "This run cannot go on under that version.",
        "zh-Hans": "本次办理无法切换到该版本。",
    },
    "own_call": {
        "en": "You serve this customer yourself.",
        "zh-Hans": "您正在亲自服务该客户。",
    },
    "unknown_person": {
        "en": "This person is not in the call.",
        "zh-Hans": "该人员不在通话中。",
    },
    "again": {"en": "Please try again.", "zh-Hans": "请重试。"},
}


def text_of(reason: str, locale: str) -> str:
    """The sentence for a reason, in the reader's language."""
    texts = TEXTS.get(reason, TEXTS["not_allowed"])
    return texts["zh-Hans"] if locale.lower().startswith("zh") else texts["en"]
