/** The answer of a verification, item by item in words. Pure. */

import type { Translate } from "../i18n/messages";
import { lanesOf } from "./clock";
import type { runsTexts } from "./texts";
import type { RecordingFile, RunDetail, Verification } from "./types";
import { laneName, roleName } from "./words";

export interface CheckLine {
  readonly id: string;
  readonly ok: boolean;
  readonly text: string;
  readonly figure: string;
}

type Say = Translate<keyof typeof runsTexts.en>;

/** What the server says in English for its own log, told by what it means. */
function problemKey(problem: string | null) {
  if (problem === "the file is missing") return "problem_missing";
  if (problem === "the last segments are missing") return "problem_truncated";
  return problem?.startsWith("segment ") ? "problem_bad_hash" : "problem_unknown";
}

export function checksOf(run: RunDetail, found: Verification, t: Say): readonly CheckLine[] {
  return [
    eventsLine(found, t),
    ...found.children.map((one) => childLine(one, t)),
    ...found.recordings.map((one) => recordingLine(run, one, t)),
    ...evidenceLines(run, found, t),
    gapsLine(run, t),
  ];
}

function eventsLine({ events }: Verification, t: Say): CheckLine {
  const text = events.ok
    ? t("check_events")
    : t("check_events_broken", { n: events.broken_at ?? 0 });
  return {
    id: "events",
    ok: events.ok,
    text,
    figure: t("check_events_count", { n: events.count }),
  };
}

function childLine(one: Verification["children"][number], t: Say): CheckLine {
  const text = one.ok
    ? t("check_child", { number: one.number })
    : t("check_child_broken", { number: one.number, n: one.events.broken_at ?? 0 });
  const figure = t("check_events_count", { n: one.events.count });
  return { id: one.id, ok: one.ok, text, figure };
}

function recordingLine(run: RunDetail, one: Verification["recordings"][number], t: Say): CheckLine {
  const name = ownerOf(run, one.id, t) || t("unnamed");
  const text = one.ok
    ? t(one.erased ? "check_recording_erased" : "check_recording", { name })
    : t("check_recording_broken", { name, problem: t(problemKey(one.problem)) });
  return { id: one.id, ok: one.ok, text, figure: t("check_segments", { n: one.segments }) };
}

/** `id` may name a file or a whole recording; of several files of one party the part is said too. */
function ownerOf(run: RunDetail, id: string, t: Say): string {
  const recording = run.recordings.find((one) => one.recording === id);
  if (recording) return [...new Set(recording.files.map((file) => file.name))].join(", ");
  const copy = filesOf(run).find((one) => one.id === id && one.copy);
  if (copy) return t("of_second_recorder", { name: copy.name || roleName(copy.role, t) });
  const lane = lanesOf(filesOf(run)).find((one) => one.parts.some((part) => part.id === id));
  if (!lane) return "";
  const name = laneName(lane, t);
  if (lane.parts.length < 2) return name;
  const n = lane.parts.findIndex((part) => part.id === id) + 1;
  return `${name} (${t("part_n", { n, all: lane.parts.length })})`;
}

function evidenceLines(run: RunDetail, { evidence }: Verification, t: Say): readonly CheckLine[] {
  if (evidence.length === 0) return [];
  const bad = evidence.filter((one) => !one.ok);
  if (bad.length === 0) {
    const figure = t("check_of", { n: evidence.length, all: evidence.length });
    const isErased = evidence.every((one) => one.erased);
    const text = t(isErased ? "check_evidence_erased" : "check_evidence");
    return [{ id: "evidence", ok: true, text, figure }];
  }
  return bad.map((one) => {
    const label = run.evidence.find((item) => item.id === one.id)?.label ?? one.id;
    return { id: one.id, ok: false, text: t("check_evidence_broken", { label }), figure: "" };
  });
}

function gapsLine(run: RunDetail, t: Say): CheckLine {
  const gaps = lanesOf(filesOf(run)).flatMap((lane) => lane.gaps);
  const text = gaps.length > 0 ? t("check_gaps", { n: gaps.length }) : t("check_no_gaps");
  return { id: "gaps", ok: true, text, figure: "" };
}

function filesOf(run: RunDetail): readonly RecordingFile[] {
  return run.recordings.flatMap((one) => one.files);
}
