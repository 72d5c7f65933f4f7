/** Which page a customer sees, from what is known. Pure, so that every state can be named and tested. */

import type { Ending, RunState, View, ViewActivity } from "../api/socket";
import type { CallState } from "../media/types";
import { CALM, WHOLE_PAGE } from "../panels/kinds";

/** Why a run stands still: a problem halted it, or staff suspended it. */
export type Pause = "incident" | "suspended";

export type Screen =
  | { readonly kind: "opening" }
  | { readonly kind: "unreachable" }
  | { readonly kind: "unusable" }
  | { readonly kind: "stopped" }
  | { readonly kind: "other_tab" }
  | { readonly kind: "left" }
  | { readonly kind: "ended"; readonly ending: Ending }
  /** The line of the page is gone and no call goes on beside it. */
  | { readonly kind: "reconnecting"; readonly who: "you" | "agent" }
  | { readonly kind: "moment" }
  | { readonly kind: "page"; readonly activity: ViewActivity }
  | { readonly kind: "sheet"; readonly activity: ViewActivity }
  | { readonly kind: "call"; readonly activity: ViewActivity | null; readonly pause: Pause | null }
  | { readonly kind: "paused"; readonly why: Pause };

export interface Known {
  readonly run: RunState;
  readonly call: CallState;
  readonly has_left: boolean;
  readonly now_ms: number;
}

/** A blink of the line is no news. */
const PATIENCE_MS = 1500;

export function screenOf(known: Known): Screen {
  const { run } = known;
  const view = run.view;
  if (view?.run.ending) return { kind: "ended", ending: view.run.ending };
  if (known.has_left) return { kind: "left" };
  if (run.connection.state === "ended") return endedLine(run.connection.why);
  if (view === null) return firstView(run);
  if (mustReconnect(known, view)) return { kind: "reconnecting", who: "you" };
  if (isAgentAway(view)) return { kind: "reconnecting", who: "agent" };
  const pause = pauseOf(view);
  return pause === null ? stepScreen(view) : pausedScreen(view, pause);
}

/** Also when a sub-flow has halted and nothing is left beside it. */
function pauseOf(view: View): Pause | null {
  const { status } = view.run;
  if (status === "incident" || status === "suspended") return status;
  const isHaltedBelow = view.incident !== null && view.activities.length === 0;
  return isHaltedBelow ? "incident" : null;
}

/** People in a call stay in it: only the steps stand still. */
function pausedScreen(view: View, pause: Pause): Screen {
  if (isCall(view)) return { kind: "call", activity: null, pause };
  return { kind: "paused", why: pause };
}

function isCall(view: View): boolean {
  return view.room !== null && agentOf(view) !== null;
}

function endedLine(why: string): Screen {
  if (why === "other_tab") return { kind: "other_tab" };
  if (why === "signed_out" || why === "not_found") return { kind: "unusable" };
  return why === "left" ? { kind: "left" } : { kind: "stopped" };
}

function firstView(run: RunState): Screen {
  const isLate = run.connection.state === "waiting" && run.connection.attempt > 1;
  return { kind: isLate ? "unreachable" : "opening" };
}

/** While picture and sound flow, a lost socket is a line of words, not a curtain before the call. */
function mustReconnect(known: Known, view: View): boolean {
  const { run, call, now_ms } = known;
  const isFlowing = call === "connected" || call === "stalled";
  const lost_ms = run.lost_at_ms === null ? 0 : now_ms - run.lost_at_ms;
  if (lost_ms > PATIENCE_MS && !isFlowing) return true;
  return view.room !== null && (view.room.interrupted || call === "reconnecting");
}

export function agentOf(view: View): View["people"][number] | null {
  return view.people.find((person) => person.role === "agent") ?? null;
}

function isAgentAway(view: View): boolean {
  const agent = agentOf(view);
  const isConnecting = view.activities.some((activity) => WHOLE_PAGE.has(activity.panel));
  return view.room !== null && agent !== null && !agent.present && !isConnecting;
}

function stepScreen(view: View): Screen {
  const activity = view.activities.at(-1) ?? null;
  if (activity !== null && WHOLE_PAGE.has(activity.panel)) return { kind: "page", activity };
  if (isCall(view)) return { kind: "call", activity, pause: null };
  if (activity !== null && CALM.has(activity.panel)) return { kind: "page", activity };
  return activity === null ? { kind: "moment" } : { kind: "sheet", activity };
}

/** "Step 3 of 7": the place of the current step among those the customer has; null before the first. */
export function placeOf(view: View): { readonly at: number; readonly of: number } | null {
  const current = view.steps.findIndex((step) => step.state === "current");
  const at = current >= 0 ? current + 1 : view.steps.filter((one) => one.state === "done").length;
  return at === 0 ? null : { at, of: view.steps.length };
}

/** Start of the recording that runs now, epoch ms of the site. */
export function recordingSince(view: View): number | null {
  return view.spans.find((span) => span.name === "recording")?.since_ms ?? null;
}
