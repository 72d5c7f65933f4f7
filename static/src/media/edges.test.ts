import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMIT_MS, measureEdges } from "./edges";

const EDGES = ["eu", "asia", "africa"].map((region) => ({ region, url: `stun:${region}:1` }));

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("who answers late or not at all is left out, and nobody is waited for longer than a second", async () => {
  const answers: Readonly<Record<string, Promise<number | null>>> = {
    "stun:eu:1": Promise.resolve(21),
    "stun:asia:1": new Promise<number>(() => undefined),
    "stun:africa:1": Promise.reject(new Error("blocked")),
  };

  const measured = measureEdges(EDGES, (url) => answers[url] ?? Promise.resolve(null));
  await vi.advanceTimersByTimeAsync(LIMIT_MS);

  expect(await measured).toEqual([{ region: "eu", rtt_ms: 21 }]);
});
