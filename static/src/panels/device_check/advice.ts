/** What to do about a camera or microphone, per browser, as steps of one line. Pure but for the texts. */

import { defineMessages } from "../../i18n/messages";
import type { DeviceProblem } from "../../media/types";

export type BrowserKind = "ios" | "chrome_android" | "safari" | "firefox" | "chrome";

/** From the user agent: browsers offer no better sign for where their permission switch is. */
export function browserOf(agent: string): BrowserKind {
  if (/iPhone|iPad|iPod/.test(agent)) return "ios";
  if (/Firefox/.test(agent)) return "firefox";
  if (/Android/.test(agent)) return "chrome_android";
  if (/Safari/.test(agent) && !/Chrom(e|ium)/.test(agent)) return "safari";
  return "chrome";
}

export const adviceTexts = defineMessages(
  {
    lock: "Tap the lock beside the address",
    controls: "Tap the sign left of the address",
    aa: "Tap “AA” beside the address, then Website Settings",
    safari: "Menu Safari, Settings for this website",
    allow: "Camera and microphone: Allow",
    unblock: "Remove the crossed-out camera",
    plug: "Plug in or switch on the camera",
    other_device: "Or open the link on a phone",
    close_apps: "Close other apps with video",
    close_tabs: "Close other tabs with a call",
  },
  {
    lock: "点地址栏旁的锁形图标",
    controls: "点地址栏左侧的图标",
    aa: "点地址栏旁的“AA”，再点“网站设置”",
    safari: "菜单 Safari，“此网站的设置”",
    allow: "摄像头和麦克风：允许",
    unblock: "移除带斜线的摄像头图标",
    plug: "连接或打开摄像头",
    other_device: "或用手机打开此链接",
    close_apps: "关闭其他使用视频的应用",
    close_tabs: "关闭其他正在通话的标签页",
  },
);

export type AdviceKey = keyof (typeof adviceTexts)["en"];

const REFUSED: Readonly<Record<BrowserKind, readonly AdviceKey[]>> = {
  ios: ["aa", "allow"],
  chrome_android: ["lock", "allow"],
  safari: ["safari", "allow"],
  firefox: ["lock", "unblock"],
  chrome: ["controls", "allow"],
};

/** Two steps; the third is always "Press Check again". */
export function adviceFor(problem: DeviceProblem, browser: BrowserKind): readonly AdviceKey[] {
  switch (problem) {
    case "refused":
    case "insecure":
    case "unsupported":
      return REFUSED[browser];
    case "missing":
      return ["plug", "other_device"];
    case "busy":
      return ["close_apps", "close_tabs"];
  }
}
