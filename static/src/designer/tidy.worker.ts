/** dagre off the main thread: the place of each node along the flow, left to right. */

import { Graph, layout } from "@dagrejs/dagre";
import type { Point } from "../flow/model";

export interface TidyRequest {
  readonly nodes: readonly string[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly weight: number;
  }[];
}

self.onmessage = ({ data }: MessageEvent<TidyRequest>) => {
  const graph = new Graph({ multigraph: false });
  graph.setGraph({ rankdir: "LR", nodesep: 40, ranksep: 40 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of data.nodes) graph.setNode(id, { width: 168, height: 102 });
  for (const { from, to, weight } of data.edges) graph.setEdge(from, to, { weight });
  layout(graph);
  const places = data.nodes.map((id): [string, Point] => {
    const { x = 0, y = 0 } = graph.node(id) as Partial<Point>;
    return [id, { x, y }];
  });
  self.postMessage(Object.fromEntries(places));
};
