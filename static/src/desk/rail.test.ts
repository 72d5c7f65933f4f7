import { describe, expect, it } from "vitest";
import { everyStep, foldRail, type RailStep, unfolded } from "./rail";

function steps(done: number, next: number): RailStep[] {
  return [
    ...Array.from({ length: done }, (_, n) => ({ node: `d${n}`, state: "done" as const })),
    { node: "now", state: "current" },
    ...Array.from({ length: next }, (_, n) => ({ node: `n${n}`, state: "next" as const })),
  ];
}

describe("the flow rail", () => {
  it("shows everything when it fits", () => {
    const rail = foldRail(steps(2, 3), 8);

    expect(rail).toMatchObject({ folded: 0, hidden: 0 });
    expect(rail.shown).toHaveLength(6);
  });

  it("folds what is done before it hides what comes", () => {
    const rail = foldRail(steps(6, 6), 8);

    expect(rail.folded).toBe(5);
    expect(rail.shown.map((step) => step.node)).toEqual([
      "d5",
      "now",
      "n0",
      "n1",
      "n2",
      "n3",
      "n4",
      "n5",
    ]);
  });

  it("keeps the current and the next step in the narrowest window", () => {
    const rail = foldRail(steps(4, 5), 1);

    expect(rail.shown.map((step) => step.node)).toEqual(["now", "n0"]);
    expect(rail).toMatchObject({ folded: 4, hidden: 4 });
  });
});

describe("a sub-flow in the rail", () => {
  interface Step extends RailStep {
    readonly steps?: readonly Step[];
  }
  const inner: readonly Step[] = [
    { node: "m/a", state: "done" },
    { node: "m/b", state: "current" },
  ];
  const flow = (state: RailStep["state"]): readonly Step[] => [
    { node: "link", state: "done" },
    { node: "service", state, steps: inner },
  ];
  const nodes = (all: readonly RailStep[]) => all.map((step) => step.node);

  it("gives way to its own steps while it is under way, and is one step before and after", () => {
    expect(nodes(unfolded(flow("current")))).toEqual(["link", "m/a", "m/b"]);
    expect(nodes(unfolded(flow("done")))).toEqual(["link", "service"]);
    expect(nodes(unfolded(flow("next")))).toEqual(["link", "service"]);
  });

  it("counts with all its steps where something of the past is looked for", () => {
    expect(nodes(everyStep(flow("done")))).toEqual(["link", "service", "m/a", "m/b"]);
  });
});
