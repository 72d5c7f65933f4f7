import type { Locale } from "../../i18n/locale";
import { defineMessages, translate } from "../../i18n/messages";

export const texts = defineMessages(
  {
    own_picture: "Your own picture",
    hold_card: "Hold it flat inside the corners",
    hold_face: "Look straight ahead",
    hold_still: "Hold still",
    taking: "Hold still, taking the picture",
    taken: "Picture taken",
    now_side: "Now: {side}. The agent takes the picture.",
    all_taken: "All pictures are taken. The agent looks at them.",
    flip: "Switch camera",
  },
  {
    own_picture: "您自己的画面",
    hold_card: "请平放在四角框内",
    hold_face: "请正视前方",
    hold_still: "请保持不动",
    taking: "请保持不动，正在拍摄",
    taken: "已拍摄",
    now_side: "现在：{side}。由柜员拍摄。",
    all_taken: "照片已全部拍摄，柜员正在查看。",
    flip: "切换摄像头",
  },
);

const sides = defineMessages(
  {
    front: "Front",
    back: "Back",
    inside: "Inside",
    face: "Face",
    tilt: "Tilted",
    picture: "Picture",
    hand: "In hand",
  },
  {
    front: "正面",
    back: "反面",
    inside: "内页",
    face: "人脸",
    tilt: "倾斜",
    picture: "照片",
    hand: "手持",
  },
);

/** A side's name; an analyst's own word is shown as it is. */
export function sideText(side: string, locale: Locale): string {
  return side in sides.en ? translate(sides, locale)(side as keyof typeof sides.en) : side;
}
