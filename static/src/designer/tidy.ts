/** Tidy, only when asked: the worker orders, `flow/arrange` fills the rows. */

import { backEdges } from "../flow/analysis";
import { arrange } from "../flow/arrange";
import type { Draft, Point } from "../flow/model";
import { outcomesOf } from "./derive";
import { useDocument } from "./store";
import type { TidyRequest } from "./tidy.worker";

const LIMIT_MS = 10_000;

export async function tidied(draft: Draft, columns: number): Promise<Record<string, Point>> {
  const { components, verified } = useDocument.getState();
  const { graph } = draft;
  const back = backEdges(graph);
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const ways = graph.edges.filter((edge) => !back.has(edge));
  const isEnd = (id: string) => components.get(byId.get(id)?.component ?? "")?.end ?? false;
  const outcomes = (id: string) => {
    const node = byId.get(id);
    return node ? outcomesOf(node, components, verified) : [];
  };
  const isMain = (from: string, outcome: string) => outcomes(from)[0]?.id === outcome;
  const edges = ways
    .filter((edge) => !isEnd(edge.to))
    .map((edge) => ({
      from: edge.from,
      to: edge.to,
      weight: isMain(edge.from, edge.outcome) ? 4 : 1,
    }));
  const rank = await ranked({ nodes: graph.nodes.map((node) => node.id), edges });
  return arrange(graph, rank, columns, isEnd, (id) => outcomes(id).length);
}

function ranked(request: TidyRequest): Promise<Record<string, Point>> {
  const worker = new Worker(new URL("./tidy.worker.ts", import.meta.url), { type: "module" });
  return new Promise<Record<string, Point>>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the layout took too long")), LIMIT_MS);
    worker.onmessage = ({ data }: MessageEvent<Record<string, Point>>) => {
      clearTimeout(timer);
      resolve(data);
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}
