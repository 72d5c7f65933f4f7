import { defineMessages } from "../../i18n/messages";

export const texts = defineMessages(
  {
    ringing: "It is your turn",
    ringing_text: "We are calling an agent. Usually a few seconds.",
    connecting: "An agent is joining",
    connecting_text: "The picture comes in a moment.",
    joins: "{name}, staff no. {staff_no}, is joining you.",
    since: "Connecting, {time}",
    only_you: "Only you",
    own_picture: "Your own picture",
  },
  {
    ringing: "轮到您了",
    ringing_text: "正在呼叫柜员，通常只需几秒。",
    connecting: "柜员正在接入",
    connecting_text: "画面马上就来。",
    joins: "{name}（工号 {staff_no}）正在接入。",
    since: "正在连接 {time}",
    only_you: "仅您可见",
    own_picture: "您自己的画面",
  },
);
