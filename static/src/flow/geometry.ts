/** Where cards, ports and lines stand: sizes of the node card, rows, lanes and outlines, in canvas units. */

import type { Point } from "./model";

export const CARD_W = 168;
export const HEAD_H = 56;
export const PORT_H = 20;
/** The first outcome and the usual arrival share this height, so the main line runs straight. */
export const PORT_Y = 66;
export const PITCH_X = 208;
export const PITCH_Y = 180;
const LANE = 12;
/** Right of the card, beyond the signs that stand beside its ports. */
const OUT = 28;
const LANE_STEP = 7;
/** Left free between the last lane and the next row. */
const LANE_AIR = 12;
const ARRIVE = 13;
const SAME_ROW = 90;

export interface Box extends Point {
  readonly id: string;
  readonly outcomes: readonly string[];
}

/** An end has no outcome but a line still arrives at `PORT_Y`, so it is as high as a card with one. */
export function cardHeight(outcomes: number): number {
  return 62 + PORT_H * Math.max(1, outcomes);
}

export function bottomOf(box: Box): number {
  return box.y + cardHeight(box.outcomes.length);
}

/** How a line goes: straight across, or out, along a lane between rows, and in. `lane` is the lane's y. */
export interface Plan {
  readonly lane: number | null;
  readonly out: number;
}

export interface Line {
  readonly from: string;
  readonly outcome: string;
  readonly to: string;
}

/**
 * `resting` lines to one target share a lane; different targets below the same row get lanes of their own, closer
 * together the more there are. `visiting` lines are drawn for one card at a time, so they count from that card on.
 */
export function planLines(
  boxes: readonly Box[],
  resting: readonly Line[],
  visiting: readonly Line[] = [],
): ReadonlyMap<Line, Plan> {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const rows = rowsOf(boxes);
  const lanes = new Lanes();
  const laid = [
    ...resting.map((line) => ({ line, owner: "" })),
    ...visiting.map((line) => ({ line, owner: line.from })),
  ].flatMap(({ line, owner }): Laid[] => {
    const source = byId.get(line.from);
    const target = byId.get(line.to);
    if (!source || !target) return [];
    const out = OUT + Math.min(Math.max(0, source.outcomes.indexOf(line.outcome)), 2) * 3;
    if (isClear(rows, source, target)) return [{ line, out, base: null, index: 0 }];
    const base = rows.bottomAround(target.y < source.y - SAME_ROW ? target : source) + LANE;
    return [{ line, out, base, index: lanes.indexOf(base, line.to, owner) }];
  });
  return new Map(
    laid.map(({ line, out, base, index }): [Line, Plan] => {
      if (base === null) return [line, { lane: null, out }];
      const step = Math.min(LANE_STEP, rows.roomBelow(base) / Math.max(1, lanes.most(base)));
      return [line, { lane: base + index * step, out }];
    }),
  );
}

interface Laid {
  readonly line: Line;
  readonly out: number;
  /** The y of the first lane below the row the line runs under; null for a straight line. */
  readonly base: number | null;
  readonly index: number;
}

/** Which lane below a row leads to which target. The owner "" stands for the lines that are always drawn. */
class Lanes {
  readonly #lanes = new Map<number, Map<string, number>>();

  indexOf(base: number, target: string, owner: string): number {
    const row = this.#lanes.get(base) ?? new Map<string, number>();
    this.#lanes.set(base, row);
    const key = (of: string) => `${of}\n${target}`;
    const known = row.get(key("")) ?? row.get(key(owner));
    if (known !== undefined) return known;
    const isSeen = (name: string) => name.startsWith("\n") || name.startsWith(`${owner}\n`);
    const index = [...row.keys()].filter(isSeen).length;
    row.set(key(owner), index);
    return index;
  }

  most(base: number): number {
    return Math.max(0, ...(this.#lanes.get(base)?.values() ?? []));
  }
}

interface Rows {
  readonly overlapping: (top: number, bottom: number) => readonly Box[];
  /** The lowest bottom among the cards of this card's row. */
  readonly bottomAround: (box: Box) => number;
  /** From a lane down to the next card, less the air above it. */
  readonly roomBelow: (y: number) => number;
}

/** Boxes ordered by height, so that each question looks at a few of them only. */
function rowsOf(boxes: readonly Box[]): Rows {
  const sorted = [...boxes].sort((a, b) => a.y - b.y);
  const tallest = Math.max(0, ...boxes.map((box) => bottomOf(box) - box.y));
  const bottoms = new Map<number, number>();
  const first = (y: number): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle]?.y ?? 0) < y) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    overlapping: (top, bottom) =>
      sorted.slice(first(top - tallest), first(bottom)).filter((box) => bottomOf(box) > top),
    bottomAround: ({ y }) => {
      const row = () => sorted.slice(first(y - SAME_ROW + 1), first(y + SAME_ROW));
      const bottom = bottoms.get(y) ?? Math.max(...row().map(bottomOf));
      bottoms.set(y, bottom);
      return bottom;
    },
    roomBelow: (y) => (sorted[first(y)]?.y ?? Number.POSITIVE_INFINITY) - LANE_AIR - y,
  };
}

/** Straight when the target stands to the right and no card of either row is between. */
function isClear(rows: Rows, source: Box, target: Box): boolean {
  const [left, right] = [source.x + CARD_W, target.x];
  if (right - left < 2 * ARRIVE) return false;
  const [top, bottom] = [
    Math.min(source.y, target.y),
    Math.max(bottomOf(source), bottomOf(target)),
  ];
  return !rows
    .overlapping(top, bottom)
    .some((one) => one !== source && one !== target && one.x < right && one.x + CARD_W > left);
}

/** The corners of a line from a port to a card's left edge. */
export function corners(from: Point, to: Point, plan: Plan): readonly Point[] {
  if (plan.lane === null) {
    if (Math.abs(from.y - to.y) < 1) return [from, to];
    const x = Math.min(from.x + plan.out, to.x - ARRIVE);
    return [from, { x, y: from.y }, { x, y: to.y }, to];
  }
  const [right, left] = [from.x + plan.out, to.x - ARRIVE];
  return [
    from,
    { x: right, y: from.y },
    { x: right, y: plan.lane },
    { x: left, y: plan.lane },
    { x: left, y: to.y },
    to,
  ];
}

/** An SVG path through the corners, each rounded by `radius` or half its shorter side. */
export function roundedPath(points: readonly Point[], radius: number, isClosed = false): string {
  const count = points.length;
  const at = (index: number): Point => points[(index + count) % count] ?? { x: 0, y: 0 };
  const parts: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const here = at(index);
    const isEnd = !isClosed && (index === 0 || index === count - 1);
    if (isEnd) {
      parts.push(`${index === 0 ? "M" : "L"}${here.x} ${here.y}`);
      continue;
    }
    const [before, after] = [
      toward(here, at(index - 1), radius),
      toward(here, at(index + 1), radius),
    ];
    parts.push(
      `${index === 0 ? "M" : "L"}${before.x} ${before.y}`,
      `Q${here.x} ${here.y} ${after.x} ${after.y}`,
    );
  }
  return parts.join(" ") + (isClosed ? " Z" : "");
}

function toward(from: Point, to: Point, by: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(by, length / 2) / length;
  return { x: round(from.x + (to.x - from.x) * share), y: round(from.y + (to.y - from.y) * share) };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
