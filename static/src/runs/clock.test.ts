import { describe, expect, it } from "vitest";
import { type Clock, correction, lanesOf, momentOf, moveClock, START } from "./clock";
import type { RecordingFile } from "./types";

function file(over: Partial<RecordingFile>): RecordingFile {
  return {
    id: "f1",
    role: "customer",
    label: "",
    copy: false,
    party: "p1",
    name: "Hanna",
    t0_ms: 1000,
    duration_ms: 10_000,
    bytes: 1,
    mime: "video/webm",
    gaps: [],
    state: "delivered",
    ...over,
  };
}

function at(over: Partial<Clock>): Clock {
  return { ...START, length_ms: 20_000, ...over };
}

it("who looks at the end of a growing run looks at its end again, anybody else stays", () => {
  const longer = { kind: "length", length_ms: 30_000 } as const;
  expect(moveClock(at({ at_ms: 20_000 }), longer).at_ms).toBe(30_000);
  expect(moveClock(at({ at_ms: 19_000 }), longer).at_ms).toBe(19_000);
  expect(moveClock(at({ at_ms: 20_000, playing: true }), longer).at_ms).toBe(20_000);
});

describe("lanes", () => {
  it("puts the customer first and each party's parts in order of time", () => {
    const lanes = lanesOf([
      file({ id: "a1", role: "agent", party: "p2" }),
      file({ id: "c2", t0_ms: 15_000 }),
      file({ id: "c1", t0_ms: 1000 }),
    ]);

    expect(lanes.map((lane) => lane.role)).toEqual(["customer", "agent"]);
    expect(lanes[0]?.parts.map((part) => part.id)).toEqual(["c1", "c2"]);
  });

  it("gives a second picture a lane of its own, behind the others, without gaps", () => {
    const lanes = lanesOf([
      file({ id: "s1", role: "agent", party: "p2", label: "video-2", t0_ms: 3000 }),
      file({ id: "s2", role: "agent", party: "p2", label: "video-2", t0_ms: 20_000 }),
      file({ id: "a1", role: "agent", party: "p2" }),
      file({ id: "c1" }),
    ]);

    expect(lanes.map((lane) => [lane.role, lane.second])).toEqual([
      ["customer", false],
      ["agent", false],
      ["agent", true],
    ]);
    expect(lanes[2]?.gaps).toEqual([]);
    expect(lanes[2] && momentOf(lanes[2], 15_000).kind).toBe("none");
  });

  it("shows files of the second recorder only where the first one has nothing", () => {
    const copy = file({ id: "k1", copy: true });

    expect(lanesOf([file({ id: "c1" }), copy])[0]?.parts.map((part) => part.id)).toEqual(["c1"]);
    expect(lanesOf([file({ id: "c1", bytes: 0 }), copy])[0]?.parts.map((part) => part.id)).toEqual([
      "k1",
    ]);
    expect(lanesOf([file({ id: "c1", bytes: 0 })])[0]?.parts.map((part) => part.id)).toEqual([
      "c1",
    ]);
  });

  it("counts the time between two parts as a gap", () => {
    const [lane] = lanesOf([file({ id: "c1" }), file({ id: "c2", t0_ms: 15_000 })]);

    expect(lane?.gaps).toEqual([{ from_ms: 11_000, to_ms: 15_000 }]);
  });

  it("does not call the seam of two parts a gap", () => {
    const [lane] = lanesOf([file({ id: "c1" }), file({ id: "c2", t0_ms: 11_300 })]);

    expect(lane?.gaps).toEqual([]);
  });

  it("keeps gaps inside a file, cut to the file, and merges those that touch", () => {
    const gaps = [
      { from_ms: 0, to_ms: 2000 },
      { from_ms: 1500, to_ms: 3000 },
      { from_ms: 12_000, to_ms: 13_000 },
    ];

    const [lane] = lanesOf([file({ gaps })]);

    expect(lane?.gaps).toEqual([{ from_ms: 1000, to_ms: 3000 }]);
  });
});

describe("the moment of a lane", () => {
  const [lane] = lanesOf([
    file({ id: "c1", gaps: [{ from_ms: 4000, to_ms: 5000 }] }),
    file({ id: "c2", t0_ms: 15_000, duration_ms: 5000 }),
  ]);

  it.each([
    [0, "before"],
    [1000, "part"],
    [4500, "gap"],
    [12_000, "gap"],
    [15_000, "part"],
    [20_000, "after"],
  ])("at %i ms is %s", (when, kind) => {
    expect(lane && momentOf(lane, when).kind).toBe(kind);
  });

  it("maps run time to the position inside the right file", () => {
    const moment = lane && momentOf(lane, 16_250);

    expect(moment).toMatchObject({ kind: "part", part: { id: "c2" }, offset_ms: 1250 });
  });
});

describe("the clock", () => {
  it("runs at its rate while playing", () => {
    const clock = moveClock(at({ playing: true, rate: 2 }), { kind: "tick", elapsed_ms: 500 });

    expect(clock.at_ms).toBe(1000);
  });

  it("stands while a picture loads and goes on when it is there", () => {
    const waiting = moveClock(at({ playing: true }), { kind: "waiting", part: "c1", on: true });
    const stood = moveClock(waiting, { kind: "tick", elapsed_ms: 500 });
    const loaded = moveClock(stood, { kind: "waiting", part: "c1", on: false });

    expect(stood.at_ms).toBe(0);
    expect(moveClock(loaded, { kind: "tick", elapsed_ms: 500 }).at_ms).toBe(500);
  });

  it("stops at the end and plays from the start again", () => {
    const ended = moveClock(at({ playing: true, at_ms: 19_900 }), {
      kind: "tick",
      elapsed_ms: 500,
    });

    expect(ended).toMatchObject({ at_ms: 20_000, playing: false });
    expect(moveClock(ended, { kind: "play" })).toMatchObject({ at_ms: 0, playing: true });
  });

  it("never leaves the run when seeking", () => {
    expect(moveClock(at({}), { kind: "seek", to_ms: -5 }).at_ms).toBe(0);
    expect(moveClock(at({}), { kind: "seek", to_ms: 99_999 }).at_ms).toBe(20_000);
  });
});

describe("a video beside the clock", () => {
  it("is left alone while it plays near the clock", () => {
    expect(correction(1000, 1040, 2, true)).toEqual({ seek_ms: null, rate: 2 });
  });

  it("catches up or waits by its rate while the distance is small", () => {
    expect(correction(1000, 1200, 1, true)).toEqual({ seek_ms: null, rate: 1.2 });
    expect(correction(1900, 1000, 1, true)).toEqual({ seek_ms: null, rate: 0.75 });
  });

  it("jumps when it is far away, and whenever it stands", () => {
    expect(correction(1000, 3000, 1, true).seek_ms).toBe(3000);
    expect(correction(1000, 1120, 1, false).seek_ms).toBe(1120);
  });
});
