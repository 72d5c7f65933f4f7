/** What a field shows while two people fill it: one's own typing wins until the site has it. Pure. */

import type { FormData, FormField } from "../contracts";

export type Value = string | number | boolean | null;

/** Own text of fields being typed in, by name. */
export type Draft = Readonly<Record<string, string>>;

/** The text in the box. */
export function shownText(field: FormField, values: FormData["values"], draft: Draft): string {
  const own = draft[field.name];
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

/** A draft is let go when the site shows the same, or when its field was left. */
export function settle(
  draft: Draft,
  fields: readonly FormField[],
  values: FormData["values"],
  focused: string | null,
): Draft {
  const kept = Object.entries(draft).filter(([name, text]) => {
    const field = fields.find((one) => one.name === name);
    if (field === undefined) return false;
    return name === focused || toValue(field, text) !== (values[name] ?? null);
  });
  return kept.length === Object.keys(draft).length ? draft : Object.fromEntries(kept);
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
