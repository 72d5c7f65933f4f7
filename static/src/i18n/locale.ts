/** The language of the page: read from <html lang>, switched in place, kept in a cookie for the server. */

import { useSyncExternalStore } from "react";

export const LOCALES = ["en", "zh-Hans"] as const;
export type Locale = (typeof LOCALES)[number];
/** Text by BCP 47 tag; "en" is always there. */
export type LocalText = Readonly<Record<string, string>>;

export const LOCALE_NAMES: Readonly<Record<Locale, string>> = {
  en: "English",
  "zh-Hans": "简体中文",
};

/** Any tag to one of ours: `zh`, `zh-CN`, `zh-Hans-SG` are Simplified Chinese, everything else is English. */
export function toLocale(tag: string): Locale {
  return tag.toLowerCase().startsWith("zh") ? "zh-Hans" : "en";
}

const hasDocument = typeof document !== "undefined";
let current: Locale = hasDocument ? toLocale(document.documentElement.lang) : "en";
const listeners = new Set<() => void>();

export function getLocale(): Locale {
  return current;
}

/** Switch the page at once; telling the server (`PUT /api/v1/me`) is the caller's, who knows whether one is signed in. */
export function setLocale(locale: Locale): void {
  if (locale === current) return;
  current = locale;
  if (hasDocument) document.documentElement.lang = locale;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLocale(): Locale {
  return useSyncExternalStore(subscribe, getLocale, getLocale);
}

/** The text for `locale`, else English, else whatever there is, else "". */
export function pickText(text: LocalText | null | undefined, locale: Locale): string {
  if (!text) return "";
  return text[locale] || text.en || Object.values(text)[0] || "";
}

/** `const say = useLocalText(); say(node.title)` */
export function useLocalText(): (text: LocalText | null | undefined) => string {
  const locale = useLocale();
  return (text) => pickText(text, locale);
}
