/** What may take a step, or the whole flow, away from its outcomes: who drops, what takes too long, what fails. */

import type { Boundary, Graph } from "./model";

/** Kinds that something watches for, in the order they are offered. */
export const INTERRUPTIONS = [
  "customer_drop",
  "agent_drop",
  "weak_network",
  "timeout",
  "provider_error",
  "supervisor",
] as const;
export type Interruption = (typeof INTERRUPTIONS)[number];

/** Seconds a new interruption waits. A failed service and a supervisor have nothing to wait for. */
const USUAL_S: Readonly<Record<Interruption, number>> = {
  customer_drop: 90,
  agent_drop: 60,
  weak_network: 15,
  timeout: 600,
  provider_error: 0,
  supervisor: 0,
};
export const LONGEST_S = 7 * 24 * 3600;

export function usualWait(on: string): number {
  return USUAL_S[on as Interruption] ?? 0;
}

export function waits(on: string): boolean {
  return on !== "provider_error" && on !== "supervisor";
}

/** One kind is handled once for each step and once for the whole flow. */
export function boundaryKey(boundary: Pick<Boundary, "on" | "scope">): string {
  return `${boundary.on} ${boundary.scope ?? "*"}`;
}

/** A first interruption nobody handles yet, for `scope` or the whole flow; null when each kind is handled. */
export function newInterruption(graph: Graph, scope: string | null, to: string): Boundary | null {
  const taken = new Set(graph.boundaries.map(boundaryKey));
  const on = INTERRUPTIONS.find((kind) => !taken.has(boundaryKey({ on: kind, scope })));
  return on ? { on, scope, after_s: usualWait(on), to } : null;
}

/** The list with `was` changed; another kind begins with its usual wait. */
export function changed(
  all: readonly Boundary[],
  was: Boundary,
  change: Partial<Boundary>,
): readonly Boundary[] {
  const wait = change.on && change.on !== was.on ? { after_s: usualWait(change.on) } : {};
  return all.map((one) => (one === was ? { ...one, ...wait, ...change } : one));
}
