/** Times, names and languages as people read them. Pure. */

import type { LocalText } from "../i18n/locale";

/** `4:12`, `1:04:12`; negative time reads as zero. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = String(seconds % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** The time of day, to the minute or (`withSeconds`) to the second. */
export function timeOfDay(at_ms: number, locale: string, withSeconds = false): string {
  return new Date(at_ms).toLocaleTimeString(locale, {
    hour: "2-digit",
    minute: "2-digit",
    ...(withSeconds ? { second: "2-digit" as const } : {}),
    hour12: false,
  });
}

/** Two letters of a Latin name, one character of a Chinese one. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = words[0] ?? "";
  if (/^\p{Script=Han}/u.test(first)) return [...first][0] ?? "";
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  return `${[...first][0] ?? ""}${[...last][0] ?? ""}`.toUpperCase();
}

/** A language named in itself, so that an agent who speaks it knows it: 中文, English. */
export function languageName(tag: string): string {
  if (tag === "") return "";
  const base = tag.split("-")[0] ?? tag;
  return new Intl.DisplayNames([tag], { type: "language" }).of(base) ?? tag;
}

/** Queues as people call them; one that nobody has named goes by its key. */
export function queueName(
  key: string,
  title: LocalText | undefined,
  say: (text: LocalText) => string,
): string {
  return (title && say(title)) || key;
}
