import { defineMessages } from "../../i18n/messages";

export const texts = defineMessages(
  {
    title: "One moment, please",
    text: "You need not do anything. Everything you have done is kept.",
    staff: "Nothing to press: the flow goes on when this is over.",
    progress: "How much of the wait is over",
    left: "At most {time} more",
    until: "At most until {at}",
    event: "Waits for",
    by_itself: "It goes on by itself",
    any_moment: "Any moment now",
  },
  {
    title: "请稍候",
    text: "您无需操作，已完成的内容全部保留。",
    staff: "无需操作，等待结束后流程自动继续。",
    progress: "等待进度",
    left: "最多还需 {time}",
    until: "最晚至 {at}",
    event: "等待",
    by_itself: "将自动继续",
    any_moment: "马上继续",
  },
);
