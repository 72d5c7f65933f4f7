import { describe, expect, it } from "vitest";
import type { RunEvent } from "./types";
import {
  bytesText,
  classOf,
  groupOf,
  kindKey,
  markOf,
  resultOf,
  shortHash,
  spanText,
  together,
} from "./words";

function event(kind: string, data: Record<string, unknown> = {}): RunEvent {
  return { seq: 1, kind, actor: "", at_ms: 0, data, node: null, title: null, hash: "" };
}

describe("the result of a run", () => {
  it("is its ending once it has one", () => {
    expect(resultOf({ status: "closed", ending: "reject" })).toEqual({
      key: "ending_reject",
      tone: "negative",
    });
    expect(resultOf({ status: "closed", ending: { kind: "success", code: "done" } }).key).toBe(
      "ending_success",
    );
  });

  it("is its status until then", () => {
    expect(resultOf({ status: "open", ending: null }).key).toBe("status_open");
    expect(resultOf({ status: "incident", ending: null }).tone).toBe("negative");
  });
});

describe("an event", () => {
  it("is of one class however its kind is spelled", () => {
    expect(kindKey("ParticipantJoined")).toBe("participant_joined");
    expect(classOf(event("ParticipantJoined"))).toBe("people");
    expect(classOf(event("recording_noted"))).toBe("media");
    expect(classOf(event("timer_fired"))).toBe("system");
  });

  it("is marked as failed only when something failed or dropped", () => {
    expect(markOf(event("participant_left"))).toBe("failed");
    expect(markOf(event("participant_left", { deliberate: true }))).toBe("plain");
    expect(markOf(event("recording_noted", { what: "gap" }))).toBe("failed");
    expect(markOf(event("acted"))).toBe("done");
  });
});

it("a component is drawn in the colour of its group", () => {
  expect(["queue.wait", "rec.start", "id.capture", "new.thing"].map(groupOf)).toEqual([
    "people",
    "media",
    "identity",
    "logic",
  ]);
});

it("says a length of time in the unit that fits", () => {
  expect([spanText(400, "en"), spanText(34_200, "en"), spanText(125_000, "en")]).toEqual([
    "0.4 s",
    "34 s",
    "2:05",
  ]);
});

it("sentences in a row are parted as the language parts them", () => {
  expect(together("en", "One.", "Two.")).toBe("One. Two.");
  expect(together("zh-Hans", "一。", "二。")).toBe("一。二。");
});

it("sizes and hashes are short", () => {
  expect([bytesText(0, "en"), bytesText(2_400_000, "en")]).toEqual(["0 B", "2.4 MB"]);
  expect(shortHash("b7e190ac00000000005d02")).toBe("b7e1 90ac … 5d02");
});
