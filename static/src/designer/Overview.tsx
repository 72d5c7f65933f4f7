/** The whole flow in small, under the palette so that it never covers a card; click or drag to go there. */

import { useReactFlow, useStore } from "@xyflow/react";
import { ChevronDown, ChevronRight } from "lucide-react";
import { memo, type PointerEvent, useMemo, useState } from "react";
import { type Box, bottomOf, CARD_W, cardHeight } from "../flow/geometry";
import { useMessages } from "../i18n/messages";
import { boxesOf } from "./derive";
import { type Document, draftNow, useDocument } from "./store";
import { texts } from "./texts";

const [WIDTH, HEIGHT, MARGIN] = [176, 86, 60];
const CORNER = 14;

export function Overview() {
  const t = useMessages(texts);
  const [isOpen, setOpen] = useState(true);
  const count = useDocument((document) => document.history.now.graph.nodes.length);
  return (
    <section className="overview" aria-label={t("overview")}>
      <button
        type="button"
        className="overview-head"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? <ChevronDown size={12} aria-hidden /> : <ChevronRight size={12} aria-hidden />}
        <b>{t("overview")}</b>
        <span className="num">{t("steps", { n: count })}</span>
      </button>
      {isOpen && <Picture />}
    </section>
  );
}

function Picture() {
  const t = useMessages(texts);
  const draft = useDocument((document) => document.history.now);
  const components = useDocument((document) => document.components);
  const verified = useDocument((document) => document.verified);
  const boxes = boxesOf(draft, components, verified);
  const extent = useMemo(() => extentOf(boxes), [boxes]);
  const { setCenter, getZoom } = useReactFlow();
  const view = useStore((state) => `${state.transform.join(" ")} ${state.width} ${state.height}`);
  const [x = 0, y = 0, zoom = 1, width = 0, height = 0] = view.split(" ").map(Number);
  const seen = { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom };
  const area = around(extent, seen);

  const go = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons !== 1) return;
    const box = event.currentTarget.getBoundingClientRect();
    const scale = Math.max(area.width / box.width, area.height / box.height);
    const offset = {
      x: (box.width * scale - area.width) / 2,
      y: (box.height * scale - area.height) / 2,
    };
    const to = {
      x: area.x - offset.x + (event.clientX - box.left) * scale,
      y: area.y - offset.y + (event.clientY - box.top) * scale,
    };
    void setCenter(to.x, to.y, { zoom: getZoom() });
  };
  return (
    <svg
      className="overview-map"
      role="img"
      aria-label={t("overview_help")}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`${area.x} ${area.y} ${area.width} ${area.height}`}
      onPointerDown={go}
      onPointerMove={go}
    >
      <Blocks boxes={boxes} components={components} />
      <rect
        className="overview-seen"
        {...seen}
        rx={area.width / 90}
        strokeWidth={area.width / 110}
      />
    </svg>
  );
}

interface BlocksProps {
  readonly boxes: readonly Box[];
  readonly components: Document["components"];
}

/** Apart from the frame that follows each step of a pan. Boxes change whenever a node's component does. */
const Blocks = memo(function Blocks({ boxes, components }: BlocksProps) {
  const groups = new Map(
    draftNow().graph.nodes.map((node) => [
      node.id,
      components.get(node.component)?.group ?? "logic",
    ]),
  );
  return boxes.map((box) => (
    <rect
      key={box.id}
      data-group={groups.get(box.id)}
      x={box.x}
      y={box.y}
      width={CARD_W}
      height={cardHeight(box.outcomes.length)}
      rx={CORNER}
    />
  ));
});

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function extentOf(boxes: readonly Box[]): Area | null {
  if (boxes.length === 0) return null;
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + CARD_W));
  const bottom = Math.max(...boxes.map(bottomOf));
  return { x, y, width: right - x, height: bottom - y };
}

function around(extent: Area | null, seen: Area): Area {
  const all = extent ? [extent, seen] : [seen];
  const x = Math.min(...all.map((one) => one.x)) - MARGIN;
  const y = Math.min(...all.map((one) => one.y)) - MARGIN;
  const right = Math.max(...all.map((one) => one.x + one.width)) + MARGIN;
  const bottom = Math.max(...all.map((one) => one.y + one.height)) + MARGIN;
  return { x, y, width: right - x, height: bottom - y };
}
