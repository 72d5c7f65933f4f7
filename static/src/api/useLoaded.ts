/** Something read from the site, for a screen: not there yet, there, or failed with a status. */

import { useCallback, useEffect, useState } from "react";
import { ApiError } from "./http";

export type Loaded<T> =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly value: T }
  | { readonly state: "failed"; readonly status: number };

/** Loads `read()` again whenever it changes; `reload` shows what is known until the answer is there. */
export function useLoaded<T>(read: (signal: AbortSignal) => Promise<T>): {
  readonly loaded: Loaded<T>;
  readonly reload: () => void;
} {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "loading" });
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is the wish to read again
  useEffect(() => {
    const stop = new AbortController();
    read(stop.signal)
      .then((value) => setLoaded({ state: "ready", value }))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setLoaded({ state: "failed", status: statusOf(error) });
      });
    return () => stop.abort();
  }, [read, round]);
  const reload = useCallback(() => setRound((one) => one + 1), []);
  return { loaded, reload };
}

export function statusOf(error: unknown): number {
  return error instanceof ApiError ? error.status : 0;
}
