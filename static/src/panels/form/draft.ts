/** What a field shows while two people fill it: one's own typing wins until the site has it. Pure. */

import type { ActResult } from "../../api/socket_types";
import type { FormData, FormField } from "../contracts";

export type Value = string | number | boolean | null;

/** unsent: the site has not got it, or could not take it yet. sent: it has, and shows it. refused: never as it is. */
type Stage = "unsent" | "sending" | "sent" | "refused";

/** Own typing in one field. */
export interface Entry {
  readonly text: string;
  readonly stage: Stage;
  readonly refusal: ActResult | null;
}

/** By name of the field; a field nobody types in has none and shows what the site says. */
export type Entries = Readonly<Record<string, Entry>>;

/** The text in the box: one's `own` while there is any. */
export function shownText(
  field: FormField,
  values: FormData["values"],
  own: string | undefined,
): string {
  if (own !== undefined) return own;
  const value = values[field.name];
  return value === null || value === undefined ? "" : String(value);
}

/** The text as the value the field's type wants; an empty box is no value. */
export function toValue(field: FormField, text: string): Value {
  if (text.trim() === "") return null;
  if (field.type === "bool") return text === "true";
  if (field.type !== "number") return text;
  const number = Number(text.replace(",", "."));
  return Number.isFinite(number) ? number : text;
}

/** What is wrong with the text in the box, as a word of `FormData.errors`; nothing while it is being typed. */
export function problem(
  field: FormField,
  errors: FormData["errors"],
  own: Entry | undefined,
): string | undefined {
  if (own === undefined) return errors[field.name];
  return own.stage === "refused" ? "type" : undefined;
}

/** The others who are in a field now. */
export function visitors(
  focus: FormData["focus"],
  field: string,
  own_role: string,
): readonly string[] {
  return Object.entries(focus)
    .filter(([role, name]) => role !== own_role && name === field)
    .map(([role]) => role);
}
