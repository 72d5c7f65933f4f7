/** The media workers of the site. Pure but for what asks the site. */

import { http } from "../api/http";
import type { components } from "../api/schema";

export type Worker = components["schemas"]["Worker"];

export function readWorkers(signal: AbortSignal): Promise<readonly Worker[]> {
  return http.get<Worker[]>("workers", { signal });
}

/** Sends it away; how many rooms move. */
export function drain(id: string): Promise<{ readonly moving: number }> {
  return http.post<{ moving: number }>(`workers/${id}/drain`, {});
}

/** Heard of so long ago it no longer gets rooms, whatever its row says. */
const SILENT_MS = 5_000;

export type State = "live" | "standby" | "draining" | "silent" | "lost";

/** What a person needs to know of it, by its row and by when it was heard last. */
export function stateOf(worker: Worker, now_ms: number): State {
  if (worker.status === "lost") return "lost";
  const isSilent = now_ms - (worker.seen_at_ms ?? 0) > SILENT_MS;
  if (worker.status === "away" || isSilent) return "silent";
  if (worker.status === "draining") return "draining";
  return worker.is_standby ? "standby" : "live";
}

/** A worker that is there takes calls again only when it is started anew. */
export const canDrain = (state: State): boolean => state === "live" || state === "standby";

/** "12 s", "3 min", "2 h", "5 d": the largest unit that is whole, in the reader's language. */
export function agoText(ms: number, locale: string): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [value, unit] =
    seconds < 60
      ? [seconds, "second"]
      : seconds < 3600
        ? [Math.floor(seconds / 60), "minute"]
        : seconds < 86_400
          ? [Math.floor(seconds / 3600), "hour"]
          : [Math.floor(seconds / 86_400), "day"];
  const format = new Intl.NumberFormat(locale, {
    style: "unit",
    unit: unit as string,
    unitDisplay: "short",
  });
  return format.format(value as number);
}

/** Those that carry calls first, then by zone, region and name. */
export function inOrder(workers: readonly Worker[]): readonly Worker[] {
  const key = (one: Worker) =>
    [one.status === "lost" ? "1" : "0", one.zone, one.region, one.name].join("\n");
  return [...workers].sort((a, b) => key(a).localeCompare(key(b)));
}
