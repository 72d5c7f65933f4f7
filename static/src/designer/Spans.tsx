/** Outlines of what stays active beside the token, recording first: drawn under the cards. */

import { ViewportPortal } from "@xyflow/react";
import { useMemo } from "react";
import { spans } from "../flow/analysis";
import { type Box, roundedPath } from "../flow/geometry";
import type { Point } from "../flow/model";
import { spanOutline } from "../flow/outline";
import { useMessages } from "../i18n/messages";
import { traitsOf } from "./derive";
import { useDocument } from "./store";
import { texts } from "./texts";

export function Spans({ boxes }: { readonly boxes: readonly Box[] }) {
  const graph = useDocument((document) => document.history.now.graph);
  const components = useDocument((document) => document.components);
  const covers = useMemo(() => spans(graph, traitsOf(components)), [graph, components]);
  return (
    <ViewportPortal>
      {covers.map((cover) => {
        const covered = boxes.filter((box) => cover.nodes.has(box.id));
        const opener = boxes.find((box) => box.id === cover.opener);
        return (
          opener && (
            <SpanShape
              key={cover.opener}
              name={cover.name}
              rings={spanOutline(covered)}
              opener={opener}
            />
          )
        );
      })}
    </ViewportPortal>
  );
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
