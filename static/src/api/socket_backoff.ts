/** What a client does after its socket closed: pure, from the close codes of docs/protocol.md. */

/** Why a socket will not come back by itself. */
export type EndedWhy =
  | "done"
  | "malformed"
  | "signed_out"
  | "forbidden"
  | "not_found"
  | "other_tab"
  | "too_large"
  | "left";

export type Connection =
  | { readonly state: "idle" }
  | { readonly state: "connecting"; readonly attempt: number }
  | { readonly state: "open" }
  | {
      readonly state: "waiting";
      readonly attempt: number;
      readonly retry_at_ms: number;
      readonly reason: "closed" | "restarting" | "too_fast" | "offline";
    }
  | { readonly state: "ended"; readonly why: EndedWhy };

export type AfterClose =
  | { readonly step: "end"; readonly why: EndedWhy }
  | {
      readonly step: "retry";
      readonly delay_ms: number;
      readonly reason: "closed" | "restarting" | "too_fast";
    };

export const BACKOFF_MIN_MS = 250;
export const BACKOFF_MAX_MS = 8000;
const TOO_FAST_MS = 5000;
const RESTART_MAX_MS = 2000;

const ENDS: Readonly<Record<number, EndedWhy>> = {
  1000: "done",
  4400: "malformed",
  4401: "signed_out",
  4403: "forbidden",
  4404: "not_found",
  4409: "other_tab",
  4413: "too_large",
};

/** Full jitter: anywhere between the least wait and the doubled cap. `chance` is 0..1. */
export function backoff(attempt: number, chance: number): number {
  const cap = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(attempt, 16));
  return Math.round(BACKOFF_MIN_MS + (cap - BACKOFF_MIN_MS) * chance);
}

/** `attempt` counts the closes since the last welcome, from 0. */
export function afterClose(code: number, attempt: number, chance: number): AfterClose {
  const why = ENDS[code];
  if (why !== undefined) return { step: "end", why };
  if (code === 4429) return { step: "retry", delay_ms: TOO_FAST_MS, reason: "too_fast" };
  if (code === 1012 && attempt === 0) {
    const delay_ms = Math.round(BACKOFF_MIN_MS + (RESTART_MAX_MS - BACKOFF_MIN_MS) * chance);
    return { step: "retry", delay_ms, reason: "restarting" };
  }
  const reason = code === 1012 ? "restarting" : "closed";
  return { step: "retry", delay_ms: backoff(attempt + 1, chance), reason };
}
