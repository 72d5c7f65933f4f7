/** What changed between two drafts, as facts a screen can put into words; where cards stand is not a change. */

import { boundaryKey } from "./interruptions";
import { type Draft, type FlowNode, type Graph, sameJson } from "./model";

export type Change =
  | { readonly kind: "node_added"; readonly node: string; readonly component: string }
  | { readonly kind: "node_removed"; readonly node: string; readonly component: string }
  | { readonly kind: "node_retitled"; readonly node: string }
  | { readonly kind: "node_upgraded"; readonly node: string; readonly version: string }
  | { readonly kind: "node_configured"; readonly node: string; readonly key: string }
  | {
      readonly kind: "edge_added";
      readonly node: string;
      readonly outcome: string;
      readonly to: string;
    }
  | {
      readonly kind: "edge_removed";
      readonly node: string;
      readonly outcome: string;
      readonly to: string;
    }
  | {
      readonly kind: "edge_moved";
      readonly node: string;
      readonly outcome: string;
      readonly to: string;
    }
  | { readonly kind: "start_changed"; readonly node: string }
  | { readonly kind: "variables_changed" }
  | { readonly kind: "boundaries_changed" }
  | { readonly kind: "settings_changed"; readonly key: string };

/** The place a change touches; two sides that touch the same place differently are in conflict. */
export function placeOf(change: Change): string {
  switch (change.kind) {
    case "node_added":
    case "node_removed":
      return `node ${change.node}`;
    case "node_retitled":
      return `title ${change.node}`;
    case "node_upgraded":
      return `version ${change.node}`;
    case "node_configured":
      return `config ${change.node} ${change.key}`;
    case "edge_added":
    case "edge_removed":
    case "edge_moved":
      return `edge ${change.node} ${change.outcome}`;
    case "settings_changed":
      return `settings ${change.key}`;
    default:
      return change.kind;
  }
}

export function diff(before: Graph, after: Graph): readonly Change[] {
  return [
    ...nodeChanges(before, after),
    ...edgeChanges(before, after),
    ...otherChanges(before, after),
  ];
}

function nodeChanges(before: Graph, after: Graph): Change[] {
  const old = byId(before);
  const now = byId(after);
  const added = after.nodes.filter((node) => !old.has(node.id));
  const removed = before.nodes.filter((node) => !now.has(node.id));
  const kept = after.nodes.flatMap((node) => {
    const was = old.get(node.id);
    return was ? insideNode(was, node) : [];
  });
  return [
    ...added.map(
      (node): Change => ({ kind: "node_added", node: node.id, component: node.component }),
    ),
    ...removed.map(
      (node): Change => ({ kind: "node_removed", node: node.id, component: node.component }),
    ),
    ...kept,
  ];
}

function byId(graph: Graph): Map<string, FlowNode> {
  return new Map(graph.nodes.map((node) => [node.id, node]));
}

function insideNode(was: FlowNode, is: FlowNode): Change[] {
  const changes: Change[] = changedKeys(was.config, is.config).map((key) => ({
    kind: "node_configured",
    node: is.id,
    key,
  }));
  for (const key of changedKeys(was.media ?? {}, is.media ?? {})) {
    changes.push({ kind: "node_configured", node: is.id, key: `media/${key}` });
  }
  if (was.sla_s !== is.sla_s) changes.push({ kind: "node_configured", node: is.id, key: "sla_s" });
  if (!sameJson(was.title, is.title)) changes.push({ kind: "node_retitled", node: is.id });
  if (was.version !== is.version || was.component !== is.component) {
    changes.push({ kind: "node_upgraded", node: is.id, version: is.version });
  }
  return changes;
}

function changedKeys(
  was: Readonly<Record<string, unknown>>,
  is: Readonly<Record<string, unknown>>,
): string[] {
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...keys].filter((key) => !sameJson(was[key], is[key]));
}

export function edgeKey(edge: { readonly from: string; readonly outcome: string }): string {
  return `${edge.from} ${edge.outcome}`;
}

function edgeChanges(before: Graph, after: Graph): Change[] {
  const old = new Map(before.edges.map((edge) => [edgeKey(edge), edge]));
  const now = new Map(after.edges.map((edge) => [edgeKey(edge), edge]));
  const removed = before.edges.filter((edge) => !now.has(edgeKey(edge)));
  const changed = after.edges.flatMap((edge): Change[] => {
    const was = old.get(edgeKey(edge));
    if (was?.to === edge.to) return [];
    return [
      {
        kind: was ? "edge_moved" : "edge_added",
        node: edge.from,
        outcome: edge.outcome,
        to: edge.to,
      },
    ];
  });
  return [
    ...removed.map(
      (edge): Change => ({
        kind: "edge_removed",
        node: edge.from,
        outcome: edge.outcome,
        to: edge.to,
      }),
    ),
    ...changed,
  ];
}

function otherChanges(before: Graph, after: Graph): Change[] {
  const changes: Change[] = changedKeys(before.settings, after.settings).map((key) => ({
    kind: "settings_changed",
    key,
  }));
  if (before.start !== after.start) changes.push({ kind: "start_changed", node: after.start });
  if (!sameJson(before.variables, after.variables)) changes.push({ kind: "variables_changed" });
  if (!sameJson(before.boundaries, after.boundaries)) changes.push({ kind: "boundaries_changed" });
  return changes;
}

export interface Merge {
  readonly draft: Draft;
  readonly mine: readonly Change[];
  readonly theirs: readonly Change[];
  /** Places both sides changed, differently; `mine` stands in the merged draft. */
  readonly conflicts: readonly Change[];
}

/** Three-way merge: everything both did; where they disagree, mine. An edge whose node is gone goes with it. */
export function merge(base: Draft, mine: Draft, theirs: Draft): Merge {
  const myChanges = diff(base.graph, mine.graph);
  const theirChanges = diff(base.graph, theirs.graph);
  const between = new Set(diff(mine.graph, theirs.graph).map(placeOf));
  const theirPlaces = new Set(theirChanges.map(placeOf));
  const conflicts = myChanges.filter(
    (change) => theirPlaces.has(placeOf(change)) && between.has(placeOf(change)),
  );
  return {
    draft: mergedDraft(base, mine, theirs),
    mine: myChanges,
    theirs: theirChanges,
    conflicts,
  };
}

function mergedDraft(base: Draft, mine: Draft, theirs: Draft): Draft {
  const [b, m, t] = [base.graph, mine.graph, theirs.graph];
  const nodes = mergeLists(b.nodes, m.nodes, t.nodes, (node) => node.id, mergeNode);
  const ids = new Set(nodes.map((node) => node.id));
  const edges = mergeLists(b.edges, m.edges, t.edges, edgeKey, (_, mineOne) => mineOne);
  const boundaries = mergeLists(
    b.boundaries,
    m.boundaries,
    t.boundaries,
    boundaryKey,
    (_, mineOne) => mineOne,
  );
  const start = choose(b.start, m.start, t.start);
  const graph: Graph = {
    schema: "graph/1",
    start: ids.has(start) ? start : (nodes[0]?.id ?? ""),
    nodes,
    edges: edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to)),
    variables: mergeLists(
      b.variables,
      m.variables,
      t.variables,
      (one) => one.name,
      (_, mineOne) => mineOne,
    ),
    boundaries: boundaries.filter(
      (one) => ids.has(one.to) && (one.scope === null || ids.has(one.scope)),
    ),
    settings: mergeRecords(b.settings, m.settings, t.settings),
  };
  const places = mergeRecords(base.layout.nodes, mine.layout.nodes, theirs.layout.nodes);
  return {
    graph,
    layout: {
      nodes: places,
      notes: mergeRecords(base.layout.notes, mine.layout.notes, theirs.layout.notes),
    },
  };
}

function mergeNode(base: FlowNode | undefined, mine: FlowNode, theirs: FlowNode): FlowNode {
  if (!base) return mine;
  const { sla_s: _, media: __, ...rest } = mine;
  const media = mergeRecords(base.media ?? {}, mine.media ?? {}, theirs.media ?? {});
  return {
    ...rest,
    version: choose(base.version, mine.version, theirs.version),
    title: choose(base.title, mine.title, theirs.title),
    config: mergeRecords(base.config, mine.config, theirs.config),
    ...limitOf(choose(base.sla_s, mine.sla_s, theirs.sla_s)),
    ...(Object.keys(media).length > 0 ? { media } : {}),
  };
}

function limitOf(sla_s: number | undefined): Pick<FlowNode, "sla_s"> {
  return sla_s === undefined ? {} : { sla_s };
}

function choose<Value>(base: Value, mine: Value, theirs: Value): Value {
  return sameJson(base, mine) ? theirs : mine;
}

function mergeRecords<Value>(
  base: Readonly<Record<string, Value>>,
  mine: Readonly<Record<string, Value>>,
  theirs: Readonly<Record<string, Value>>,
): Record<string, Value> {
  const keys = new Set([...Object.keys(mine), ...Object.keys(theirs)]);
  const chosen = [...keys].map((key) => [key, choose(base[key], mine[key], theirs[key])] as const);
  return Object.fromEntries(
    chosen.filter((pair): pair is readonly [string, Value & {}] => pair[1] !== undefined),
  );
}

/** What one side removed and the other left alone is removed; what one removed and the other changed is kept. */
function mergeLists<Item>(
  base: readonly Item[],
  mine: readonly Item[],
  theirs: readonly Item[],
  key: (item: Item) => string,
  both: (base: Item | undefined, mine: Item, theirs: Item) => Item,
): Item[] {
  const [inBase, inMine, inTheirs] = [base, mine, theirs].map(
    (items) => new Map(items.map((item) => [key(item), item])),
  );
  const keys = new Set([...mine, ...theirs].map(key));
  return [...keys].flatMap((one) => {
    const [was, my, their] = [inBase?.get(one), inMine?.get(one), inTheirs?.get(one)];
    if (my !== undefined && their !== undefined)
      return sameJson(was, my) ? [their] : sameJson(was, their) ? [my] : [both(was, my, their)];
    const only = my ?? their;
    return only !== undefined && !sameJson(was, only) ? [only] : [];
  });
}
