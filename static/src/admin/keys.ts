/** The keys of the site and how far everything is wrapped by the current one. Pure but for what asks the site. */

import { http } from "../api/http";
import type { components } from "../api/schema";

export type Ring = components["schemas"]["Keyring"];
export type Key = Ring["keys"][number];

export function readRing(signal: AbortSignal): Promise<Ring> {
  return http.get<Ring>("keyring", { signal });
}

/** `id` is the wish's own: sent again, it begins nothing twice. */
export function rotate(id: string, password: string): Promise<Ring> {
  return http.post<Ring>("keyring/rotation", { id, password });
}

export interface Progress {
  readonly all: number;
  /** Wrapped by other keys than the current one. */
  readonly left: number;
  /** 0 to 1. */
  readonly share: number;
}

export function progressOf(ring: Ring): Progress {
  const count = (key: Key) => key.runs + key.connections;
  const all = ring.keys.reduce((sum, key) => sum + count(key), 0);
  const left = ring.keys.filter((key) => !key.active).reduce((sum, key) => sum + count(key), 0);
  return { all, left, share: all === 0 ? 1 : (all - left) / all };
}
