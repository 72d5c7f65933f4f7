import { describe, expect, it } from "vitest";
import { type Key, progressOf, type Ring } from "./keys";

function ring(...keys: readonly Partial<Key>[]): Ring {
  return {
    kind: "file",
    adds_keys: true,
    under_way: false,
    keys: keys.map((key, n) => ({
      id: `k${n}`,
      active: n === 0,
      missing: false,
      runs: 0,
      connections: 0,
      ...key,
    })),
  };
}

describe("how far a rotation is", () => {
  it("is done where only the current key wraps something", () => {
    expect(progressOf(ring({ runs: 7, connections: 1 }, {}))).toEqual({
      all: 8,
      left: 0,
      share: 1,
    });
  });

  it("counts what other keys wrap, those that are missing too", () => {
    const keys = ring({ runs: 1 }, { runs: 2, connections: 0 }, { connections: 1, missing: true });

    expect(progressOf(keys)).toEqual({ all: 4, left: 3, share: 0.25 });
  });

  it("is done where nothing is wrapped", () => {
    expect(progressOf(ring({})).share).toBe(1);
  });
});
