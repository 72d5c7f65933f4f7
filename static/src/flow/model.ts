/** The graph of a flow as `graph/1` JSON, and what a draft adds to it: where cards stand and what is noted on them. */

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
export type LocalText = Readonly<Record<string, string>>;
export type Polarity = "positive" | "neutral" | "negative";
export type Privacy = "none" | "personal" | "special" | "secret";
export type ValueType = "string" | "int" | "number" | "bool" | "list" | "object";

export interface Outcome {
  readonly id: string;
  readonly polarity: Polarity;
  readonly label: LocalText;
}
export interface Variable {
  readonly name: string;
  readonly type: ValueType;
  readonly privacy: Privacy;
  readonly initial?: Json;
  readonly outcomes?: readonly string[];
}
export interface FlowNode {
  readonly id: string;
  readonly component: string;
  readonly version: string;
  readonly title: LocalText;
  readonly config: JsonObject;
  /** Seconds after which a visit is late; absent for never. */
  readonly sla_s?: number;
  /** What it changes about the media of the call; absent for nothing. */
  readonly media?: JsonObject;
}
export interface Edge {
  readonly from: string;
  readonly outcome: string;
  readonly to: string;
}
export interface Boundary {
  readonly on: string;
  readonly scope: string | null;
  readonly after_s: number;
  readonly to: string;
}
export interface Graph {
  readonly schema: "graph/1";
  readonly start: string;
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly Edge[];
  readonly variables: readonly Variable[];
  readonly boundaries: readonly Boundary[];
  readonly settings: JsonObject;
}
/** Canvas units: CSS pixels at zoom 1, the card's upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Layout {
  readonly nodes: Readonly<Record<string, Point>>;
  readonly notes: Readonly<Record<string, string>>;
}
export interface Draft {
  readonly graph: Graph;
  readonly layout: Layout;
}

export const EMPTY_DRAFT: Draft = {
  graph: {
    schema: "graph/1",
    start: "",
    nodes: [],
    edges: [],
    variables: [],
    boundaries: [],
    settings: {},
  },
  layout: { nodes: {}, notes: {} },
};

/** Reads what a server or a journal kept: absent lists become empty, a flat layout becomes `nodes`. */
export function readDraft(stored: { readonly graph?: unknown; readonly layout?: unknown }): Draft {
  const graph = { ...EMPTY_DRAFT.graph, ...(stored.graph as Partial<Graph> | undefined) };
  return {
    graph: { ...graph, nodes: graph.nodes.map(readNode) },
    layout: readLayout(stored.layout),
  };
}

function readNode(node: FlowNode): FlowNode {
  return { ...node, title: node.title ?? {}, config: node.config ?? {} };
}

function readLayout(stored: unknown): Layout {
  const layout = (stored ?? {}) as Partial<Layout> & Record<string, Point>;
  const isFlat = layout.nodes === undefined;
  return {
    nodes: isFlat ? (layout as Record<string, Point>) : (layout.nodes ?? {}),
    notes: isFlat ? {} : (layout.notes ?? {}),
  };
}

/** The languages a flow speaks; English always, and every one where the flow does not say. */
export function localesOf(settings: JsonObject): readonly string[] {
  const { locales } = settings;
  return Array.isArray(locales) ? ["en", ...locales.map(String)] : ["en", "zh-Hans"];
}

export function findNode(graph: Graph, id: string | null): FlowNode | null {
  return graph.nodes.find((node) => node.id === id) ?? null;
}

export function targetOf(graph: Graph, from: string, outcome: string): string | null {
  return graph.edges.find((edge) => edge.from === from && edge.outcome === outcome)?.to ?? null;
}

/** A slug unique in the graph, from the component's last word: `consent.ask` gives `ask`, then `ask_2`. */
export function newNodeId(taken: ReadonlySet<string>, component: string): string {
  const word =
    component
      .split(".")
      .at(-1)
      ?.replace(/[^a-z0-9_]/g, "_") || "node";
  if (!taken.has(word)) return word;
  let n = 2;
  while (taken.has(`${word}_${n}`)) n += 1;
  return `${word}_${n}`;
}

export function nodeIds(graph: Graph): Set<string> {
  return new Set(graph.nodes.map((node) => node.id));
}

/** Deep equality of JSON values; objects ignore the order of keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  return (
    left.length === Object.keys(b).length &&
    left.every(([key, value]) => key in b && sameJson(value, (b as Record<string, unknown>)[key]))
  );
}
