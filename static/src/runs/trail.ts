/** The way a run took, read from its events: which step was active from when to when. Pure. */

import type { RunEnding, RunEvent, RunGraph } from "./types";

/** One visit of one step. Times are on the run's clock. */
export interface Chapter {
  readonly activity: string;
  readonly node: string;
  readonly visit: number;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly done: boolean;
}

/** `id_card.2` of an event that belongs to an activity, or null (people coming and going, recording heads). */
export function activityOf(event: RunEvent): string | null {
  const { activity, key } = event.data;
  if (typeof activity === "string" && activity !== "") return activity;
  if (typeof key !== "string") return null;
  const activityOfKey = key.slice(0, key.lastIndexOf(":"));
  return activityOfKey === "" || activityOfKey === "run" ? null : activityOfKey;
}

export function nodeOf(activity: string): { readonly node: string; readonly visit: number } {
  const dot = activity.lastIndexOf(".");
  const visit = Number(activity.slice(dot + 1));
  if (dot < 0 || !Number.isInteger(visit)) return { node: activity, visit: 1 };
  return { node: activity.slice(0, dot), visit };
}

/**
 * Chapters in order. A step begins when the one before it ended, which is that step's last event; a span's later
 * events (a recording going on beside the token) do not bring its step back.
 */
export function chaptersOf(
  events: readonly RunEvent[],
  end_ms: number,
  closed: boolean,
): readonly Chapter[] {
  const chapters: Chapter[] = [];
  const seen = new Set<string>();
  let from_ms = 0;
  for (const event of events) {
    const activity = activityOf(event);
    if (activity === null) continue;
    const open = chapters.at(-1);
    if (open?.activity === activity) {
      chapters[chapters.length - 1] = { ...open, to_ms: event.at_ms };
    } else if (!seen.has(activity)) {
      from_ms = open?.to_ms ?? 0;
      chapters.push({ activity, ...nodeOf(activity), from_ms, to_ms: event.at_ms, done: true });
      seen.add(activity);
    }
  }
  const last = chapters.at(-1);
  if (!last) return chapters;
  // Whatever ends a run (its own outcome, a boundary, a person) ends its last step.
  return [...chapters.slice(0, -1), { ...last, to_ms: Math.max(last.to_ms, end_ms), done: closed }];
}

/** A run that goes on is also at steps of which no event has told yet: they began with the last one. */
export function withCurrent(
  chapters: readonly Chapter[],
  current: readonly string[],
  end_ms: number,
): readonly Chapter[] {
  const told = chapters.at(-1);
  const fresh = current.filter((node) => node !== told?.node);
  if (fresh.length === 0) {
    return told ? [...chapters.slice(0, -1), { ...told, to_ms: end_ms, done: false }] : chapters;
  }
  const from_ms = told?.to_ms ?? 0;
  const visits = (node: string) => chapters.filter((chapter) => chapter.node === node).length;
  return [
    ...chapters,
    ...fresh.map((node) => {
      const visit = visits(node) + 1;
      const activity = `${node}.${visit}`;
      return { activity, node, visit, from_ms, to_ms: Math.max(from_ms, end_ms), done: false };
    }),
  ];
}

/** The end a closed run came to: a step without a length, found by its kind and reason. */
export function endChapter(graph: RunGraph, ending: RunEnding, at_ms: number): Chapter | null {
  const ends = graph.nodes.filter((node) => node.component === `end.${ending.kind}`);
  const node = ends.find((one) => one.config?.reason_code === ending.code) ?? ends[0];
  if (!node) return null;
  return {
    activity: `${node.id}.1`,
    node: node.id,
    visit: 1,
    from_ms: at_ms,
    to_ms: at_ms,
    done: true,
  };
}

export type StepState = "done" | "current" | "ahead";

export interface StripStep {
  readonly node: string;
  readonly component: string;
  readonly state: StepState;
  readonly visits: number;
  readonly from_ms: number | null;
}

/** Steps for the strip: those the run went through, in order, then the first way forward that was not reached. */
export function stripOf(
  graph: RunGraph,
  chapters: readonly Chapter[],
  at_ms: number,
): readonly StripStep[] {
  const components = new Map(graph.nodes.map((node) => [node.id, node.component]));
  const visited = [...new Set(chapters.map((chapter) => chapter.node))].filter((node) =>
    components.has(node),
  );
  const current = chapters.findLast((chapter) => chapter.from_ms <= at_ms)?.node;
  const steps = visited.map((node) => {
    const visits = chapters.filter((chapter) => chapter.node === node);
    const from_ms = visits[0]?.from_ms ?? 0;
    return {
      node,
      component: components.get(node) ?? "",
      state: stateAt(node === current, from_ms <= at_ms),
      visits: visits.filter((chapter) => chapter.from_ms <= at_ms).length,
      from_ms,
    };
  });
  const ahead = unreached(graph, visited).map((node) => ({
    node,
    component: components.get(node) ?? "",
    state: "ahead" as const,
    visits: 0,
    from_ms: null,
  }));
  return [...steps, ...ahead];
}

function stateAt(current: boolean, begun: boolean): StepState {
  if (current) return "current";
  return begun ? "done" : "ahead";
}

/** Outcomes that lead along the usual way, best first: edges come in alphabetical order, which says nothing. */
const USUAL = ["ok", "assigned", "match", "approved", "else", "all", "again"];

function usualTarget(graph: RunGraph, node: string): string | undefined {
  const out = graph.edges.filter((edge) => edge.from === node);
  const named = USUAL.map((outcome) => out.find((edge) => edge.outcome === outcome));
  return (named.find((edge) => edge !== undefined) ?? out[0])?.to;
}

/** Follows the usual way from the last visited step, as the flow would have taken it. */
function unreached(graph: RunGraph, visited: readonly string[]): readonly string[] {
  const known = new Set(visited);
  const way: string[] = [];
  let node: string | undefined = visited.at(-1) ?? graph.start;
  while (node !== undefined) {
    const next: string | undefined = usualTarget(graph, node);
    if (next === undefined || known.has(next)) break;
    known.add(next);
    way.push(next);
    node = next;
  }
  return way;
}
