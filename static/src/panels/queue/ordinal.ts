/** A place in a line as people say it. Pure. */

import type { Locale } from "../../i18n/locale";

const ENDINGS: Readonly<Record<string, string>> = { one: "st", two: "nd", few: "rd", other: "th" };

/** `3rd`, `第 3 位`. */
export function ordinal(place: number, locale: Locale): string {
  if (locale === "zh-Hans") return `第 ${place} 位`;
  const rule = new Intl.PluralRules("en", { type: "ordinal" }).select(place);
  return `${place}${ENDINGS[rule] ?? "th"}`;
}

/** The people shown in the line: at most two before and one behind, as numbers; 0 is you. */
export function neighbours(place: number): readonly number[] {
  const before = [place - 2, place - 1].filter((one) => one >= 1);
  return [...before, 0, place + 1];
}
