/** What can be read off a graph for drawing it: which edges go back, what a span covers, which edges rest as a sign. */

import type { Edge, Graph, Polarity } from "./model";

/** What the canvas must know of a component; the palette gives it. */
export interface Traits {
  readonly span: string | null;
  readonly closes: string | null;
  readonly end: boolean;
  readonly bounded: boolean;
  /** Ids in the order of the manifest: a span begins on the first. */
  readonly outcomes: readonly { readonly id: string }[];
}
export type TraitsOf = (component: string) => Traits | null;

export type Sign = "success" | "reject" | "abort" | "defer" | "retry" | "back";

type Wiring = Pick<Graph, "edges">;

export function outgoing(graph: Wiring): ReadonlyMap<string, readonly Edge[]> {
  const by = new Map<string, Edge[]>();
  for (const edge of graph.edges) {
    const list = by.get(edge.from);
    if (list) list.push(edge);
    else by.set(edge.from, [edge]);
  }
  return by;
}

/** Edges that lead to a node still being visited in a depth-first walk from the start: they close a loop. */
export function backEdges(graph: Pick<Graph, "nodes" | "edges" | "start">): ReadonlySet<Edge> {
  const next = outgoing(graph);
  const done = new Set<string>();
  const open = new Set<string>();
  const back = new Set<Edge>();
  for (const root of [graph.start, ...graph.nodes.map((node) => node.id)]) walk(root);
  return back;

  function walk(root: string): void {
    if (done.has(root)) return;
    const stack = [{ id: root, at: 0 }];
    open.add(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const edge = next.get(top.id)?.[top.at];
      top.at += 1;
      if (!edge) {
        stack.pop();
        open.delete(top.id);
        done.add(top.id);
      } else if (open.has(edge.to)) {
        back.add(edge);
      } else if (!done.has(edge.to)) {
        open.add(edge.to);
        stack.push({ id: edge.to, at: 0 });
      }
    }
  }
}

export interface SpanCover {
  readonly name: string;
  readonly opener: string;
  readonly nodes: ReadonlySet<string>;
}

/** For each node that opens a span: the nodes its first outcome reaches before a node that closes it, ends left out. */
export function spans(
  graph: Pick<Graph, "nodes" | "edges">,
  traitsOf: TraitsOf,
): readonly SpanCover[] {
  const next = outgoing(graph);
  const traits = new Map(graph.nodes.map((node) => [node.id, traitsOf(node.component)]));
  return graph.nodes.flatMap((node) => {
    const name = traits.get(node.id)?.span;
    return name ? [{ name, opener: node.id, nodes: cover(node.id, name) }] : [];
  });

  function cover(opener: string, name: string): Set<string> {
    const covered = new Set<string>([opener]);
    const [begins] = traits.get(opener)?.outcomes ?? [];
    const queue = (next.get(opener) ?? [])
      .filter((edge) => edge.outcome === begins?.id)
      .map((edge) => edge.to);
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (covered.has(id) || traits.get(id)?.end) continue;
      covered.add(id);
      const isClosing = traits.get(id)?.closes === name;
      if (!isClosing) queue.push(...(next.get(id) ?? []).map((edge) => edge.to));
    }
    return covered;
  }
}

/** The small sign an edge rests as, or null when it is drawn in full. */
export function signOf(
  target: { component: string } & Traits,
  polarity: Polarity,
  isBack: boolean,
): Sign | null {
  if (target.end) return endSign(target.component);
  if (target.bounded && polarity !== "positive") return "retry";
  return isBack && polarity !== "positive" ? "back" : null;
}

function endSign(component: string): Sign {
  const word = component.split(".").at(-1);
  return word === "reject" || word === "abort" || word === "defer" ? word : "success";
}

/** Nodes in the order a reader meets them: first outcomes first, depth by depth, what nothing reaches last. */
export function readingOrder(graph: Graph): readonly string[] {
  const next = outgoing(graph);
  const seen = new Set<string>();
  const queue = [graph.start];
  while (queue.length > 0) {
    const id = queue.shift() ?? "";
    if (seen.has(id) || !graph.nodes.some((node) => node.id === id)) continue;
    seen.add(id);
    queue.push(...(next.get(id) ?? []).map((edge) => edge.to));
  }
  return [...seen, ...graph.nodes.map((node) => node.id).filter((id) => !seen.has(id))];
}
