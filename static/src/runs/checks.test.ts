import { expect, test } from "vitest";
import { translate } from "../i18n/messages";
import { checksOf } from "./checks";
import { runsTexts } from "./texts";
import type { RunDetail, Verification } from "./types";

const t = translate(runsTexts, "en");
const FILE = {
  id: "f1",
  role: "customer",
  party: "p1",
  name: "Hanna",
  t0_ms: 0,
  duration_ms: 1,
  bytes: 1,
  mime: "video/webm",
  gaps: [{ from_ms: 0, to_ms: 1 }],
  state: "delivered",
};
const RUN = {
  recordings: [{ recording: "r1", files: [FILE] }],
  evidence: [{ id: "e1", label: "ID card" }],
} as unknown as RunDetail;
const FOUND: Verification = {
  ok: true,
  events: { count: 12, ok: true, broken_at: null },
  recordings: [{ id: "f1", ok: true, segments: 8, problem: null }],
  evidence: [{ id: "e1", ok: true }],
  checked_at: "2026-01-01T00:00:00Z",
};

test("each item is named with what was counted", () => {
  const lines = checksOf(RUN, FOUND, t).map((line) =>
    `${line.ok} ${line.text} ${line.figure}`.trim(),
  );

  expect(lines).toEqual([
    "true Event chain is unbroken 12 events",
    "true Recording of Hanna matches its chain 8 segments",
    "true Pictures match their hashes 1 of 1",
    "true 1 gap is declared",
  ]);
});

test("what is broken is named", () => {
  const broken: Verification = {
    ...FOUND,
    events: { count: 12, ok: false, broken_at: 7 },
    recordings: [{ id: "r1", ok: false, segments: 8, problem: "bad_hash" }],
    evidence: [{ id: "e1", ok: false }],
  };

  const bad = checksOf(RUN, broken, t).filter((line) => !line.ok);

  expect(bad.map((line) => line.text)).toEqual([
    "Event chain breaks at event 7",
    "Recording of Hanna: a segment was changed",
    "Picture “ID card” does not match its hash",
  ]);
});
