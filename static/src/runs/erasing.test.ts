import { describe, expect, it } from "vitest";
import { type Erasure, isNumber, standOf } from "./erasing";

const OPEN: Erasure = {
  number: "R-7",
  flow: "Account service call",
  version: 1,
  status: "closed",
  started_at: "2026-03-04T09:00:00Z",
  ended_at: "2026-03-04T09:10:00Z",
  agent: "",
  holds: { events: 9, recordings: 2, pictures: 1, services: 0 },
  obstacle: null,
  needs_second: true,
  asked: null,
  erased_at: null,
  done: null,
};
const ASKED = { id: "w", by: "Ada", by_you: false, at: "2026-03-05T09:00:00Z", reason: "wish" };

describe("how erasing stands", () => {
  it("says the first thing that matters", () => {
    expect(standOf(OPEN)).toBe("open");
    expect(standOf({ ...OPEN, obstacle: "going_on" })).toBe("obstacle");
    expect(standOf({ ...OPEN, asked: ASKED })).toBe("asked");
    expect(standOf({ ...OPEN, asked: { ...ASKED, by_you: true } })).toBe("asked_by_you");
    expect(standOf({ ...OPEN, asked: ASKED, erased_at: ASKED.at })).toBe("done");
  });
});

it("takes the number of the run however it is typed, and nothing else", () => {
  expect(isNumber(" r-7 ", "R-7")).toBe(true);
  expect(isNumber("R-", "R-7")).toBe(false);
  expect(isNumber("", "R-7")).toBe(false);
});
