/** Names, results and kinds of events as an auditor reads them. Pure. */

import { clockText } from "../desk/words";
import type { Translate } from "../i18n/messages";
import type { LocalText } from "../panels/contracts";
import type { Lane } from "./clock";
import type { runsTexts } from "./texts";
import type { EndingKind, RunDetail, RunEvent, RunPerson, RunRow, RunStatus } from "./types";

type Say = Translate<keyof typeof runsTexts.en>;

const ROLES = ["customer", "agent", "supervisor", "expert", "interpreter", "co_customer"] as const;

export function roleName(role: string, t: Say): string {
  const known = ROLES.find((one) => one === role);
  return known ? t(`role_${known}`) : role;
}

/** Whose recording a lane is; a second picture says so. */
export function laneName(lane: Lane, t: Say): string {
  const name = lane.name || roleName(lane.role, t);
  return lane.second ? `${name}, ${t("second_picture")}` : name;
}

export type Tone = "positive" | "neutral" | "negative" | "warning" | "accent";

const ENDING_TONES: Readonly<Record<EndingKind, Tone>> = {
  success: "positive",
  reject: "negative",
  abort: "warning",
  defer: "accent",
};

const STATUS_TONES: Readonly<Record<RunStatus, Tone>> = {
  open: "accent",
  closed: "neutral",
  incident: "negative",
  suspended: "warning",
  compensating: "warning",
};

export interface Result {
  readonly key: `ending_${EndingKind}` | `status_${RunStatus}`;
  readonly tone: Tone;
}

/** How a run stands: what is still to be done about it, else its ending, else its status. */
export function resultOf(run: Pick<RunRow, "status"> & Pick<RunRow | RunDetail, "ending">): Result {
  const ending = typeof run.ending === "object" ? run.ending?.kind : run.ending;
  if (ending && run.status === "closed") {
    return { key: `ending_${ending}`, tone: ENDING_TONES[ending] };
  }
  return { key: `status_${run.status}`, tone: STATUS_TONES[run.status] };
}

export function textOf(text: LocalText | string | null | undefined, locale: string): string {
  if (!text) return "";
  if (typeof text === "string") return text;
  return text[locale] || text.en || Object.values(text)[0] || "";
}

/** Groups by the first word of a component's key; what is not named here is logic. */
const GROUPS: Readonly<Record<string, string>> = {
  entry: "entry",
  access: "entry",
  consent: "consent",
  disclose: "consent",
  queue: "people",
  people: "people",
  rec: "media",
  media: "media",
  id: "identity",
  script: "script",
  sales: "script",
  doc: "document",
  sign: "document",
  pay: "document",
  chat: "document",
  avatar: "avatar",
  qc: "review",
  evid: "review",
  csat: "review",
  end: "review",
};

export function groupOf(component: string): string {
  return GROUPS[component.split(".")[0] ?? ""] ?? "logic";
}

export type EventClass = "people" | "steps" | "media" | "system";

/** `participant_joined`, `ParticipantJoined` and `participant joined` are the same kind. */
export function kindKey(kind: string): string {
  return kind
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[\s.-]+/g, "_")
    .toLowerCase();
}

const CLASSES: Readonly<Record<string, EventClass>> = {
  participant_joined: "people",
  participant_left: "people",
  acted: "steps",
  signalled: "steps",
  recording_noted: "media",
  media_interrupted: "media",
  media_restored: "media",
};

export function classOf(event: RunEvent): EventClass {
  return CLASSES[kindKey(event.kind)] ?? "system";
}

export type EventMark = "done" | "plain" | "failed";

const FAILED = new Set(["command_failed", "media_interrupted", "run_cancelled"]);

/** `isOver`: the run had ended by then, so going away is no drop. */
export function markOf(event: RunEvent, isOver = false): EventMark {
  const kind = kindKey(event.kind);
  if (FAILED.has(kind)) return "failed";
  if (kind === "participant_left") {
    return isOver || event.data.deliberate === true ? "plain" : "failed";
  }
  if (kind === "recording_noted") return event.data.what === "gap" ? "failed" : "plain";
  return kind === "acted" || kind === "command_completed" ? "done" : "plain";
}

export function personName(people: readonly RunPerson[], role: string): string {
  return people.find((person) => person.role === role)?.name ?? "";
}

/** Sentences in a row: Chinese has no space between them. */
export function together(locale: string, ...sentences: readonly string[]): string {
  return sentences.join(locale.startsWith("zh") ? "" : " ");
}

/** `2.4 MB`, in the units people know. */
export function bytesText(bytes: number, locale: string): string {
  const units = ["B", "kB", "MB", "GB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** step;
  return `${value.toLocaleString(locale, { maximumFractionDigits: value < 10 ? 1 : 0 })} ${units[step]}`;
}

/** `b7e1 90ac … 5d02`: enough of a hash to compare by eye. */
export function shortHash(hash: string): string {
  return hash.length < 16 ? hash : `${hash.slice(0, 4)} ${hash.slice(4, 8)} … ${hash.slice(-4)}`;
}

/** A length of time as people say it: `0.4 s`, `34 s`, `2:05`. */
export function spanText(ms: number, locale: string): string {
  if (ms >= 60_000) return clockText(ms);
  const seconds = (ms / 1000).toLocaleString(locale, {
    maximumFractionDigits: ms < 10_000 ? 1 : 0,
  });
  return `${seconds} s`;
}
