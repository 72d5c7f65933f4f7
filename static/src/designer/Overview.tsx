/** The whole flow in small, under the palette so that it never covers a card; click or drag to go there. */

import { useReactFlow, useStore } from "@xyflow/react";
import { ChevronDown, ChevronRight } from "lucide-react";
import { type PointerEvent, useMemo, useState } from "react";
import { CARD_W, cardHeight } from "../flow/geometry";
import { useMessages } from "../i18n/messages";
import { boxesOf } from "./derive";
import { useDocument } from "./store";
import { texts } from "./texts";

const [WIDTH, HEIGHT, MARGIN] = [176, 86, 60];

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
  const { history, components, verified } = useDocument();
  const draft = history.now;
  const boxes = useMemo(() => boxesOf(draft, components, verified), [draft, components, verified]);
  const groups = new Map(
    draft.graph.nodes.map((node) => [node.id, components.get(node.component)?.group ?? "logic"]),
  );
  const { setCenter, getZoom } = useReactFlow();
  const view = useStore((state) => `${state.transform.join(" ")} ${state.width} ${state.height}`);
  const [x = 0, y = 0, zoom = 1, width = 0, height = 0] = view.split(" ").map(Number);
  const seen = { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom };
  const area = around(boxes, seen);

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
      {boxes.map((box) => (
        <rect
          key={box.id}
          data-group={groups.get(box.id)}
          x={box.x}
          y={box.y}
          width={CARD_W}
          height={cardHeight(box.outcomes.length)}
          rx={area.width / 90}
        />
      ))}
      <rect
        className="overview-seen"
        {...seen}
        rx={area.width / 90}
        strokeWidth={area.width / 110}
      />
    </svg>
  );
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function around(boxes: readonly { readonly x: number; readonly y: number }[], seen: Area): Area {
  const [lefts, tops] = [
    [seen.x, ...boxes.map((box) => box.x)],
    [seen.y, ...boxes.map((box) => box.y)],
  ];
  const rights = [seen.x + seen.width, ...boxes.map((box) => box.x + CARD_W)];
  const bottoms = [seen.y + seen.height, ...boxes.map((box) => box.y + 122)];
  const [x, y] = [Math.min(...lefts) - MARGIN, Math.min(...tops) - MARGIN];
  return {
    x,
    y,
    width: Math.max(...rights) + MARGIN - x,
    height: Math.max(...bottoms) + MARGIN - y,
  };
}
