/** Outlines of what stays active beside the token, recording first: drawn under the cards. */

import { ViewportPortal } from "@xyflow/react";
import { memo, useMemo } from "react";
import { type SpanCover, spans } from "../flow/analysis";
import { type Box, roundedPath } from "../flow/geometry";
import type { Point } from "../flow/model";
import { spanOutline } from "../flow/outline";
import { useMessages } from "../i18n/messages";
import { shapeOf, traitsOf } from "./derive";
import { useDocument } from "./store";
import { texts } from "./texts";

interface SpansProps {
  readonly boxes: readonly Box[];
  /** Where cards under way in a drag stand. */
  readonly places: Readonly<Record<string, Point>>;
}

export const Spans = memo(function Spans({ boxes, places }: SpansProps) {
  const nodes = useDocument((document) => shapeOf(document.history.now.graph.nodes));
  const edges = useDocument((document) => document.history.now.graph.edges);
  const components = useDocument((document) => document.components);
  const covers = useMemo(
    () => spans({ nodes, edges }, traitsOf(components)),
    [nodes, edges, components],
  );
  return (
    <ViewportPortal>
      {covers.map((cover) => (
        <MovingSpan key={cover.opener} cover={cover} boxes={boxes} places={places} />
      ))}
    </ViewportPortal>
  );
});

/** Follows a drag only when a card it covers is dragged. */
function MovingSpan({ cover, boxes, places }: SpansProps & { readonly cover: SpanCover }) {
  const moved = Object.keys(places).some((id) => cover.nodes.has(id)) ? places : null;
  const covered = useMemo(
    () =>
      boxes.filter((box) => cover.nodes.has(box.id)).map((box) => ({ ...box, ...moved?.[box.id] })),
    [boxes, cover, moved],
  );
  const rings = useMemo(() => spanOutline(covered), [covered]);
  const opener = covered.find((box) => box.id === cover.opener);
  return opener ? <SpanShape name={cover.name} rings={rings} opener={opener} /> : null;
}

interface SpanShapeProps {
  readonly name: string;
  readonly rings: readonly (readonly Point[])[];
  readonly opener: Box;
}

function SpanShape({ name, rings, opener }: SpanShapeProps) {
  const t = useMessages(texts);
  const label = name === "recording" ? t("span_recording") : name;
  const top = Math.min(
    ...rings.flatMap((ring) => ring.filter((point) => point.y <= opener.y).map((point) => point.y)),
  );
  const y = Math.max(opener.y - 18, Number.isFinite(top) ? top : opener.y - 18);
  return (
    <>
      <svg className="span-shape" aria-hidden>
        <path d={rings.map((ring) => roundedPath(ring, 10, true)).join(" ")} />
      </svg>
      <span
        className="span-label"
        style={{ transform: `translate(${opener.x - 6}px, ${y - 11}px)` }}
      >
        <i />
        {label}
        {name === "recording" && <span>{t("span_recording_note")}</span>}
      </span>
    </>
  );
}
