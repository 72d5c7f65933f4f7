import { describe, expect, it } from "vitest";
import { activityOf, chaptersOf, nodeOf, stripOf, withCurrent } from "./trail";
import type { RunEvent, RunGraph } from "./types";

function event(at_ms: number, data: Record<string, unknown>): RunEvent {
  return { seq: at_ms, kind: "acted", actor: "", at_ms, data, node: null, title: null, hash: "" };
}

const GRAPH: RunGraph = {
  start: "link",
  nodes: ["link", "consent", "script", "form", "refused"].map((id) => ({
    id,
    component: `test.${id}`,
    title: {},
  })),
  edges: [
    { from: "link", outcome: "ok", to: "consent" },
    { from: "consent", outcome: "declined", to: "refused" },
    { from: "consent", outcome: "ok", to: "script" },
    { from: "script", outcome: "ok", to: "form" },
  ],
};

describe("the activity of an event", () => {
  it("is named by the fact, or by the key of the command it answers", () => {
    expect(activityOf(event(0, { activity: "consent.1" }))).toBe("consent.1");
    expect(activityOf(event(0, { key: "id_card.2:3" }))).toBe("id_card.2");
    expect(activityOf(event(0, { key: "run:4" }))).toBeNull();
    expect(activityOf(event(0, { participant: "p1" }))).toBeNull();
  });

  it("says node and visit", () => {
    expect(nodeOf("id_card.2")).toEqual({ node: "id_card", visit: 2 });
  });
});

describe("chapters", () => {
  const events = [
    event(0, { activity: "link.1" }),
    event(4000, { activity: "consent.1" }),
    event(5000, { participant: "p1" }),
    event(9000, { activity: "rec.1" }),
    event(12_000, { activity: "script.1" }),
    event(15_000, { activity: "rec.1" }),
    event(20_000, { activity: "script.1" }),
  ];

  it("begin where the step before ended", () => {
    const chapters = chaptersOf(events, 20_000, true);

    expect(chapters.map((one) => [one.node, one.from_ms, one.to_ms])).toEqual([
      ["link", 0, 0],
      ["consent", 0, 4000],
      ["rec", 4000, 9000],
      ["script", 9000, 20_000],
    ]);
  });

  it("leave the last step open while the run is", () => {
    expect(chaptersOf(events, 30_000, false).at(-1)).toMatchObject({ to_ms: 30_000, done: false });
  });
});

describe("the strip", () => {
  const chapters = chaptersOf(
    [event(0, { activity: "link.1" }), event(4000, { activity: "consent.1" })],
    4000,
    true,
  );

  it("shows where the clock is and the way not reached", () => {
    const steps = stripOf(GRAPH, chapters, 2000);

    expect(steps.map((step) => [step.node, step.state])).toEqual([
      ["link", "done"],
      ["consent", "current"],
      ["script", "ahead"],
      ["form", "ahead"],
    ]);
  });

  it("counts visits up to the clock", () => {
    const again = chaptersOf(
      [
        event(1000, { activity: "consent.1" }),
        event(2000, { activity: "script.1" }),
        event(3000, { activity: "consent.2" }),
      ],
      3000,
      true,
    );

    expect(stripOf(GRAPH, again, 500)[0]?.visits).toBe(1);
    expect(stripOf(GRAPH, again, 2500)[0]?.visits).toBe(2);
  });
});

describe("a run that goes on", () => {
  const told = chaptersOf([event(2000, { activity: "consent.1" })], 0, true);

  it("is at the step that nothing has told of yet", () => {
    const way = withCurrent(told, ["script"], 5000);
    expect(way.map(({ node, from_ms, to_ms, done }) => [node, from_ms, to_ms, done])).toEqual([
      ["consent", 0, 2000, true],
      ["script", 2000, 5000, false],
    ]);
  });

  it("stays at the step that was told of", () => {
    const way = withCurrent(told, ["consent"], 5000);
    expect(way.map(({ node, to_ms, done }) => [node, to_ms, done])).toEqual([
      ["consent", 5000, false],
    ]);
    expect(withCurrent([], [], 5000)).toEqual([]);
  });
});
