/** Reads runs from the API: a list that grows, one run with its events, a check of its chain, grants for files. */

import { http } from "../api/http";
import type { RunDetail, RunEvent, RunList, RunRow, Verification } from "./types";

const VERIFY_LIMIT_MS = 120_000;
/** How many events an answer holds when there are more. */
const EVENTS_PAGE = 1_000;

export interface RunQuery {
  readonly text: string;
  readonly status: string;
}

export async function readRuns(
  query: RunQuery,
  page: number,
  signal: AbortSignal,
): Promise<RunList> {
  const search = new URLSearchParams({ page: String(page) });
  if (query.text) search.set("q", query.text);
  if (query.status) search.set("status", query.status);
  return http.get<RunList>(`runs?${search}`, { signal });
}

export function appendRuns(before: readonly RunRow[], more: readonly RunRow[]): readonly RunRow[] {
  const known = new Set(before.map((run) => run.id));
  return [...before, ...more.filter((run) => !known.has(run.id))];
}

/** The list as it is now, from its first page: what is known in place, what is new above, what is not in it any more gone. */
export function freshenRuns(
  before: readonly RunRow[],
  { results, next }: RunList,
): readonly RunRow[] {
  const now = new Map(results.map((run) => [run.id, run]));
  const known = new Set(before.map((run) => run.id));
  const oldest = next === null ? "" : (results.at(-1)?.started_at ?? "");
  return [
    ...results.filter((run) => !known.has(run.id)),
    ...before
      .filter((run) => now.has(run.id) || run.started_at < oldest)
      .map((run) => now.get(run.id) ?? run),
  ].sort((one, other) => other.started_at.localeCompare(one.started_at));
}

export interface WholeRun {
  readonly run: RunDetail;
  readonly events: readonly RunEvent[];
  /** When this was read, on the run's clock. */
  readonly read_at_ms: number;
}

export async function readRun(id: string, signal: AbortSignal): Promise<WholeRun> {
  const [run, events] = await Promise.all([
    http.get<RunDetail>(`runs/${id}`, { signal }),
    readEvents(id, 0, signal),
  ]);
  return onRunClock(run, events, Date.now());
}

/** What is new since `known`, itself when nothing is; the run is read when something happened, or `whole` asks. */
export async function readNews(
  known: WholeRun,
  whole: boolean,
  signal: AbortSignal,
): Promise<WholeRun> {
  const { id } = known.run;
  const events = await readEvents(id, known.events.at(-1)?.seq ?? 0, signal);
  const isPending = known.run.recordings.some((one) =>
    one.files.some((file) => file.state === "recording"),
  );
  if (events.length === 0 && !whole && !isPending) return known;
  const run = await http.get<RunDetail>(`runs/${id}`, { signal });
  const news = onRunClock(run, events, Date.now());
  return { ...news, events: [...known.events, ...news.events] };
}

/** The log after event `after`; the server gives it in pages. */
async function readEvents(
  id: string,
  after: number,
  signal: AbortSignal,
): Promise<readonly RunEvent[]> {
  const all: RunEvent[] = [];
  for (let seq = after; ; seq = all.at(-1)?.seq ?? seq) {
    const page = await http.get<readonly RunEvent[]>(`runs/${id}/events?after=${seq}`, { signal });
    all.push(...page);
    if (page.length < EVENTS_PAGE) return all;
  }
}

export function verifyRun(id: string, signal: AbortSignal): Promise<Verification> {
  return http.get<Verification>(`runs/${id}/verify`, { signal, timeoutMs: VERIFY_LIMIT_MS });
}

/** A signed address of one file, good for a minute. */
export async function grantFile(run: string, file: string): Promise<string> {
  const answer = await http.post<{ readonly url: string }>(`runs/${run}/recordings/${file}/grant`);
  return answer.url;
}

/** Epoch times become times since the run's start, so that every part of the page shares one clock. */
export function onRunClock(run: RunDetail, events: readonly RunEvent[], now_ms: number): WholeRun {
  const start = Date.parse(run.started_at);
  const recordings = run.recordings.map((recording) => ({
    ...recording,
    chapters: recording.chapters.map((one) => ({ ...one, at_ms: one.at_ms - start })),
    files: recording.files.map((file) => ({
      ...file,
      t0_ms: file.t0_ms - start,
      gaps: file.gaps.map((gap) => ({ from_ms: gap.from_ms - start, to_ms: gap.to_ms - start })),
    })),
  }));
  const evidence = run.evidence.map((item) => ({ ...item, at_ms: item.at_ms - start }));
  return {
    run: { ...run, recordings, evidence },
    events: events.map((event) => ({ ...event, at_ms: event.at_ms - start })),
    read_at_ms: now_ms - start,
  };
}

/** When the run ended on its own clock; never, while it is open. */
export function endOf(run: RunDetail): number {
  const { started_at, ended_at } = run;
  return ended_at === null ? Infinity : Date.parse(ended_at) - Date.parse(started_at);
}

/** How long the replay is: to the last event or the end of the last recording; while the run goes on, to now. */
export function lengthOf({ run, events, read_at_ms }: WholeRun): number {
  const ends = run.recordings.flatMap((one) =>
    one.files.map((file) => file.t0_ms + file.duration_ms),
  );
  const end_ms = endOf(run);
  const last_ms = Number.isFinite(end_ms) ? end_ms : read_at_ms;
  return Math.max(1000, last_ms, ...ends, ...events.map((event) => event.at_ms));
}
