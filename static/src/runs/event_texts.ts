/** One line for each kind of event, in both languages. */

import type { Locale } from "../i18n/locale";
import { defineMessages, translate } from "../i18n/messages";
import type { RunEvent } from "./types";
import { kindKey } from "./words";

const texts = defineMessages(
  {
    run_started: "The run began",
    participant_joined: "{name} came in",
    participant_left: "{name} dropped out",
    participant_left_deliberate: "{name} left",
    acted: "Pressed “{action}”",
    acted_erased: "Something was pressed",
    acted_report: "Device check reported",
    acted_agree: "Agreed",
    acted_decline: "Declined",
    acted_accept: "Accepted",
    acted_tick: "Phrase said",
    acted_untick: "Phrase taken back",
    acted_done: "Step done",
    acted_skip: "Step skipped",
    acted_shoot: "Picture taken",
    acted_retake: "Picture taken again",
    acted_give_up: "Given up",
    acted_focus: "Went to a field",
    acted_edit: "Changed a field",
    acted_submit: "Form sent",
    acted_cancel: "Form cancelled",
    timer_fired: "A time limit passed",
    command_completed: "The system did its part",
    command_failed: "The system could not do its part: {code}",
    signalled: "News for the step: {signal}",
    recording_started: "Recording began",
    recording_erased: "Recording: something was noted",
    recording_head: "Recording: chain head noted",
    recording_chapter: "Recording: chapter",
    recording_gap: "Recording: a gap",
    recording_ended: "Recording ended",
    media_interrupted: "Picture and sound were interrupted",
    media_restored: "Picture and sound are back",
    run_cancelled: "The run was ended from outside",
    run_cancelled_reason: "The run was ended from outside: {reason}",
    run_suspended: "The run was suspended: {reason}",
    run_resumed: "The run goes on",
    run_migrated: "The run was moved to another version",
    incident_retried: "The step is tried again",
    incident_skipped: "The step was skipped: {reason}",
    incident_ended: "The run was ended after it had stopped: {reason}",
    external_event_received: "News from outside: {signal}",
    event_handed_on: "News from outside went on to the service that waits for it",
    role_customer: "The customer",
    role_agent: "The agent",
    role_supervisor: "The supervisor",
    someone: "Somebody",
  },
  {
    run_started: "办理开始",
    participant_joined: "{name}进入",
    participant_left: "{name}掉线",
    participant_left_deliberate: "{name}离开",
    acted: "点击“{action}”",
    acted_erased: "进行了操作",
    acted_report: "提交设备检测结果",
    acted_agree: "同意",
    acted_decline: "不同意",
    acted_accept: "接受",
    acted_tick: "话术已说",
    acted_untick: "取消话术勾选",
    acted_done: "步骤完成",
    acted_skip: "跳过步骤",
    acted_shoot: "拍照",
    acted_retake: "重拍",
    acted_give_up: "放弃",
    acted_focus: "进入字段",
    acted_edit: "修改字段",
    acted_submit: "提交表单",
    acted_cancel: "取消表单",
    timer_fired: "时限已到",
    command_completed: "系统已执行",
    command_failed: "系统未能执行：{code}",
    signalled: "步骤收到消息：{signal}",
    recording_started: "开始录制",
    recording_erased: "录制：有登记",
    recording_head: "录制：登记链头",
    recording_chapter: "录制：章节",
    recording_gap: "录制：间断",
    recording_ended: "录制结束",
    media_interrupted: "音视频中断",
    media_restored: "音视频恢复",
    run_cancelled: "办理被外部终止",
    run_cancelled_reason: "办理被外部终止：{reason}",
    run_suspended: "办理已暂停：{reason}",
    run_resumed: "办理恢复",
    run_migrated: "办理切换到其他版本",
    incident_retried: "重试该步骤",
    incident_skipped: "跳过该步骤：{reason}",
    incident_ended: "故障后结束办理：{reason}",
    external_event_received: "收到外部消息：{signal}",
    event_handed_on: "外部消息已转交等待它的业务",
    role_customer: "客户",
    role_agent: "坐席",
    role_supervisor: "主管",
    someone: "某人",
  },
);

type Key = keyof typeof texts.en;
const isKey = (key: string): key is Key => key in texts.en;

/** A kind this page does not know is shown by its own name: hiding it would falsify the chain. */
export function eventText(event: RunEvent, locale: Locale, isOver = false): string {
  const t = translate(texts, locale);
  const key = keyOf(event, isOver);
  if (!isKey(key)) return event.kind;
  const { name, role, action, code, reason, name: signal } = event.data as Record<string, string>;
  const roleKey = `role_${role}`;
  const person = name || (isKey(roleKey) ? t(roleKey) : t("someone"));
  const said = t(key, {
    name: person,
    action: action ?? "",
    code: code ?? "",
    signal: signal ?? "",
    reason: reason ?? "",
  });
  return said.replace(/\s*[:：]\s*$/, "");
}

/** An erased event has kept its kind alone. */
const ERASED: Readonly<Record<string, string>> = {
  acted: "acted_erased",
  recording_noted: "recording_erased",
};

function keyOf(event: RunEvent, isOver: boolean): string {
  const kind = kindKey(event.kind);
  const erased = ERASED[kind];
  if (erased && Object.keys(event.data).length === 0) return erased;
  const action = `acted_${String(event.data.action)}`;
  if (kind === "acted" && isKey(action)) return action;
  if (kind === "recording_noted") return `recording_${String(event.data.what)}`;
  const isMeant = isOver || event.data.deliberate === true;
  if (kind === "participant_left" && isMeant) return `${kind}_deliberate`;
  if (kind === "run_cancelled" && event.data.reason) return `${kind}_reason`;
  return kind;
}
