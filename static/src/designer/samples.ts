/** What a panel would be given in a run, made from a node's settings: for the preview only. Shapes are those of panels/contracts.ts. */

import type { JsonObject } from "../flow/model";
import type {
  CaptureData,
  CaptureGuideData,
  ConnectingData,
  ConsentData,
  DeviceCheckData,
  FormData,
  IntegrationData,
  LocalText,
  MenuData,
  ProgressData,
  QueueData,
  ScriptData,
  TeleprompterData,
  WaitData,
} from "../panels/contracts";

type Maker = (config: JsonObject, component: string, now: number) => unknown;

const MAKERS: Readonly<Record<string, Maker>> = {
  device_check: (config): DeviceCheckData => ({
    min_kbps: number(config.min_kbps, 300),
    max_rtt_ms: number(config.max_rtt, 800),
    need_rear_cam: config.need_rear_cam === true,
    allow_audio_only: config.allow_audio_only === true,
  }),
  consent: (config, _, now): ConsentData => ({
    kind: String(config.kind ?? "recording"),
    heading: text(config.heading),
    text: text(config.text),
    points: list(config.points) as unknown as ConsentData["points"],
    decline_note: text(config.decline_note),
    text_id: String(config.text_id ?? ""),
    text_version: String(config.text_version ?? ""),
    shown_at_ms: now - 60_000,
    min_view_ms: number(config.min_view_s, 0) * 1000,
  }),
  queue: (config, _, now): QueueData => ({
    queue: String(config.queue ?? ""),
    position: 2,
    eta_s: 120,
    since_ms: now - 40_000,
    max_wait_s: number(config.max_wait_s, 300),
  }),
  connecting: (_config, _component, now): ConnectingData => ({
    state: "ringing",
    agent: null,
    since_ms: now - 4_000,
  }),
  wait: (config, _, now): WaitData => ({
    text: text(config.text),
    until_ms: now + number(config.timeout_s, 60) * 750,
    event: String(config.event ?? ""),
  }),
  menu: (config): MenuData => ({
    heading: text(config.heading),
    items: (list(config.items) as readonly JsonObject[]).map((item) => ({
      id: String(item.id ?? ""),
      label: text(item.label),
      taken: 0,
    })),
    round: 1,
    max_rounds: number(config.max_rounds, 5),
    rounds_left: number(config.max_rounds, 5),
    can_choose: true,
    finish_label: text(config.finish_label),
  }),
  progress: (_config, component, now): ProgressData => ({
    what: progressOf(component),
    since_ms: now - 500,
  }),
  integration: (config, _, now): IntegrationData => ({
    title: text(config.heading),
    state: "working",
    code: "",
    attempts: 1,
    since_ms: now - 1_000,
  }),
  script: (config): ScriptData => ({
    heading: text(config.customer_heading ?? config.heading),
    caption: null,
  }),
  teleprompter: (config, _, now): TeleprompterData => {
    const mandatory = list(config.mandatory_phrases).map(String);
    return {
      heading: text(config.heading),
      phrases: list(config.phrases).map((phrase, index) =>
        sayable(phrase as JsonObject, mandatory, index),
      ),
      threshold: number(config.threshold, 1),
      score: 0,
      engine: "unavailable",
      allow_manual_tick: config.allow_manual_tick !== false,
      allow_skip: config.allow_skip === true,
      since_ms: now,
    };
  },
  capture_guide: (config): CaptureGuideData => ({
    heading: text(config.customer_heading),
    side: sidesOf(config)[0] ?? null,
    guide: (config.overlay_guide ?? "card") as CaptureGuideData["guide"],
    state: "framing",
    taken: [],
  }),
  capture: (config): CaptureData => ({
    heading: text(config.heading),
    sides: sidesOf(config),
    side: sidesOf(config)[0] ?? null,
    busy: false,
    shots: [],
    problem: null,
    attempts_left: number(config.attempts, 6),
    min_sharpness: number(config.min_sharpness, 0.3),
  }),
  form: (config): FormData => ({
    heading: text(config.heading),
    fields: list(config.fields).map((field) =>
      formField(field as JsonObject, list(config.mask).map(String)),
    ),
    values: {},
    errors: {},
    focus: {},
    can_submit: true,
    can_cancel: true,
  }),
};

/** Null when this kind of panel has no sample: the preview then says that nothing is shown. */
export function sampleOf(
  kind: string,
  config: JsonObject,
  component: string,
  now: number,
): unknown {
  return MAKERS[kind]?.(config, component, now) ?? null;
}

function text(value: unknown): LocalText {
  return typeof value === "object" && value !== null ? (value as LocalText) : { en: "" };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function number(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function sidesOf(config: JsonObject): readonly string[] {
  const sides = list(config.sides).map(String);
  return sides.length > 0 ? sides : [String(config.label ?? "front")];
}

function sayable(phrase: JsonObject, mandatory: readonly string[], index: number) {
  const id = String(phrase.id ?? index);
  const said = text(phrase.text);
  return {
    id,
    text: said[document.documentElement.lang] || said.en || "",
    mandatory: mandatory.includes(id),
    said: false,
  };
}

function formField(field: JsonObject, masked: readonly string[]): FormData["fields"][number] {
  return {
    name: String(field.name ?? ""),
    label: text(field.label),
    help: text(field.help),
    type: (field.type ?? "text") as FormData["fields"][number]["type"],
    options: list(field.options) as FormData["fields"][number]["options"],
    required: field.required === true,
    editable: true,
    masked: masked.includes(String(field.name)),
  };
}

function progressOf(component: string): ProgressData["what"] {
  if (component.startsWith("int.")) return "one_moment";
  return component === "rec.stop" ? "recording_stops" : "recording_starts";
}
