/** What staff may decide about a run, and how it is said to the server. Pure but for `decide`. */

import { ApiError, http } from "../api/http";
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Decision = Schemas["DecisionsEnum"];
export type Decided = Schemas["Decided"];
export type Move = Schemas["Move"];
export type Finding = Schemas["Finding"];

/** What goes with a decision; which of it is needed depends on the decision. */
export interface Wish {
  readonly reason?: string;
  readonly outcome?: string;
  /** Id of the version to go on under. */
  readonly to?: string;
  readonly nodes?: Readonly<Record<string, string>>;
}

const ABOUT_INCIDENT: ReadonlySet<Decision> = new Set(["retry", "skip", "end"]);
const PATHS: Readonly<Record<Decision, string>> = {
  retry: "incident",
  skip: "incident",
  end: "incident",
  suspend: "suspend",
  resume: "resume",
  cancel: "cancel",
  migrate: "migration",
  step_in: "step-in",
};

/** Those that are explained for the record before they are taken. */
export const NEEDS_REASON: ReadonlySet<Decision> = new Set(["skip", "end", "suspend", "cancel"]);
/** Those that cannot be taken back. */
export const IS_FINAL: ReadonlySet<Decision> = new Set(["end", "cancel"]);
export const REASON_LENGTH = 300;

/** `id` is the decision's own: sent again, it changes nothing. */
export function bodyOf(
  decision: Decision,
  id: string,
  wish: Wish,
): Readonly<Record<string, unknown>> {
  return { id, ...(ABOUT_INCIDENT.has(decision) ? { decision } : {}), ...wish };
}

export function decide(run: string, decision: Decision, id: string, wish: Wish): Promise<Decided> {
  return http.post<Decided>(`runs/${run}/${PATHS[decision]}`, bodyOf(decision, id, wish));
}

export function readMoves(run: string, signal: AbortSignal): Promise<readonly Move[]> {
  return http.get<readonly Move[]>(`runs/${run}/migration`, { signal });
}

/** Whether the server may have taken the decision although its answer did not come. */
export function isUnanswered(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 0;
}

/** Why a version was refused, when that is why. */
export function findingsOf(error: unknown): readonly Finding[] {
  const findings = error instanceof ApiError ? error.body.findings : undefined;
  return Array.isArray(findings) ? (findings as Finding[]) : [];
}

/** Steps of the run's version that the other one does not have under their name. */
export function renamed<Step extends { readonly id: string }>(
  steps: readonly Step[],
  there: readonly { readonly id: string }[],
): readonly Step[] {
  const known = new Set(there.map((step) => step.id));
  return steps.filter((step) => !known.has(step.id));
}
