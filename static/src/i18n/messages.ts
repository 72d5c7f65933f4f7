/**
 * Small typed catalogues: one object per language, the compiler holds both to the same keys.
 *
 *   export const texts = defineMessages({ saved: "Saved {time}", steps: { one: "{n} step", other: "{n} steps" } },
 *                                       { saved: "{time} 已保存", steps: "{n} 步" });
 *   const t = useMessages(texts);  t("steps", { n: 3 })
 */

import { getLocale, type Locale, useLocale } from "./locale";

export interface Plural {
  readonly one?: string;
  readonly other: string;
}
export type Message = string | Plural;
export type Params = Readonly<Record<string, string | number>>;
export interface Messages<Key extends string> {
  readonly en: Readonly<Record<Key, Message>>;
  readonly "zh-Hans": Readonly<Record<Key, Message>>;
}
export type Translate<Key extends string> = (key: Key, params?: Params) => string;

export function defineMessages<Key extends string>(
  en: Readonly<Record<Key, Message>>,
  zhHans: Readonly<Record<NoInfer<Key>, Message>>,
): Messages<Key> {
  return { en, "zh-Hans": zhHans };
}

/** The plural form is chosen by the parameter `n`; numbers are written the locale's way. */
export function format(message: Message, locale: Locale, params: Params = {}): string {
  return choose(message, locale, params.n).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? value.toLocaleString(locale) : value;
  });
}

function choose(message: Message, locale: Locale, n: string | number | undefined): string {
  if (typeof message === "string") return message;
  const isOne = typeof n === "number" && new Intl.PluralRules(locale).select(n) === "one";
  return isOne ? (message.one ?? message.other) : message.other;
}

export function translate<Key extends string>(
  messages: Messages<Key>,
  locale: Locale,
): Translate<Key> {
  return (key, params) => format(messages[locale][key], locale, params);
}

/** Outside React; inside use `useMessages`, which follows a switch of language. */
export function say<Key extends string>(
  messages: Messages<Key>,
  key: Key,
  params?: Params,
): string {
  return translate(messages, getLocale())(key, params);
}

export function useMessages<Key extends string>(messages: Messages<Key>): Translate<Key> {
  return translate(messages, useLocale());
}
