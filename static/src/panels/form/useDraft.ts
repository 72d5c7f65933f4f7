/** Own typing on its way to the site: sent a quarter of a second after the last key, and when the field is left. */

import { useEffect, useRef, useState } from "react";
import type { ActResult } from "../../api/socket_types";
import type { Locale } from "../../i18n/locale";
import type { FormData, FormField } from "../contracts";
import { refusalText } from "../kit";
import type { Act } from "../panel";
import { type Draft, settle, toValue } from "./draft";

const PAUSE_MS = 250;

export function useDraft(data: FormData, act: Act) {
  const [texts, setTexts] = useState<Draft>({});
  const [result, setResult] = useState<ActResult | null>(null);
  const focused = useRef<string | null>(null);
  const waiting = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  const latest = useRef<Draft>({});

  useEffect(() => {
    setTexts((draft) => {
      const kept = settle(draft, data.fields, data.values, focused.current);
      latest.current = kept;
      return kept;
    });
  }, [data]);
  useEffect(() => {
    const timers = waiting.current;
    return () => {
      for (const timer of timers.values()) clearTimeout(timer);
    };
  }, []);

  const send = async (field: FormField): Promise<void> => {
    const timer = waiting.current.get(field.name);
    if (timer === undefined) return;
    clearTimeout(timer);
    waiting.current.delete(field.name);
    const value = toValue(field, latest.current[field.name] ?? "");
    const answer = await act("edit", { field: field.name, value });
    setResult(answer.ok ? null : answer);
    // What the site would not take is let go once the field is left, so that both see the same.
    if (!answer.ok && focused.current !== field.name) forget(field.name);
  };
  const forget = (name: string) => {
    const { [name]: _gone, ...kept } = latest.current;
    latest.current = kept;
    setTexts(kept);
  };
  const edit = (field: FormField, text: string) => {
    latest.current = { ...latest.current, [field.name]: text };
    setTexts(latest.current);
    clearTimeout(waiting.current.get(field.name));
    const pause = field.type === "choice" || field.type === "bool" ? 0 : PAUSE_MS;
    waiting.current.set(
      field.name,
      setTimeout(() => void send(field), pause),
    );
  };
  const flush = async () => {
    await Promise.all(data.fields.map((field) => send(field)));
  };
  return {
    texts,
    edit,
    flush,
    focus: (name: string) => {
      focused.current = name;
      void act("focus", { field: name });
    },
    leave: (field: FormField) => {
      focused.current = null;
      void send(field);
      void act("focus", { field: null });
    },
    refusal: (locale: Locale) => (result === null ? "" : refusalText(result, locale)),
  };
}
