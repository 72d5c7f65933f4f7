/** One video of a whole recording: asked for, watched while it is made, cancelled. */

import { useCallback, useEffect, useState } from "react";
import { ApiError, http } from "../api/http";
import type { components } from "../api/schema";

export type Composition = components["schemas"]["Composition"];

/** How a recording's video stands: `null` until it is known, "none" while there is none. */
export type Standing = Composition | "none" | null;

const EVERY_MS = 1_000;

export const isUnderWay = (one: Standing): boolean =>
  one !== null && one !== "none" && (one.state === "waiting" || one.state === "working");

export interface Video {
  readonly standing: Standing;
  /** What the site said when it refused, or null. */
  readonly refusal: string | null;
  readonly make: () => void;
  readonly cancel: () => void;
}

export function useVideo(run: string, recording: string): Video {
  const [standing, setStanding] = useState<Standing>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const refresh = useCallback(
    (signal: AbortSignal) =>
      http
        .get<readonly Composition[]>(`runs/${run}/compositions`, { signal })
        .then((all) => setStanding(all.find((one) => one.recording === recording) ?? "none"))
        .catch(() => undefined),
    [run, recording],
  );
  useEffect(() => {
    const stop = new AbortController();
    void refresh(stop.signal);
    return () => stop.abort();
  }, [refresh]);
  const isBusy = isUnderWay(standing);
  useEffect(() => {
    if (!isBusy) return;
    const stop = new AbortController();
    const timer = window.setInterval(() => void refresh(stop.signal), EVERY_MS);
    return () => {
      stop.abort();
      window.clearInterval(timer);
    };
  }, [isBusy, refresh]);
  const told = (asked: Promise<Composition>) => {
    setRefusal(null);
    asked.then(setStanding).catch((error: unknown) => {
      setRefusal(error instanceof ApiError ? error.message : "");
    });
  };
  return {
    standing,
    refusal,
    make: () => told(http.post(`runs/${run}/compositions`, { recording })),
    cancel: () => {
      if (standing === null || standing === "none") return;
      told(http.delete(`runs/${run}/compositions/${standing.id}`));
    },
  };
}
