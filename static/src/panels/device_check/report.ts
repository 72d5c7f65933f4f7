/** What the check tells the flow, from what the page has seen. Pure. */

import type { Line } from "../../media/network";
import type { DeviceState, MediaState, Treatment } from "../../media/types";
import type { DeviceReport, Treated } from "../contracts";

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
    ...soundReport(media.treatment),
  };
}

type SoundReport = Readonly<Record<keyof Treatment, Treated>>;

function soundReport(treatment: Treatment | null): SoundReport {
  const told = (value: boolean | null | undefined): Treated =>
    value === true ? "on" : value === false ? "off" : "unknown";
  return {
    echo_cancellation: told(treatment?.echo_cancellation),
    noise_suppression: told(treatment?.noise_suppression),
    auto_gain: told(treatment?.auto_gain),
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

export const TREATMENTS = ["echo_cancellation", "noise_suppression", "auto_gain"] as const;

/** What is done to the sound, and what should be done and is not; a browser that does not say is believed. */
export function soundOf(
  wanted: Readonly<Record<keyof Treatment, boolean>>,
  treatment: Treatment | null,
): { readonly done: readonly (keyof Treatment)[]; readonly missing: readonly (keyof Treatment)[] } {
  const done = TREATMENTS.filter((one) => treatment?.[one] ?? wanted[one]);
  return { done, missing: TREATMENTS.filter((one) => wanted[one] && !done.includes(one)) };
}
