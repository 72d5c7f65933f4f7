/** What a flow says about the media of its call, as `flow/media.py` has it; a step may change part of it. Pure. */

import type { JsonObject } from "./model";

export interface MediaProfile {
  /** Lines of a picture on its short side. */
  readonly max_height: number;
  readonly min_height: number;
  /** Of one party's picture. */
  readonly max_kbps: number;
  readonly min_kbps: number;
  /** Whether the picture may be given up on a line that does not carry it. */
  readonly audio_only: boolean;
  /** Of all pictures of the room. */
  readonly codec: "vp8" | "h264";
  /** Whether a picture is sent in several sizes. */
  readonly simulcast: boolean;
  readonly echo_cancellation: boolean;
  readonly noise_suppression: boolean;
  readonly auto_gain: boolean;
}

export const USUAL_MEDIA: MediaProfile = {
  max_height: 720,
  min_height: 240,
  max_kbps: 1800,
  min_kbps: 150,
  audio_only: true,
  codec: "vp8",
  simulcast: false,
  echo_cancellation: true,
  noise_suppression: true,
  auto_gain: true,
};

/** What settings say, over the usual; with those of a step, as it is from that step on. */
export function mediaOf(settings: JsonObject, step: JsonObject = {}): JsonObject {
  const said = settings.media;
  const own = typeof said === "object" && said !== null && !Array.isArray(said) ? said : {};
  return { ...(USUAL_MEDIA as unknown as JsonObject), ...(own as JsonObject), ...step };
}

/** `settings` without what is as it would be anyway. */
export function unlike(settings: JsonObject, usual: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(settings).filter(([key, value]) => value !== usual[key]),
  );
}
