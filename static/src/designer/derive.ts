/** What the canvas and the panels read off the document: outcomes, titles, boxes, lines. Pure. */

import { backEdges, type Sign, signOf, type Traits } from "../flow/analysis";
import { type Box, type Plan, planLines } from "../flow/geometry";
import type { Draft, Edge, FlowNode, LocalText, Outcome, Point, Polarity } from "../flow/model";
import type { Finding, PaletteComponent, Verification } from "./data";
import type { Document } from "./store";

type Components = ReadonlyMap<string, PaletteComponent>;
const NO_OUTCOMES: readonly Outcome[] = [];

/** The server's word, else the manifest's; an outcome still wired but declared by nobody stays as a ghost. */
export function outcomesOf(
  node: FlowNode,
  components: Components,
  verified: Verification | null,
): readonly Outcome[] {
  return verified?.outcomes[node.id] ?? components.get(node.component)?.outcomes ?? NO_OUTCOMES;
}

export function titleOf(node: FlowNode, components: Components): LocalText {
  const own = Object.values(node.title).some((text) => text !== "");
  return own ? node.title : (components.get(node.component)?.title ?? { en: node.component });
}

export function traitsOf(components: Components): (component: string) => Traits | null {
  return (component) => components.get(component) ?? null;
}

export function boxesOf(
  draft: Draft,
  components: Components,
  verified: Verification | null,
): readonly Box[] {
  return draft.graph.nodes.map((node, index) => ({
    id: node.id,
    ...placeOf(draft, node.id, index),
    outcomes: outcomesOf(node, components, verified).map((outcome) => outcome.id),
  }));
}

/** A card nobody has placed yet stands in a grid of four columns. */
export function placeOf(draft: Draft, id: string, index: number): Point {
  return (
    draft.layout.nodes[id] ?? { x: 24 + (index % 4) * 208, y: 32 + Math.floor(index / 4) * 180 }
  );
}

export interface DrawnEdge {
  readonly edge: Edge;
  readonly polarity: Polarity;
  readonly label: LocalText;
  readonly sign: Sign | null;
  readonly plan: Plan | null;
  readonly port: number;
}

export function drawnEdges(
  draft: Draft,
  components: Components,
  verified: Verification | null,
): readonly DrawnEdge[] {
  const nodes = new Map(draft.graph.nodes.map((node) => [node.id, node]));
  const back = backEdges(draft.graph);
  const edges = draft.graph.edges.flatMap((edge): Omit<DrawnEdge, "plan">[] => {
    const [source, target] = [nodes.get(edge.from), nodes.get(edge.to)];
    if (!source || !target) return [];
    const outcomes = outcomesOf(source, components, verified);
    const port = outcomes.findIndex((one) => one.id === edge.outcome);
    const polarity = outcomes[port]?.polarity ?? "neutral";
    const traits = components.get(target.component);
    const sign = traits
      ? signOf({ ...traits, component: target.component }, polarity, back.has(edge))
      : null;
    return [
      {
        edge,
        polarity,
        label: outcomes[port]?.label ?? { en: edge.outcome },
        sign,
        port: Math.max(0, port),
      },
    ];
  });
  const resting = edges.filter((one) => one.sign === null).map((one) => one.edge);
  const signed = edges.filter((one) => one.sign !== null).map((one) => one.edge);
  const plans = planLines(boxesOf(draft, components, verified), [...resting, ...signed]);
  return edges.map((one) => ({ ...one, plan: plans.get(one.edge) ?? null }));
}

export function edgeId(edge: { readonly from: string; readonly outcome: string }): string {
  return `${edge.from}|${edge.outcome}`;
}

export function worstOf(findings: readonly Finding[]): Finding["severity"] | null {
  if (findings.some((one) => one.severity === "error")) return "error";
  return findings.length > 0 ? "warning" : null;
}

const NO_FINDINGS: readonly Finding[] = [];
export function findingsOf(document: Document, node: string): readonly Finding[] {
  return document.verified?.findings.filter((one) => one.node === node) ?? NO_FINDINGS;
}

export function findNodeTitle(document: Document, id: string | null): LocalText {
  const node = document.history.now.graph.nodes.find((one) => one.id === id);
  return node ? titleOf(node, document.components) : {};
}
