import { describe, expect, test } from "vitest";
import { act, begin, undo } from "./history";
import { changed, INTERRUPTIONS, newInterruption } from "./interruptions";
import { type Boundary, EMPTY_DRAFT } from "./model";

const drop: Boundary = { on: "customer_drop", scope: null, after_s: 90, to: "end" };

describe("interruptions", () => {
  test("a new one is of a kind nobody handles yet in its scope", () => {
    const graph = { ...EMPTY_DRAFT.graph, boundaries: [drop] };

    expect(newInterruption(graph, null, "end")?.on).toBe("agent_drop");
    expect(newInterruption(graph, "step", "end")?.on).toBe("customer_drop");
    const all = INTERRUPTIONS.map((on) => ({ ...drop, on }));
    expect(newInterruption({ ...graph, boundaries: all }, null, "end")).toBeNull();
  });

  test("another kind begins with its usual wait, a wait that is typed stays", () => {
    expect(changed([drop], drop, { on: "timeout" })).toEqual([
      { ...drop, on: "timeout", after_s: 600 },
    ]);
    expect(changed([drop], drop, { after_s: 5 })).toEqual([{ ...drop, after_s: 5 }]);
  });

  test("adding is a step of undo, typing seconds is one more", () => {
    const put = (after_s: number, typing?: string) =>
      ({
        kind: "boundaries",
        boundaries: [{ ...drop, after_s }],
        ...(typing ? { typing } : {}),
      }) as const;
    let history = act(begin(EMPTY_DRAFT), put(90), 0);
    history = act(history, put(4, "wait"), 1_000);
    history = act(history, put(45, "wait"), 1_200);

    const once = undo(history);

    expect(once.now.graph.boundaries).toEqual([drop]);
    expect(undo(once).now.graph.boundaries).toEqual([]);
  });
});
