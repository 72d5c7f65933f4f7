/** What the canvas and the panels read off the document: outcomes, titles, boxes, lines. Pure. */

import { backEdges, type Sign, signOf, type Traits } from "../flow/analysis";
import { type Box, type Plan, planLines } from "../flow/geometry";
import type {
  Draft,
  Edge,
  FlowNode,
  Layout,
  LocalText,
  Outcome,
  Point,
  Polarity,
} from "../flow/model";
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
  return declared(node, components, outcomesIn(verified));
}

const NONE_VERIFIED: Verification["outcomes"] = {};

function outcomesIn(verified: Verification | null): Verification["outcomes"] {
  return verified?.outcomes ?? NONE_VERIFIED;
}

function declared(
  node: FlowNode,
  components: Components,
  outcomes: Verification["outcomes"],
): readonly Outcome[] {
  return outcomes[node.id] ?? components.get(node.component)?.outcomes ?? NO_OUTCOMES;
}

export function titleOf(node: FlowNode, components: Components): LocalText {
  const own = Object.values(node.title).some((text) => text !== "");
  return own ? node.title : (components.get(node.component)?.title ?? { en: node.component });
}

export function traitsOf(components: Components): (component: string) => Traits | null {
  return (component) => components.get(component) ?? null;
}

/** Boxes stay the same objects while ids, components, places and outcomes do: typing in a setting changes none. */
export function boxesOf(
  draft: Draft,
  components: Components,
  verified: Verification | null,
): readonly Box[] {
  return boxesOnce(
    shapeOf(draft.graph.nodes),
    draft.layout.nodes,
    components,
    outcomesIn(verified),
  );
}

const boxesOnce = lastKept(
  (
    nodes: readonly FlowNode[],
    places: Layout["nodes"],
    components: Components,
    outcomes: Verification["outcomes"],
  ): readonly Box[] =>
    nodes.map((node, index) => ({
      id: node.id,
      ...(places[node.id] ?? gridPlace(index)),
      outcomes: declared(node, components, outcomes).map((outcome) => outcome.id),
    })),
);

/** The answer of last time while the arguments are the same ones. */
function lastKept<Args extends readonly unknown[], Answer>(
  make: (...args: Args) => Answer,
): (...args: Args) => Answer {
  let last: { readonly args: Args; readonly answer: Answer } | null = null;
  return (...args) => {
    if (!last?.args.every((arg, index) => arg === args[index]))
      last = { args, answer: make(...args) };
    return last.answer;
  };
}

/** The nodes of last time while none was added, removed or given another component. */
export const shapeOf = (() => {
  let shape: readonly FlowNode[] = [];
  return (nodes: readonly FlowNode[]): readonly FlowNode[] => {
    const isSame =
      nodes.length === shape.length &&
      nodes.every((node, index) => {
        const was = shape[index];
        return node.id === was?.id && node.component === was.component;
      });
    if (!isSame) shape = nodes;
    return shape;
  };
})();

/** A card nobody has placed yet stands in a grid of four columns. */
function gridPlace(index: number): Point {
  return { x: 24 + (index % 4) * 208, y: 32 + Math.floor(index / 4) * 180 };
}

export interface DrawnEdge {
  readonly edge: Edge;
  readonly polarity: Polarity;
  readonly label: LocalText;
  readonly sign: Sign | null;
  readonly plan: Plan | null;
  readonly port: number;
}

/** Like boxes: the same objects while nothing that is drawn of the lines has changed. */
export function drawnEdges(
  draft: Draft,
  components: Components,
  verified: Verification | null,
): readonly DrawnEdge[] {
  const boxes = boxesOf(draft, components, verified);
  const { graph } = draft;
  const nodes = shapeOf(graph.nodes);
  return drawnOnce(nodes, graph.edges, graph.start, components, outcomesIn(verified), boxes);
}

const drawnOnce = lastKept(
  (
    nodes: readonly FlowNode[],
    lines: readonly Edge[],
    start: string,
    components: Components,
    outcomes: Verification["outcomes"],
    boxes: readonly Box[],
  ): readonly DrawnEdge[] => {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const back = backEdges({ nodes, edges: lines, start });
    const edges = lines.flatMap((edge): Omit<DrawnEdge, "plan">[] => {
      const [source, target] = [byId.get(edge.from), byId.get(edge.to)];
      if (!source || !target) return [];
      const all = declared(source, components, outcomes);
      const port = all.findIndex((one) => one.id === edge.outcome);
      const polarity = all[port]?.polarity ?? "neutral";
      const traits = components.get(target.component);
      const sign = traits
        ? signOf({ ...traits, component: target.component }, polarity, back.has(edge))
        : null;
      const label = all[port]?.label ?? { en: edge.outcome };
      return [{ edge, polarity, label, sign, port: Math.max(0, port) }];
    });
    const resting = edges.filter((one) => one.sign === null).map((one) => one.edge);
    const visiting = edges.filter((one) => one.sign !== null).map((one) => one.edge);
    const plans = planLines(boxes, resting, visiting);
    return edges.map((one) => ({ ...one, plan: plans.get(one.edge) ?? null }));
  },
);

export function edgeId(edge: { readonly from: string; readonly outcome: string }): string {
  return `${edge.from}|${edge.outcome}`;
}

export function worstOf(findings: readonly Finding[]): Finding["severity"] | null {
  if (findings.some((one) => one.severity === "error")) return "error";
  return findings.length > 0 ? "warning" : null;
}

const NO_FINDINGS: readonly Finding[] = [];
export function findingsOf(verified: Verification | null, node: string): readonly Finding[] {
  return verified?.findings.filter((one) => one.node === node) ?? NO_FINDINGS;
}

export function findNodeTitle(document: Document, id: string | null): LocalText {
  const node = document.history.now.graph.nodes.find((one) => one.id === id);
  return node ? titleOf(node, document.components) : {};
}
