/** What can be set about the media of a flow and of a step, as the settings form draws it. */

import type { Schema } from "./schema";

const HEIGHTS: readonly Schema[] = [720, 480, 360, 240].map((lines) => ({
  const: lines,
  title: `${lines}p`,
}));

/** A label and help in English and Chinese. */
function said(en: string, zh: string, help = "", help_zh = ""): Schema {
  const chinese = help_zh ? { title: zh, description: help_zh } : { title: zh };
  return {
    title: en,
    ...(help ? { description: help } : {}),
    "x-i18n": { "zh-Hans": chinese },
  };
}

const RATE: Schema = { type: "integer", minimum: 50, maximum: 4000, "x-unit": "kbit/s" };

const OF_A_STEP: Readonly<Record<string, Schema>> = {
  max_height: { ...said("Picture at most", "画面最高"), oneOf: HEIGHTS },
  min_height: {
    ...said(
      "Picture at least",
      "画面最低",
      "On a weak line it goes no lower.",
      "网络较弱时不低于此值。",
    ),
    oneOf: HEIGHTS,
  },
  max_kbps: { ...said("Rate at most", "码率上限"), ...RATE },
  min_kbps: { ...said("Rate at least", "码率下限"), ...RATE },
  audio_only: {
    ...said("Sound alone is enough on a weak line", "网络较弱时允许仅音频"),
    type: "boolean",
  },
};

export const STEP_MEDIA: Schema = { type: "object", properties: OF_A_STEP };

export const FLOW_MEDIA: Schema = {
  type: "object",
  properties: {
    ...OF_A_STEP,
    codec: {
      ...said("Codec of all pictures", "画面编码"),
      oneOf: [
        { const: "vp8", title: "VP8" },
        { const: "h264", title: "H.264" },
      ],
    },
    simulcast: {
      ...said("Send each picture in several sizes", "以多档尺寸发送画面"),
      type: "boolean",
    },
    echo_cancellation: { ...said("Echo cancellation", "回声消除"), type: "boolean" },
    noise_suppression: { ...said("Noise suppression", "噪声抑制"), type: "boolean" },
    auto_gain: { ...said("Automatic gain", "自动增益"), type: "boolean" },
  },
};

const NAMES: Schema = { type: "array", maxItems: 20, items: { type: "string" } };

export const FLOW_PLACES: Schema = {
  type: "object",
  properties: {
    media_zones: {
      ...said(
        "Zones of media",
        "媒体区域",
        "Media runs and is recorded there alone. Empty: anywhere.",
        "仅在这些区域传输和录制媒体。留空则不限。",
      ),
      ...NAMES,
    },
    media_regions: {
      ...said(
        "Regions",
        "地区",
        "The nearest first, where nothing nearer was measured.",
        "按优先顺序排列；若已测得更近的节点，以测得结果为准。",
      ),
      ...NAMES,
    },
  },
};
