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
  label: "",
  copy: false,
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
  recordings: [{ id: "f1", ok: true, segments: 8, problem: null, erased: false }],
  evidence: [{ id: "e1", ok: true, erased: false }],
  children: [],
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
    recordings: [
      {
        id: "r1",
        ok: false,
        segments: 8,
        problem: "segment 3 is not what was recorded",
        erased: false,
      },
    ],
    evidence: [{ id: "e1", ok: false, erased: false }],
    children: [{ id: "c1", number: "RUN-2", ok: false, events: { count: 5, broken_at: 2 } }],
  };

  const bad = checksOf(RUN, broken, t).filter((line) => !line.ok);

  expect(bad.map((line) => line.text)).toEqual([
    "Event chain breaks at event 7",
    "Sub-flow RUN-2 breaks at event 2",
    "Recording of Hanna: a segment was changed",
    "Picture “ID card” does not match its hash",
  ]);
});

test("of what was erased it is said what could be checked", () => {
  const erased: Verification = {
    ...FOUND,
    recordings: [{ id: "f1", ok: true, segments: 8, problem: null, erased: true }],
    evidence: [{ id: "e1", ok: true, erased: true }],
    children: [{ id: "c1", number: "RUN-2", ok: true, events: { count: 5, broken_at: null } }],
  };

  expect(checksOf(RUN, erased, t).map((line) => line.text)).toEqual([
    "Event chain is unbroken",
    "Event chain of sub-flow RUN-2 is unbroken",
    "Recording of Hanna: erased, its chain is unbroken",
    "Pictures: erased, their hashes are kept",
    "1 gap is declared",
  ]);
});
