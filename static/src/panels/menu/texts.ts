import { defineMessages } from "../../i18n/messages";

export const texts = defineMessages(
  {
    services: "Services",
    taken_one: "chosen once",
    taken: "chosen {n} times",
    left_one: "One more service in this call",
    left: "{n} more services in this call",
    none_left: "No more services in this call: finish, or call again another time.",
    agent_chooses: "Your agent chooses with you. Say what you would like.",
    customer_chooses: "The customer chooses on their own page.",
  },
  {
    services: "业务",
    taken_one: "已选 1 次",
    taken: "已选 {n} 次",
    left_one: "本次通话还可办理 1 项",
    left: "本次通话还可办理 {n} 项",
    none_left: "本次通话可办理的业务已达上限，请结束或另行来电。",
    agent_chooses: "由柜员为您选择，请告知您的需求。",
    customer_chooses: "由客户在其页面上选择。",
  },
);
