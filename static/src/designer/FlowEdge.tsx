/** One line: straight or along a lane, styled by polarity; a pill names it where it is long; "+" inserts on it. */

import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps } from "@xyflow/react";
import { Plus } from "lucide-react";
import { memo } from "react";
import { corners, type Plan, PORT_H, PORT_Y, roundedPath } from "../flow/geometry";
import type { LocalText, Point, Polarity } from "../flow/model";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { texts } from "./texts";
import { look, useView } from "./view";

export interface LineData extends Record<string, unknown> {
  readonly polarity: Polarity;
  readonly label: LocalText;
  readonly plan: Plan | null;
  readonly port: number;
  readonly isWitness: boolean;
  /** Drawn only because its card is hovered or selected. */
  readonly isVisiting: boolean;
  readonly from: string;
  readonly outcome: string;
}
export type LineEdge = Edge<LineData, "line">;

const RADIUS = 9;
/** Where on its longest stretch a line is named: nearer to the card it leaves. */
const NEAR_SOURCE = 0.25;

export const FlowEdge = memo(function FlowEdge({
  sourceX,
  sourceY,
  targetX,
  targetY,
  data,
  selected,
}: EdgeProps<LineEdge>) {
  const detail = useView((view) => view.detail);
  const text = useLocalText();
  if (!data) return null;
  // At a distance only the first port is drawn, so every line leaves from there.
  const from = { x: sourceX - 1, y: detail === "card" ? sourceY : sourceY - data.port * PORT_H };
  const to = { x: targetX - 1, y: targetY };
  const plan = data.plan ?? { lane: null, out: 15 };
  const points = corners(from, to, followed(plan, from, to));
  const path = roundedPath(withTip(points), RADIUS);
  const tone = data.isWitness ? "witness" : data.polarity;
  const middle = labelPlace(points);
  const isLong =
    !data.isVisiting && plan.lane !== null && detail === "card" && Math.abs(to.x - from.x) > 260;
  return (
    <g
      className="line"
      data-tone={tone}
      data-selected={selected || undefined}
      data-visiting={data.isVisiting || undefined}
    >
      {data.isWitness && <path className="line-halo" d={path} />}
      <BaseEdge path={path} interactionWidth={16} />
      <path className="line-tip" d={`M${to.x} ${to.y} l-7 -3.6 v7.2 z`} />
      {(isLong || selected) && (
        <EdgeLabelRenderer>
          <div
            className="line-label nodrag nopan"
            data-tone={tone}
            style={{ transform: `translate(-50%, -50%) translate(${middle.x}px, ${middle.y}px)` }}
          >
            {text(data.label)}
            {selected && <InsertButton data={data} />}
          </div>
        </EdgeLabelRenderer>
      )}
    </g>
  );
});

function InsertButton({ data }: { readonly data: LineData }) {
  const t = useMessages(texts);
  const insert = () =>
    look({ pick: { kind: "on", edge: { from: data.from, outcome: data.outcome } } });
  return (
    <button
      type="button"
      className="line-insert"
      aria-label={t("insert_here")}
      title={t("insert_here")}
      onClick={insert}
    >
      <Plus size={12} />
    </button>
  );
}

/** While a card is dragged its plan is the old one; a target now behind the port needs a lane for the moment. */
function followed(plan: Plan, from: Point, to: Point): Plan {
  if (plan.lane !== null || to.x - from.x >= 20) return plan;
  return { ...plan, lane: Math.max(from.y, to.y) + PORT_Y + PORT_H };
}

function withTip(points: readonly Point[]): readonly Point[] {
  const last = points.at(-1);
  return last ? [...points.slice(0, -1), { x: last.x - 5, y: last.y }] : points;
}

/** On the longest level stretch. */
function labelPlace(points: readonly Point[]): Point {
  let best = { length: -1, at: points[0] ?? { x: 0, y: 0 } };
  for (const [index, point] of points.entries()) {
    const next = points[index + 1];
    if (!next || next.y !== point.y) continue;
    const length = Math.abs(next.x - point.x);
    if (length > best.length)
      best = { length, at: { x: point.x + (next.x - point.x) * NEAR_SOURCE, y: point.y } };
  }
  return best.at;
}
