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
/** As many as fit between two rows; further ones share, and only one of them is drawn at rest. */
const LANES = 4;
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

/** Lines to one target share a lane; different targets below the same row get lanes `LANE_STEP` apart. */
export function planLines(boxes: readonly Box[], lines: readonly Line[]): ReadonlyMap<Line, Plan> {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const lanes = new Map<string, number>();
  const counts = new Map<number, number>();
  const plans = new Map<Line, Plan>();
  for (const line of lines) {
    const source = byId.get(line.from);
    const target = byId.get(line.to);
    if (!source || !target) continue;
    const port = Math.max(0, source.outcomes.indexOf(line.outcome));
    const out = OUT + Math.min(port, 2) * 3;
    if (isClear(boxes, source, target)) {
      plans.set(line, { lane: null, out });
      continue;
    }
    const y = laneBase(boxes, source, target);
    const key = `${y} ${line.to}`;
    const index = lanes.get(key) ?? counts.get(y) ?? 0;
    if (!lanes.has(key)) counts.set(y, index + 1);
    lanes.set(key, index);
    plans.set(line, { lane: y + (index % LANES) * LANE_STEP, out });
  }
  return plans;
}

function rowOf(boxes: readonly Box[], box: Box): readonly Box[] {
  return boxes.filter((one) => Math.abs(one.y - box.y) < SAME_ROW);
}

/** Straight when the target stands to the right and no card of either row is between. */
function isClear(boxes: readonly Box[], source: Box, target: Box): boolean {
  const [left, right] = [source.x + CARD_W, target.x];
  if (right - left < 2 * ARRIVE) return false;
  const [top, bottom] = [
    Math.min(source.y, target.y),
    Math.max(bottomOf(source), bottomOf(target)),
  ];
  return !boxes.some(
    (one) =>
      one !== source &&
      one !== target &&
      one.x < right &&
      one.x + CARD_W > left &&
      one.y < bottom &&
      bottomOf(one) > top,
  );
}

function laneBase(boxes: readonly Box[], source: Box, target: Box): number {
  const isAbove = target.y < source.y - SAME_ROW;
  if (isAbove) return Math.max(...rowOf(boxes, target).map(bottomOf)) + LANE;
  return Math.max(...rowOf(boxes, source).map(bottomOf)) + LANE;
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
