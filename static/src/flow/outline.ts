/** The outline of a span: one line around all covered cards, like selected text. */

import { type Box, bottomOf, CARD_W } from "./geometry";
import type { Point } from "./model";

const PAD_X = 20;
const PAD_Y = 18;
const JOIN_X = 96;
const JOIN_Y = 120;
const SAME_ROW = 90;

interface Rect {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Closed rings of corners around the covered cards. Cards that are not covered stay outside where a gap allows. */
export function spanOutline(covered: readonly Box[]): readonly (readonly Point[])[] {
  if (covered.length === 0) return [];
  const rows = rowsOf(covered);
  const bands = rows.flatMap((row, index) => bandsOf(row, rows[index - 1], rows[index + 1]));
  return rings(bands);
}

function rowsOf(boxes: readonly Box[]): Box[][] {
  const rows: Box[][] = [];
  for (const box of [...boxes].sort((a, b) => a.y - b.y)) {
    const last = rows.at(-1);
    if (last && box.y - (last[0]?.y ?? 0) < SAME_ROW) last.push(box);
    else rows.push([box]);
  }
  return rows;
}

function bandsOf(
  row: readonly Box[],
  above: readonly Box[] | undefined,
  below: readonly Box[] | undefined,
): Rect[] {
  const top = edgeBetween(above, row) ?? topOf(row) - PAD_Y;
  const bottom = edgeBetween(row, below) ?? lowest(row) + PAD_Y;
  const bands: { left: number; right: number; top: number; bottom: number }[] = [];
  for (const box of [...row].sort((a, b) => a.x - b.x)) {
    const last = bands.at(-1);
    const [left, right] = [box.x - PAD_X, box.x + CARD_W + PAD_X];
    if (last && left - last.right < JOIN_X) last.right = Math.max(last.right, right);
    else bands.push({ left, right, top, bottom });
  }
  return bands;
}

function topOf(row: readonly Box[]): number {
  return Math.min(...row.map((box) => box.y));
}

function lowest(row: readonly Box[]): number {
  return Math.max(...row.map(bottomOf));
}

/** Neighbouring rows meet in the middle of the gap between them. */
function edgeBetween(
  upper: readonly Box[] | undefined,
  lower: readonly Box[] | undefined,
): number | null {
  if (!upper || !lower) return null;
  const gap = topOf(lower) - lowest(upper);
  return gap > JOIN_Y ? null : Math.round(lowest(upper) + gap / 2);
}

/** The boundary of a union of rectangles: cells of the compressed grid, then their outer sides joined up. */
function rings(rects: readonly Rect[]): Point[][] {
  const xs = [...new Set(rects.flatMap((rect) => [rect.left, rect.right]))].sort((a, b) => a - b);
  const ys = [...new Set(rects.flatMap((rect) => [rect.top, rect.bottom]))].sort((a, b) => a - b);
  const filled = cells(rects, xs, ys);
  const isFilled = (column: number, row: number) => filled.has(`${column} ${row}`);
  const sides = new Map<string, Point>();
  const corner = (column: number, row: number): Point => ({ x: xs[column] ?? 0, y: ys[row] ?? 0 });
  const side = (from: Point, to: Point) =>
    sides.set(`${from.x} ${from.y} ${Math.sign(to.x - from.x)} ${Math.sign(to.y - from.y)}`, to);
  for (let column = 0; column < xs.length - 1; column += 1) {
    for (let row = 0; row < ys.length - 1; row += 1) {
      if (!isFilled(column, row)) continue;
      if (!isFilled(column, row - 1)) side(corner(column, row), corner(column + 1, row));
      if (!isFilled(column + 1, row)) side(corner(column + 1, row), corner(column + 1, row + 1));
      if (!isFilled(column, row + 1)) side(corner(column + 1, row + 1), corner(column, row + 1));
      if (!isFilled(column - 1, row)) side(corner(column, row + 1), corner(column, row));
    }
  }
  return walk(sides);
}

/** `column row` of every cell of the grid that a rectangle covers. */
function cells(rects: readonly Rect[], xs: readonly number[], ys: readonly number[]): Set<string> {
  const [columns, rows] = [xs, ys].map((all) => new Map(all.map((value, index) => [value, index])));
  const found = new Set<string>();
  for (const { left, right, top, bottom } of rects) {
    const [firstRow = 0, lastRow = 0] = [rows?.get(top), rows?.get(bottom)];
    for (let column = columns?.get(left) ?? 0; column < (columns?.get(right) ?? 0); column += 1)
      for (let row = firstRow; row < lastRow; row += 1) found.add(`${column} ${row}`);
  }
  return found;
}

/** Follows the sides clockwise; at a touching corner it turns right, so two areas stay two rings. */
function walk(sides: Map<string, Point>): Point[][] {
  const found: Point[][] = [];
  for (
    let first = sides.keys().next().value;
    first !== undefined;
    first = sides.keys().next().value
  ) {
    const ring: Point[] = [];
    for (let key: string | null = first; key !== null; ) {
      const to = sides.get(key);
      if (!to) break;
      sides.delete(key);
      ring.push(to);
      key = onward(sides, to, key);
    }
    found.push(withoutStraights(ring));
  }
  return found;
}

function onward(sides: ReadonlyMap<string, Point>, at: Point, cameBy: string): string | null {
  const [dx = 0, dy = 0] = cameBy.split(" ").slice(2).map(Number);
  const turns = [
    [-dy, dx],
    [dx, dy],
    [dy, -dx],
  ] as const;
  const next = turns
    .map(([x, y]) => `${at.x} ${at.y} ${x + 0} ${y + 0}`)
    .find((key) => sides.has(key));
  return next ?? null;
}

function withoutStraights(ring: readonly Point[]): Point[] {
  return ring.filter((point, index) => {
    const before = ring[(index - 1 + ring.length) % ring.length];
    const after = ring[(index + 1) % ring.length];
    if (!before || !after) return true;
    return (
      !(before.x === point.x && point.x === after.x) &&
      !(before.y === point.y && point.y === after.y)
    );
  });
}
