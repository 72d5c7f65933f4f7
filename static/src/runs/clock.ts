/**
 * The replay's one clock and what each party shows at a moment of it. Pure: time comes in as an argument.
 *
 * Run time is milliseconds since the run started. A lane is one party's recording: parts (files) in order, and between
 * and inside them gaps, when the party was away. Videos follow the clock; the clock waits for videos that load.
 */

import type { Interval, RecordingFile } from "./types";

export interface Part {
  readonly id: string;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly gaps: readonly Interval[];
  readonly playable: boolean;
}

export interface Lane {
  readonly id: string;
  readonly party: string;
  /** Whether it is a party's second picture, which comes and goes. */
  readonly second: boolean;
  readonly role: string;
  readonly name: string;
  readonly parts: readonly Part[];
  readonly gaps: readonly Interval[];
}

/** What a lane shows at a moment. `offset_ms` is the position inside the part's file. */
export type Moment =
  | { readonly kind: "part"; readonly part: Part; readonly offset_ms: number }
  | { readonly kind: "gap"; readonly gap: Interval }
  | { readonly kind: "before" | "after" | "none" };

export interface Clock {
  readonly at_ms: number;
  readonly length_ms: number;
  readonly playing: boolean;
  readonly rate: number;
  /** Parts whose picture is still loading: the clock stands until this is empty. */
  readonly waiting: readonly string[];
}

export type ClockMove =
  | { readonly kind: "tick"; readonly elapsed_ms: number }
  | { readonly kind: "play" }
  | { readonly kind: "pause" }
  | { readonly kind: "seek"; readonly to_ms: number }
  | { readonly kind: "rate"; readonly rate: number }
  | { readonly kind: "waiting"; readonly part: string; readonly on: boolean }
  | { readonly kind: "length"; readonly length_ms: number };

export const RATES: readonly number[] = [0.5, 1, 1.5, 2, 4];

export const START: Clock = { at_ms: 0, length_ms: 0, playing: false, rate: 1, waiting: [] };

export function moveClock(clock: Clock, move: ClockMove): Clock {
  switch (move.kind) {
    case "tick":
      return tick(clock, move.elapsed_ms);
    case "play":
      return { ...clock, playing: true, at_ms: clock.at_ms >= clock.length_ms ? 0 : clock.at_ms };
    case "pause":
      return { ...clock, playing: false };
    case "seek":
      return { ...clock, at_ms: clamp(move.to_ms, clock.length_ms), waiting: [] };
    case "rate":
      return { ...clock, rate: move.rate };
    case "waiting":
      return { ...clock, waiting: toggled(clock.waiting, move.part, move.on) };
    case "length":
      return lengthened(clock, move.length_ms);
    default:
      return forgotten(move);
  }
}

/** Who looked at the end of a run that goes on looks at its end again. */
function lengthened(clock: Clock, length_ms: number): Clock {
  const isAtEnd = !clock.playing && clock.length_ms > 0 && clock.at_ms >= clock.length_ms;
  return { ...clock, length_ms, at_ms: isAtEnd ? length_ms : clamp(clock.at_ms, length_ms) };
}

function tick(clock: Clock, elapsed_ms: number): Clock {
  if (!clock.playing || clock.waiting.length > 0) return clock;
  const at_ms = clock.at_ms + elapsed_ms * clock.rate;
  if (at_ms < clock.length_ms) return { ...clock, at_ms };
  return { ...clock, at_ms: clock.length_ms, playing: false };
}

function toggled(list: readonly string[], one: string, on: boolean): readonly string[] {
  if (list.includes(one) === on) return list;
  return on ? [...list, one] : list.filter((other) => other !== one);
}

function clamp(at_ms: number, length_ms: number): number {
  return Math.min(Math.max(0, at_ms), length_ms);
}

function forgotten(move: never): never {
  throw new Error(`unknown move ${JSON.stringify(move)}`);
}

/** Lanes from the files of all recordings, the customer first. Gaps are those inside files and those between them. */
export function lanesOf(all: readonly RecordingFile[]): readonly Lane[] {
  const files = originals(all);
  const ids = [...new Set(files.map(laneIdOf))];
  const lanes = ids.map((id) =>
    laneOf(
      id,
      files.filter((file) => laneIdOf(file) === id),
    ),
  );
  return lanes.sort((one, other) => rank(one) - rank(other));
}

/** Files of the second recorder are shown only where the first one has nothing to play. */
function originals(files: readonly RecordingFile[]): readonly RecordingFile[] {
  const held = new Set(files.filter((one) => !one.copy && one.bytes > 0).map(laneIdOf));
  const copied = new Set(files.filter((one) => one.copy).map(laneIdOf));
  return files.filter((one) => {
    const id = laneIdOf(one);
    return one.copy === (copied.has(id) && !held.has(id));
  });
}

function laneIdOf(file: RecordingFile): string {
  return `${file.party} ${file.label}`;
}

function laneOf(id: string, files: readonly RecordingFile[]): Lane {
  const ordered = [...files].sort((one, other) => one.t0_ms - other.t0_ms);
  const parts = ordered.map(partOf);
  const first = ordered[0];
  const second = (first?.label ?? "") !== "";
  return {
    id,
    party: first?.party ?? "",
    second,
    role: first?.role ?? "",
    name: first?.name ?? "",
    parts,
    gaps: second ? [] : merged([...parts.flatMap((part) => part.gaps), ...between(parts)]),
  };
}

function partOf(file: RecordingFile): Part {
  const to_ms = file.t0_ms + file.duration_ms;
  const gaps = file.gaps
    .map((gap) => ({
      from_ms: Math.max(gap.from_ms, file.t0_ms),
      to_ms: Math.min(gap.to_ms, to_ms),
    }))
    .filter((gap) => gap.to_ms > gap.from_ms);
  return { id: file.id, from_ms: file.t0_ms, to_ms, gaps, playable: file.bytes > 0 };
}

/** Second pictures behind all others. */
function rank(lane: Lane): number {
  const order = ["customer", "agent", "supervisor"];
  const at = order.indexOf(lane.role);
  return (at < 0 ? order.length : at) + (lane.second ? order.length + 1 : 0);
}

/** Pauses of less than this between two parts are the seam of a renegotiation, not an absence. */
const SEAM_MS = 400;

function between(parts: readonly Part[]): readonly Interval[] {
  return parts.slice(1).flatMap((part, index) => {
    const from_ms = parts[index]?.to_ms ?? part.from_ms;
    return part.from_ms - from_ms > SEAM_MS ? [{ from_ms, to_ms: part.from_ms }] : [];
  });
}

function merged(gaps: readonly Interval[]): readonly Interval[] {
  const done: Interval[] = [];
  for (const gap of [...gaps].sort((one, other) => one.from_ms - other.from_ms)) {
    const last = done.at(-1);
    if (!last || gap.from_ms > last.to_ms) done.push(gap);
    else done.splice(-1, 1, { ...last, to_ms: Math.max(last.to_ms, gap.to_ms) });
  }
  return done;
}

/** What `lane` shows at `at_ms` of the run. */
export function momentOf(lane: Lane, at_ms: number): Moment {
  const first = lane.parts[0];
  const last = lane.parts.at(-1);
  if (!first || !last) return { kind: "none" };
  const gap = lane.gaps.find((one) => at_ms >= one.from_ms && at_ms < one.to_ms);
  if (gap) return { kind: "gap", gap };
  const part = lane.parts.findLast((one) => at_ms >= one.from_ms && at_ms < one.to_ms);
  if (part) return { kind: "part", part, offset_ms: at_ms - part.from_ms };
  if (at_ms < first.from_ms) return { kind: "before" };
  return at_ms >= last.to_ms ? { kind: "after" } : { kind: "none" };
}

/** What to do with a video beside the clock: jump to a position, or play at a rate until it has caught up. */
export interface Correction {
  readonly seek_ms: number | null;
  readonly rate: number;
}

/** A playing video this far away jumps; nearer it runs a little faster or slower, which nobody sees. */
const JUMP_MS = 1200;
const NEAR_MS = 60;
/** A picture that stands must be the one of the clock. */
const STILL_MS = 20;
const MOST_PULL = 0.25;

export function correction(
  video_ms: number,
  wanted_ms: number,
  rate: number,
  playing: boolean,
): Correction {
  const behind_ms = wanted_ms - video_ms;
  const away_ms = Math.abs(behind_ms);
  if (away_ms > (playing ? JUMP_MS * Math.max(1, rate) : STILL_MS)) {
    return { seek_ms: wanted_ms, rate };
  }
  if (!playing || away_ms < NEAR_MS) return { seek_ms: null, rate };
  const pull = Math.min(MOST_PULL, Math.max(-MOST_PULL, behind_ms / 1000));
  return { seek_ms: null, rate: rate * (1 + pull) };
}
