import { describe, expect, test } from "vitest";
import { type Box, planLines } from "./geometry";

const box = (id: string, x: number, y: number): Box => ({ id, x, y, outcomes: ["ok", "no"] });
const TARGETS = 9;

/** A source in the first row, nine targets in the second. */
const row = Array.from({ length: TARGETS }, (_, index) => box(`t${index}`, index * 208, 180));
const boxes = [box("a", 0, 0), box("b", 208, 0), ...row];
const lines = row.map((target) => ({ from: "b", outcome: "ok", to: target.id }));

function lanesOf(plans: ReturnType<typeof planLines>): number[] {
  return [...plans.values()].flatMap((plan) => (plan.lane === null ? [] : [plan.lane]));
}

describe("lanes", () => {
  test("however many targets leave one row, no two share a lane and none reaches the next row", () => {
    const far = lines.map((line) => ({ ...line, from: "a" }));

    const [alone, both] = [planLines(boxes, lines), planLines(boxes, [...lines, ...far])].map(
      lanesOf,
    );

    expect(alone?.length).toBeGreaterThan(4);
    expect(new Set(alone).size).toBe(alone?.length);
    expect(Math.max(...(both ?? []))).toBeLessThan(180);
  });

  test("a line drawn while its card is hovered never lies on one that is always drawn", () => {
    const resting = [{ from: "b", outcome: "ok", to: "t0" }];
    const visiting = [{ from: "b", outcome: "no", to: "t1" }];
    const others = [{ from: "a", outcome: "no", to: "t2" }];

    const plans = planLines(boxes, resting, [...visiting, ...others]);

    const [always, hovered] = lanesOf(plans);
    expect(hovered).not.toBe(always);
  });
});
