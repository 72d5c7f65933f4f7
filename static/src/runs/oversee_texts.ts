import { defineMessages } from "../i18n/messages";

export const overseeTexts = defineMessages(
  {
    oversee: "Oversee this call",
    listen: "Listen in",
    listen_text: "Neither the customer nor the agent is told. The audit trail names you.",
    connecting: "Connecting …",
    monitor: "Listen",
    whisper: "Whisper to the agent",
    normal: "Step in",
    leave: "Leave",
    recorded: "The call is recorded, you are not.",
    agree: "Record me too",
  },
  {
    oversee: "监督本次通话",
    listen: "旁听",
    listen_text: "客户和坐席都不会收到提示，审计记录会记下您的姓名。",
    connecting: "正在连接…",
    monitor: "旁听",
    whisper: "仅对坐席说话",
    normal: "加入通话",
    leave: "离开",
    recorded: "通话正在录制，但未录制您。",
    agree: "同意录制",
  },
);
