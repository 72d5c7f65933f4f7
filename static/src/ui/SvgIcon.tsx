/**
 * Draws an icon that arrives as SVG text. Only the shapes and attributes named here are taken over, as React
 * elements; nothing is parsed by the browser, so a hostile icon can draw but not act (no script, link or style).
 */

import { createElement, type ReactNode, useMemo } from "react";

const SHAPES = new Set(["path", "circle", "ellipse", "rect", "line", "polyline", "polygon"]);
const ATTRIBUTES: Readonly<Record<string, string>> = {
  d: "d",
  cx: "cx",
  cy: "cy",
  r: "r",
  rx: "rx",
  ry: "ry",
  x: "x",
  y: "y",
  x1: "x1",
  y1: "y1",
  x2: "x2",
  y2: "y2",
  width: "width",
  height: "height",
  points: "points",
  transform: "transform",
  opacity: "opacity",
  "stroke-width": "strokeWidth",
  "stroke-dasharray": "strokeDasharray",
  "fill-rule": "fillRule",
};
const PAINT = /^(none|currentColor)$/;
const TAG = /<([a-z]+)\b([^>]*)>/g;
const PAIR = /([\w-]+)\s*=\s*"([^"]*)"/g;

function attributes(text: string): Record<string, string> {
  const taken: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(PAIR)) {
    const known = ATTRIBUTES[name];
    if (known) taken[known] = value;
    if ((name === "fill" || name === "stroke") && PAINT.test(value)) taken[name] = value;
  }
  return taken;
}

export interface ParsedIcon {
  readonly viewBox: string;
  readonly shapes: readonly { readonly tag: string; readonly attributes: Record<string, string> }[];
}

export function parseIcon(svg: string): ParsedIcon {
  const tags = [...svg.matchAll(TAG)];
  const viewBox = /viewBox\s*=\s*"([\d.\s-]+)"/.exec(svg)?.[1] ?? "0 0 16 16";
  const shapes = tags
    .filter(([, tag = ""]) => SHAPES.has(tag))
    .map(([, tag = "", rest = ""]) => ({ tag, attributes: attributes(rest) }));
  return { viewBox, shapes };
}

export interface SvgIconProps {
  readonly svg: string;
  readonly size?: number;
  readonly fallback?: ReactNode;
}

export function SvgIcon({ svg, size = 14, fallback = null }: SvgIconProps) {
  const icon = useMemo(() => parseIcon(svg), [svg]);
  if (icon.shapes.length === 0) return fallback;
  const stroke = Number(icon.viewBox.split(/\s+/)[2] ?? 16) / 16;
  return (
    <svg
      width={size}
      height={size}
      viewBox={icon.viewBox}
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5 * stroke}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      {icon.shapes.map((shape, index) =>
        createElement(shape.tag, { key: `${shape.tag}${index}`, ...shape.attributes }),
      )}
    </svg>
  );
}
