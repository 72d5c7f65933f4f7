import { expect, test } from "vitest";
import { agoText, canDrain, inOrder, stateOf, type Worker } from "./workers";

const worker = (said: Partial<Worker> = {}): Worker =>
  ({
    id: "1",
    name: "a",
    zone: "edge",
    region: "eu",
    status: "live",
    is_standby: false,
    seen_at_ms: 100_000,
    ...said,
  }) as Worker;

test.each([
  [{}, "live", true],
  [{ is_standby: true }, "standby", true],
  [{ status: "draining" }, "draining", false],
  [{ status: "away" }, "silent", false],
  [{ seen_at_ms: 90_000 }, "silent", false],
  [{ status: "lost", seen_at_ms: 100_000 }, "lost", false],
])("%o is %s", (said, state, drains) => {
  const told = stateOf(worker(said as Partial<Worker>), 101_000);

  expect(told).toBe(state);
  expect(canDrain(told)).toBe(drains);
});

test("time since it was heard is told in the largest whole unit", () => {
  const told = [900, 59_400, 200_000, 7_300_000, 200_000_000].map((ms) => agoText(ms, "en"));

  expect(told).toEqual(["1 sec", "59 sec", "3 min", "2 hr", "2 days"]);
});

test("lost ones come last, the others by where they are", () => {
  const all = [
    worker({ name: "x", status: "lost", zone: "a" }),
    worker({ name: "c", zone: "b" }),
    worker({ name: "b", zone: "a" }),
  ];

  expect(inOrder(all).map((one) => one.name)).toEqual(["b", "c", "x"]);
});
