import { defineMessages } from "../../i18n/messages";

export const texts = defineMessages(
  {
    listen: "Please listen. There is nothing to press.",
    ask: "You may ask or stop at any time.",
  },
  { listen: "请听柜员说明，无需任何操作。", ask: "您可以随时提问或停止。" },
);
