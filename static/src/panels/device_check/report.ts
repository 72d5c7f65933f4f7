/** What the check tells the flow, from what the page has seen. Pure. */

import type { Line } from "../../media/network";
import type { DeviceState, MediaState } from "../../media/types";
import type { DeviceReport } from "../contracts";

export type Heard = DeviceReport["speaker"];

function told(state: DeviceState): DeviceReport["camera"] {
  switch (state) {
    case "on":
      return "ok";
    case "refused":
    case "insecure":
    case "unsupported":
      return "refused";
    case "busy":
      return "busy";
    case "missing":
    case "off":
    case "asking":
      return "missing";
  }
}

export function reportOf(media: MediaState, line: Line | null, speaker: Heard): DeviceReport {
  const camera = told(media.camera);
  return {
    camera,
    microphone: told(media.microphone),
    speaker,
    kbps: line?.kbps ?? 0,
    rtt_ms: line?.rtt_ms ?? 0,
    label_camera: media.camera_label.slice(0, 200),
    audio_only: camera !== "ok",
    has_rear_cam: media.devices.filter((one) => one.kind === "camera").length > 1,
  };
}

/** The device that stands in the way, worst first; null when a call can be made. */
export function blockedBy(
  media: MediaState,
  isSoundEnough: boolean,
): "microphone" | "camera" | null {
  if (isProblem(media.microphone)) return "microphone";
  return isProblem(media.camera) && !isSoundEnough ? "camera" : null;
}

function isProblem(state: DeviceState): boolean {
  return state !== "on" && state !== "off" && state !== "asking";
}

/** `1.8 Mbit/s`, `640 kbit/s`. */
export function rateText(kbps: number): string {
  return kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${kbps} kbit/s`;
}
