import { describe, expect, it } from "vitest";
import { ApiError } from "../api/http";
import { bodyOf, findingsOf, isUnanswered, renamed } from "./decisions";
import { isLiving, nextDelay } from "./live";
import { freshenRuns } from "./load";
import { codeKey, doneKey, standingTexts } from "./standing_texts";
import { reasonOfSuspension } from "./story";
import type { RunDetail, RunEvent, RunRow } from "./types";

describe("a decision on its way", () => {
  it("names itself only where one address takes several", () => {
    expect(bodyOf("skip", "1", { outcome: "ok", reason: "seen" })).toEqual({
      id: "1",
      decision: "skip",
      outcome: "ok",
      reason: "seen",
    });
    expect(bodyOf("suspend", "2", { reason: "lunch" })).toEqual({ id: "2", reason: "lunch" });
    expect(bodyOf("resume", "3", {})).toEqual({ id: "3" });
  });

  it("is sent again as the same one only when nobody answered", () => {
    expect(isUnanswered(new ApiError(0, "timeout", ""))).toBe(true);
    expect(isUnanswered(new TypeError("gone"))).toBe(true);
    expect(isUnanswered(new ApiError(409, "halted", "It has stopped"))).toBe(false);
  });

  it("brings the findings of a refusal", () => {
    const findings = [{ rule: "migration" }];
    expect(findingsOf(new ApiError(422, "has_findings", "", { findings }))).toBe(findings);
    expect(findingsOf(new ApiError(409, "halted", ""))).toEqual([]);
    expect(findingsOf(null)).toEqual([]);
  });
});

it("only steps that are gone under their name can be called otherwise", () => {
  const here = [{ id: "link" }, { id: "ask" }];
  expect(renamed(here, [{ id: "link" }, { id: "consent" }])).toEqual([{ id: "ask" }]);
});

it("an incident nobody has words for still has a sentence", () => {
  expect(codeKey("unwired_outcome")).toBe("code_unwired_outcome");
  expect(standingTexts.en[codeKey("newer_than_this_page")]).toBe(standingTexts.en.code_other);
});

it("what a decision has come to is told by where the run stands", () => {
  expect(doneKey("retry", { status: "open" })).toBe("done_retry");
  expect(doneKey("retry", { status: "incident" })).toBe("done_in_vain");
  expect(doneKey("skip", { status: "incident" })).toBe("done_halted");
});

it("the last suspension says why", () => {
  const event = (kind: string, data: Record<string, unknown>): RunEvent => ({
    seq: 1,
    kind,
    actor: "",
    at_ms: 0,
    data,
    node: null,
    title: null,
    hash: "",
  });
  const log = [
    event("RunSuspended", { reason: "first" }),
    event("RunResumed", {}),
    event("RunSuspended", { reason: "the core is down" }),
  ];
  expect(reasonOfSuspension(log)).toBe("the core is down");
  expect(reasonOfSuspension([])).toBe("");
});

describe("a run on the screen", () => {
  const run = (more: Partial<RunDetail>) =>
    ({ status: "closed", recordings: [], ended_at: "2026-01-01T10:00:00Z", ...more }) as RunDetail;
  const at = (text: string) => Date.parse(text);

  it("is followed until what comes after its end has come", () => {
    expect(isLiving(run({ status: "suspended", ended_at: null }), 0)).toBe(true);
    expect(isLiving(run({}), at("2026-01-01T10:00:05Z"))).toBe(true);
    expect(isLiving(run({}), at("2026-01-01T11:00:00Z"))).toBe(false);
    const files = [{ state: "recording" }] as unknown as RunDetail["recordings"][number]["files"];
    const late = run({ recordings: [{ recording: "one", chapters: [], files }] });
    expect(isLiving(late, at("2026-01-01T11:00:00Z"))).toBe(true);
  });

  it("is asked for less often while the site does not answer", () => {
    expect([3000, 6000, 24_000].map((ms) => nextDelay(ms, false))).toEqual([6000, 12_000, 30_000]);
    expect(nextDelay(30_000, true)).toBe(3000);
  });
});

it("the list shows its runs as they are now, and none that is not in it any more", () => {
  const row = (id: string, status: string) => ({ id, status, started_at: id }) as RunRow;
  const before = [row("4", "open"), row("3", "open"), row("1", "closed")];
  const results = [row("5", "open"), row("4", "incident"), row("2", "open")];
  const said = (runs: readonly RunRow[]) => runs.map((one) => `${one.id} ${one.status}`);

  expect(said(freshenRuns(before, { results, next: 2 }))).toEqual([
    "5 open",
    "4 incident",
    "2 open",
    "1 closed",
  ]);
  expect(said(freshenRuns(before, { results, next: null }))).not.toContain("1 closed");
});
