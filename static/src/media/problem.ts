/** Turns what a browser throws at us into what a person can act upon (W3C mediacapture-streams §10.2). */

import type { DeviceProblem } from "./types";

export interface Surroundings {
  readonly isSecure: boolean;
  readonly hasDevices: boolean;
  readonly hasPeers: boolean;
}

export function surroundings(): Surroundings {
  return {
    isSecure: globalThis.isSecureContext,
    hasDevices: typeof navigator.mediaDevices?.getUserMedia === "function",
    hasPeers: typeof RTCPeerConnection === "function" && typeof WebSocket === "function",
  };
}

/** What stands in the way before anything is asked. An insecure page hides `mediaDevices`, so it is told first. */
export function obstacle(world: Surroundings): "insecure" | "unsupported" | null {
  if (!world.isSecure) return "insecure";
  return world.hasDevices && world.hasPeers ? null : "unsupported";
}

const BY_NAME: Readonly<Record<string, DeviceProblem>> = {
  NotAllowedError: "refused",
  PermissionDeniedError: "refused",
  SecurityError: "insecure",
  NotFoundError: "missing",
  DevicesNotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  TrackStartError: "busy",
  AbortError: "busy",
  TypeError: "unsupported",
};

export function problemOf(error: unknown): DeviceProblem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  return BY_NAME[name] ?? "busy";
}
