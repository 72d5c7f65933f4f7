/** Tidy: reading order wrapped into rows like text, ends in the last row. The order itself comes from dagre. */

import { cardHeight, PITCH_X, PITCH_Y } from "./geometry";
import type { Graph, Point } from "./model";

const LEFT = 24;
const TOP = 32;
const GAP_Y = 58;

/**
 * `rank` is each node's place along the flow (dagre's x), `columns` how many cards stand in a row.
 * `outcomes` counts the ports of a node, for the height of its row.
 */
export function arrange(
  graph: Graph,
  rank: Readonly<Record<string, Point>>,
  columns: number,
  isEnd: (id: string) => boolean,
  outcomes: (id: string) => number,
): Record<string, Point> {
  const place = (id: string) => rank[id] ?? { x: Number.MAX_SAFE_INTEGER, y: 0 };
  const ordered = graph.nodes
    .map((node) => node.id)
    .sort((a, b) => place(a).x - place(b).x || place(a).y - place(b).y || a.localeCompare(b));
  const rows = [
    ...chunks(
      ordered.filter((id) => !isEnd(id)),
      columns,
    ),
    ...chunks(ordered.filter(isEnd), columns),
  ];
  const placed: Record<string, Point> = {};
  let y = TOP;
  for (const row of rows) {
    row.forEach((id, column) => {
      placed[id] = { x: LEFT + column * PITCH_X, y };
    });
    const height = Math.max(...row.map((id) => cardHeight(outcomes(id))));
    y += Math.max(PITCH_Y, height + GAP_Y);
  }
  return placed;
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, row) =>
    items.slice(row * size, (row + 1) * size),
  );
}
