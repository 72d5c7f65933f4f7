/** Every way a draft can change. `apply` is pure; an impossible command leaves the draft as it is. */

import {
  type Boundary,
  type Draft,
  type FlowNode,
  findNode,
  type Graph,
  type Json,
  type JsonObject,
  type LocalText,
  newNodeId,
  nodeIds,
  type Point,
  type Variable,
} from "./model";

export interface Clipping {
  readonly nodes: readonly { readonly node: FlowNode; readonly at: Point }[];
  readonly edges: Graph["edges"];
}

export type Command =
  | { readonly kind: "add"; readonly node: FlowNode; readonly at: Point; readonly via?: Connection }
  | {
      readonly kind: "insert";
      readonly node: FlowNode;
      readonly at: Point;
      readonly on: Connection;
      readonly leave: string | null;
      readonly push: number;
    }
  | {
      readonly kind: "remove";
      readonly nodes: readonly string[];
      readonly edges: readonly Connection[];
    }
  | { readonly kind: "move"; readonly to: Readonly<Record<string, Point>> }
  | {
      readonly kind: "connect";
      readonly from: string;
      readonly outcome: string;
      readonly to: string;
    }
  | { readonly kind: "disconnect"; readonly from: string; readonly outcome: string }
  | {
      readonly kind: "configure";
      readonly node: string;
      readonly key: string;
      readonly value: Json | undefined;
    }
  | { readonly kind: "retitle"; readonly node: string; readonly title: LocalText }
  /** `sla_s` 0 for a step that is never late. */
  | { readonly kind: "limit"; readonly node: string; readonly sla_s: number }
  /** {} for a step that changes nothing about the media. */
  | { readonly kind: "media"; readonly node: string; readonly media: JsonObject }
  | { readonly kind: "annotate"; readonly node: string; readonly note: string }
  | { readonly kind: "start"; readonly node: string }
  | { readonly kind: "paste"; readonly clipping: Clipping; readonly by: Point }
  | { readonly kind: "settings"; readonly settings: JsonObject }
  | Interrupt
  | {
      readonly kind: "variables";
      readonly variables: readonly Variable[];
      readonly typing?: string;
    }
  | { readonly kind: "replace"; readonly draft: Draft };

/** `typing` names the input, so that its key presses are one step of undo. */
export interface Interrupt {
  readonly kind: "boundaries";
  readonly boundaries: readonly Boundary[];
  readonly typing?: string;
}

export interface Connection {
  readonly from: string;
  readonly outcome: string;
}

export function apply(draft: Draft, command: Command): Draft {
  switch (command.kind) {
    case "add":
      return add(draft, command);
    case "insert":
      return insert(draft, command);
    case "remove":
      return remove(draft, command.nodes, command.edges);
    case "move":
      return move(draft, command.to);
    case "connect":
      return connect(draft, command.from, command.outcome, command.to);
    case "disconnect":
      return remove(draft, [], [command]);
    case "configure":
      return changeNode(draft, command.node, (node) => ({
        ...node,
        config: withKey(node.config, command.key, command.value),
      }));
    case "retitle":
      return changeNode(draft, command.node, (node) => ({ ...node, title: command.title }));
    case "limit":
      return changeNode(draft, command.node, (node) => limited(node, command.sla_s));
    case "media":
      return changeNode(draft, command.node, (node) => withMedia(node, command.media));
    case "annotate":
      return {
        ...draft,
        layout: {
          ...draft.layout,
          notes: withKey(draft.layout.notes, command.node, command.note || undefined),
        },
      };
    case "start":
      return withGraph(draft, { start: command.node });
    case "paste":
      return paste(draft, command.clipping, command.by).draft;
    case "settings":
      return withGraph(draft, { settings: command.settings });
    case "boundaries":
      return withGraph(draft, { boundaries: command.boundaries });
    case "variables":
      return withGraph(draft, { variables: command.variables });
    case "replace":
      return command.draft;
    default:
      return unknown(command);
  }
}

function unknown(command: never): never {
  throw new Error(`unknown command ${JSON.stringify(command)}`);
}

function withGraph(draft: Draft, change: Partial<Graph>): Draft {
  return { ...draft, graph: { ...draft.graph, ...change } };
}

function withKey<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
  value: Value | undefined,
): Record<string, Value> {
  const { [key]: _, ...rest } = record;
  return value === undefined ? rest : { ...record, [key]: value };
}

function limited(node: FlowNode, sla_s: number): FlowNode {
  const { sla_s: _, ...rest } = node;
  return sla_s > 0 ? { ...rest, sla_s } : rest;
}

function withMedia(node: FlowNode, media: JsonObject): FlowNode {
  const { media: _, ...rest } = node;
  return Object.keys(media).length > 0 ? { ...rest, media } : rest;
}

function changeNode(draft: Draft, id: string, change: (node: FlowNode) => FlowNode): Draft {
  if (!findNode(draft.graph, id)) return draft;
  return withGraph(draft, {
    nodes: draft.graph.nodes.map((node) => (node.id === id ? change(node) : node)),
  });
}

function move(draft: Draft, to: Readonly<Record<string, Point>>): Draft {
  return { ...draft, layout: { ...draft.layout, nodes: { ...draft.layout.nodes, ...to } } };
}

function connect(draft: Draft, from: string, outcome: string, to: string): Draft {
  const { graph } = draft;
  if (!findNode(graph, from) || !findNode(graph, to)) return draft;
  const others = graph.edges.filter((edge) => edge.from !== from || edge.outcome !== outcome);
  return withGraph(draft, { edges: [...others, { from, outcome, to }] });
}

function add(draft: Draft, { node, at, via }: Extract<Command, { kind: "add" }>): Draft {
  if (findNode(draft.graph, node.id)) return draft;
  const start = draft.graph.nodes.length === 0 ? node.id : draft.graph.start;
  const added = move(withGraph(draft, { start, nodes: [...draft.graph.nodes, node] }), {
    [node.id]: at,
  });
  return via ? connect(added, via.from, via.outcome, node.id) : added;
}

/** The edge now leads to the new node and on from its first outcome; what stands to the right in its row makes room. */
function insert(draft: Draft, command: Extract<Command, { kind: "insert" }>): Draft {
  const { node, at, on, leave, push } = command;
  const edge = draft.graph.edges.find((one) => one.from === on.from && one.outcome === on.outcome);
  if (!edge) return add(draft, { kind: "add", node, at });
  const room = push > 0 ? move(draft, pushedRight(draft, at, push)) : draft;
  const added = add(room, { kind: "add", node, at, via: on });
  return leave === null ? added : connect(added, node.id, leave, edge.to);
}

const ROW_PX = 110;

function pushedRight(draft: Draft, at: Point, by: number): Record<string, Point> {
  const inRow = Object.entries(draft.layout.nodes).filter(
    ([, point]) => Math.abs(point.y - at.y) < ROW_PX,
  );
  const isBlocked = inRow.some(([, point]) => Math.abs(point.x - at.x) < by);
  if (!isBlocked) return {};
  const right = inRow.filter(([, point]) => point.x > at.x - by / 2);
  return Object.fromEntries(right.map(([id, point]) => [id, { x: point.x + by, y: point.y }]));
}

function remove(draft: Draft, nodes: readonly string[], edges: readonly Connection[]): Draft {
  const gone = new Set(nodes);
  const cut = new Set(edges.map((edge) => `${edge.from}\n${edge.outcome}`));
  const { graph, layout } = draft;
  const kept = graph.nodes.filter((node) => !gone.has(node.id));
  return {
    graph: {
      ...graph,
      nodes: kept,
      start: gone.has(graph.start) ? (kept[0]?.id ?? "") : graph.start,
      edges: graph.edges.filter(
        (edge) =>
          !gone.has(edge.from) && !gone.has(edge.to) && !cut.has(`${edge.from}\n${edge.outcome}`),
      ),
      boundaries: graph.boundaries.filter(
        (one) => !gone.has(one.to) && !(one.scope && gone.has(one.scope)),
      ),
    },
    layout: { nodes: without(layout.nodes, gone), notes: without(layout.notes, gone) },
  };
}

function without<Value>(
  record: Readonly<Record<string, Value>>,
  gone: ReadonlySet<string>,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !gone.has(key)));
}

/** The chosen nodes and the edges among them. */
export function clip(draft: Draft, ids: readonly string[]): Clipping {
  const chosen = new Set(ids);
  const nodes = draft.graph.nodes.filter((node) => chosen.has(node.id));
  return {
    nodes: nodes.map((node) => ({ node, at: draft.layout.nodes[node.id] ?? { x: 0, y: 0 } })),
    edges: draft.graph.edges.filter((edge) => chosen.has(edge.from) && chosen.has(edge.to)),
  };
}

export function paste(
  draft: Draft,
  clipping: Clipping,
  by: Point,
): { draft: Draft; ids: readonly string[] } {
  const taken = nodeIds(draft.graph);
  const renamed = new Map<string, string>();
  for (const { node } of clipping.nodes) {
    const id = newNodeId(taken, node.component);
    taken.add(id);
    renamed.set(node.id, id);
  }
  const name = (id: string) => renamed.get(id) ?? id;
  const nodes = clipping.nodes.map(({ node }) => ({ ...node, id: name(node.id) }));
  const edges = clipping.edges.map((edge) => ({
    ...edge,
    from: name(edge.from),
    to: name(edge.to),
  }));
  const places = clipping.nodes.map(
    ({ node, at }) => [name(node.id), { x: at.x + by.x, y: at.y + by.y }] as const,
  );
  const start = draft.graph.start || (nodes[0]?.id ?? "");
  const pasted = withGraph(draft, {
    start,
    nodes: [...draft.graph.nodes, ...nodes],
    edges: [...draft.graph.edges, ...edges],
  });
  return { draft: move(pasted, Object.fromEntries(places)), ids: [...renamed.values()] };
}
