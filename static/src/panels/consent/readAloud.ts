/** Reads a text aloud with the browser's own voice; nothing is sent anywhere. */

import { useEffect, useState } from "react";
import type { Locale } from "../../i18n/locale";

export const canReadAloud = (): boolean =>
  typeof speechSynthesis !== "undefined" && typeof SpeechSynthesisUtterance !== "undefined";

export function useReadAloud(parts: readonly string[], locale: Locale) {
  const [isReading, setReading] = useState(false);
  const stop = () => {
    if (canReadAloud()) speechSynthesis.cancel();
    setReading(false);
  };
  const start = () => {
    const speech = new SpeechSynthesisUtterance(parts.join("\n"));
    speech.lang = locale === "zh-Hans" ? "zh-CN" : "en";
    speech.onend = () => setReading(false);
    speech.onerror = () => setReading(false);
    speechSynthesis.cancel();
    speechSynthesis.speak(speech);
    setReading(true);
  };
  useEffect(
    () => () => {
      if (canReadAloud()) speechSynthesis.cancel();
    },
    [],
  );
  return { isReading, stop, toggle: () => (isReading ? stop() : start()) };
}
