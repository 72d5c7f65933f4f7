/** Reads the component's config schema (JSON Schema 2020-12 with `x-` notes) the way the form needs it. */

import type { Json, JsonObject, LocalText } from "../flow/model";
import type { Locale } from "../i18n/locale";
import type { Finding } from "./data";

export interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly default?: Json;
  readonly "x-i18n"?: Readonly<
    Record<string, { readonly title?: string; readonly description?: string }>
  >;
  readonly "x-widget"?: string;
  readonly "x-unit"?: string;
  readonly "x-multiline"?: boolean;
  readonly "x-cel"?: string;
  readonly "x-variable"?: boolean;
  readonly "x-template"?: boolean;
}

export type Control =
  | "localtext"
  | "flow"
  | "choice"
  | "chips"
  | "switch"
  | "number"
  | "expression"
  | "variable"
  | "textarea"
  | "text"
  | "lines"
  | "list"
  | "group";

export function controlOf(schema: Schema): Control {
  if (schema["x-widget"] === "localtext") return "localtext";
  if (schema["x-widget"] === "flow") return "flow";
  if (schema["x-cel"]) return "expression";
  if (schema["x-variable"]) return "variable";
  if (choicesOf(schema).length > 0) return "choice";
  switch (schema.type) {
    case "boolean":
      return "switch";
    case "integer":
    case "number":
      return "number";
    case "object":
      return "group";
    case "array":
      return arrayControl(schema.items ?? {});
    default:
      return schema["x-multiline"] ? "textarea" : "text";
  }
}

function arrayControl(items: Schema): Control {
  if (choicesOf(items).length > 0) return "chips";
  return items.type === "object" ? "list" : "lines";
}

export interface Choice {
  readonly value: Json;
  readonly schema: Schema;
}

export function choicesOf(schema: Schema): readonly Choice[] {
  if (schema.oneOf?.every((one) => one.const !== undefined)) {
    return schema.oneOf.map((one) => ({ value: one.const ?? null, schema: one }));
  }
  return (schema.enum ?? []).map((value) => ({ value, schema: { title: String(value) } }));
}

export function labelOf(schema: Schema, name: string, locale: Locale): string {
  return schema["x-i18n"]?.[locale]?.title ?? schema.title ?? name;
}

export function helpOf(schema: Schema, locale: Locale): string | undefined {
  return schema["x-i18n"]?.[locale]?.description ?? schema.description;
}

/** Settings that people make: others are written by the site itself. */
export function shownProperties(schema: Schema): readonly (readonly [string, Schema])[] {
  return Object.entries(schema.properties ?? {}).filter(
    ([, inner]) => inner["x-widget"] !== "hidden",
  );
}

/** A new item of a list: its defaults, else the empty value of its type. */
export function blank(schema: Schema): Json {
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  const [first] = choicesOf(schema);
  if (first) return first.value;
  switch (schema.type) {
    case "object":
      return blankObject(schema);
    case "array":
      return [];
    case "boolean":
      return false;
    case "integer":
    case "number":
      return schema.minimum ?? 0;
    default:
      return "";
  }
}

function blankObject(schema: Schema): JsonObject {
  if (schema["x-widget"] === "localtext") return { en: "" };
  const required = schema.required ?? [];
  const entries = Object.entries(schema.properties ?? {}).filter(([name]) =>
    required.includes(name),
  );
  return Object.fromEntries(entries.map(([name, inner]) => [name, blank(inner)]));
}

/** `text.en`, `text/en` and `/text/en` all mean the pointer `/text/en` into the config. */
export function pointer(field: string): string {
  const slashed = field.startsWith("/") ? field : `/${field.replaceAll(".", "/")}`;
  return slashed.replace(/^\/config(?=\/)/, "");
}

/** The finding at this very place, or inside it when the form draws nothing deeper. */
export function findingAt(
  findings: readonly Finding[],
  at: string,
  isLeaf: boolean,
): LocalText | undefined {
  const here = findings.find((finding) => {
    if (finding.field === null) return false;
    const place = pointer(finding.field);
    return place === at || (isLeaf && place.startsWith(`${at}/`));
  });
  return here?.message;
}
