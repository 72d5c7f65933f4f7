/** What a customer chooses for reading: language and size of text, kept on this device. */

import { useState } from "react";
import { type Locale, setLocale, toLocale } from "../i18n/locale";

const LANGUAGE = "counterflow.locale";
const SIZE = "counterflow.text";

export type TextSize = "normal" | "large";

/** The person's own choice, else the first language of their browser that we speak. */
export function applySettings(): void {
  const chosen = localStorage.getItem(LANGUAGE);
  setLocale(toLocale(chosen ?? navigator.language ?? "en"));
  showSize(currentSize());
}

export function chooseLocale(locale: Locale): void {
  localStorage.setItem(LANGUAGE, locale);
  setLocale(locale);
}

function currentSize(): TextSize {
  return localStorage.getItem(SIZE) === "large" ? "large" : "normal";
}

function showSize(size: TextSize): void {
  document.documentElement.dataset.text = size;
}

export function useTextSize(): readonly [TextSize, (size: TextSize) => void] {
  const [size, setSize] = useState(currentSize);
  const choose = (next: TextSize) => {
    localStorage.setItem(SIZE, next);
    showSize(next);
    setSize(next);
  };
  return [size, choose];
}
