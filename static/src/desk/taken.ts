/** What was taken in a call: pictures and form values, collected from the views as they come. */

import { useEffect, useState } from "react";
import { http } from "../api/http";
import type { View } from "../api/socket";
import { type Locale, pickText, useLocale } from "../i18n/locale";
import { sideText } from "../panels/capture_guide/texts";
import type { CaptureData, FormData } from "../panels/contracts";
import { everyStep } from "./rail";

export interface Shot {
  readonly evidence: string;
  readonly label: string;
  readonly url: string;
  readonly at_ms: number;
  readonly blurred: boolean | null;
}

export interface Answer {
  readonly label: string;
  readonly value: string | boolean;
}

export interface Taken {
  readonly shots: readonly Shot[];
  readonly answers: readonly Answer[];
}

export const NOTHING: Taken = { shots: [], answers: [] };

/** What `view` adds: a side taken again replaces its earlier picture, an open form replaces the values shown. */
export function collect(before: Taken, view: View, locale: Locale): Taken {
  let { shots, answers } = before;
  for (const activity of view.activities) {
    const data: unknown = activity.data;
    const title = pickText(activity.title, locale);
    if (activity.panel === "capture") shots = withShots(shots, data as CaptureData, title, locale);
    if (activity.panel === "form") answers = answersOf(data as FormData, locale);
  }
  return { shots, answers };
}

function withShots(
  before: readonly Shot[],
  data: CaptureData,
  title: string,
  locale: Locale,
): readonly Shot[] {
  const taken = (data.shots ?? []).map((shot) => ({
    evidence: shot.evidence,
    label: shot.side ? `${title} · ${sideText(shot.side, locale)}` : title,
    url: `/api/v1/evidence/${shot.evidence}`,
    at_ms: shot.at_ms,
    blurred: shot.blurred,
  }));
  const labels = new Set(taken.map((shot) => shot.label));
  return [...before.filter((shot) => !labels.has(shot.label)), ...taken];
}

function answersOf(data: FormData, locale: Locale): readonly Answer[] {
  return data.fields.map((field) => {
    const value = data.values[field.name];
    const option = field.options.find((one) => one.value === value);
    return {
      label: pickText(field.label, locale),
      value: option ? pickText(option.label, locale) : shown(value),
    };
  });
}

function shown(value: FormData["values"][string] | undefined): string | boolean {
  return typeof value === "boolean" ? value : String(value ?? "");
}

interface Stored {
  readonly evidence: readonly {
    readonly id: string;
    readonly label: string;
    readonly url: string;
    readonly at_ms: number;
  }[];
}

/** Pictures the run already holds, so that a reload loses none from the screen. */
export function storedShots(stored: Stored, view: View, locale: Locale): readonly Shot[] {
  return stored.evidence.map((item) => {
    const [node = "", side = ""] = item.label.split(".");
    const step = everyStep(view.steps).find((one) => one.node === node);
    const title = step ? pickText(step.title, locale) : node;
    const label = side ? `${title} · ${sideText(side, locale)}` : title;
    return { evidence: item.id, label, url: item.url, at_ms: item.at_ms, blurred: null };
  });
}

function useStored(view: View): readonly Shot[] {
  const locale = useLocale();
  const [stored, setStored] = useState<Stored>({ evidence: [] });
  const run = view.run.id;
  useEffect(() => {
    const stop = new AbortController();
    http
      .get<Stored>(`runs/${run}`, { signal: stop.signal })
      .then(setStored)
      .catch(() => undefined);
    return () => stop.abort();
  }, [run]);
  return storedShots(stored, view, locale);
}

export function useTaken(view: View): Taken {
  const stored = useStored(view);
  const seen = useCollected(view);
  const known = new Set(seen.shots.map((shot) => shot.label));
  return { ...seen, shots: [...stored.filter((shot) => !known.has(shot.label)), ...seen.shots] };
}

function useCollected(view: View): Taken {
  const locale = useLocale();
  const [taken, setTaken] = useState<Taken>(NOTHING);
  const [seen, setSeen] = useState<View | null>(null);
  if (seen === view) return taken;
  const next = collect(taken, view, locale);
  setSeen(view);
  setTaken(next);
  return next;
}
