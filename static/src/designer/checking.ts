/** Asks the server what it thinks of the graph, a moment after each change; only the latest answer counts. */

import { ApiError } from "../api/http";
import type { Graph } from "../flow/model";
import { api } from "./data";
import { useDocument } from "./store";

const PAUSE_MS = 250;

/** Returns what stops it. */
export function startChecking(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = new AbortController();
  const later = (graph: Graph, ms: number) => {
    clearTimeout(timer);
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    useDocument.setState({ isChecking: true });
    timer = setTimeout(() => void check(graph, signal), ms);
  };
  later(useDocument.getState().history.now.graph, 0);
  const stop = useDocument.subscribe((now, before) => {
    const { graph } = now.history.now;
    if (graph !== before.history.now.graph) later(graph, PAUSE_MS);
  });
  return () => {
    stop();
    clearTimeout(timer);
    asked.abort();
  };
}

async function check(graph: Graph, signal: AbortSignal): Promise<void> {
  try {
    const verified = await api.verify(graph, signal);
    useDocument.setState({ verified, isChecking: false });
  } catch (error) {
    if (error instanceof ApiError) useDocument.setState({ isChecking: false });
  }
}
