/** Asks the server what it thinks of the graph, a moment after each change; only the latest answer counts. */

import { ApiError } from "../api/http";
import { type Graph, sameJson } from "../flow/model";
import { api, type Verification } from "./data";
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
    useDocument.setState((was) => ({
      verified: was.verified ? steady(was.verified, verified) : verified,
      isChecking: false,
    }));
  } catch (error) {
    if (error instanceof ApiError) useDocument.setState({ isChecking: false });
  }
}

/** What the answer repeats stays the same object, so that only what it changed is drawn again. */
function steady(was: Verification, now: Verification): Verification {
  return {
    findings: sameJson(was.findings, now.findings) ? was.findings : now.findings,
    outcomes: steadyParts(was.outcomes, now.outcomes),
    outputs: steadyParts(was.outputs, now.outputs),
    summaries: steadyParts(was.summaries, now.summaries),
  };
}

function steadyParts<Part>(
  was: Readonly<Record<string, Part>>,
  now: Readonly<Record<string, Part>>,
): Readonly<Record<string, Part>> {
  let isSame = Object.keys(was).length === Object.keys(now).length;
  const parts = Object.entries(now).map(([key, part]): [string, Part] => {
    const before = was[key];
    if (before !== undefined && sameJson(before, part)) return [key, before];
    isSame = false;
    return [key, part];
  });
  return isSame ? was : Object.fromEntries(parts);
}
