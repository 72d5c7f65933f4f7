/** One run, read again while it may change: gently, and only while somebody looks at the page. */

import { useCallback, useEffect, useRef, useState } from "react";
import { type Loaded, statusOf } from "../api/useLoaded";
import { readNews, readRun, type WholeRun } from "./load";
import type { RunDetail } from "./types";

const EVERY_MS = 3_000;
const SLOWEST_MS = 30_000;
/** What follows a run's end (files, the last heads of chains) has come by then. */
const AFTERMATH_MS = 20_000;

export interface LiveRun {
  readonly loaded: Loaded<WholeRun>;
  /** Reads it again at once. */
  readonly refresh: () => void;
}

/** Whether the run may still change by itself. */
export function isLiving(run: RunDetail, now_ms: number): boolean {
  if (run.status !== "closed") return true;
  if (run.recordings.some((one) => one.files.some((file) => file.state === "recording")))
    return true;
  return run.ended_at !== null && now_ms - Date.parse(run.ended_at) < AFTERMATH_MS;
}

/** Twice as long after each failure, as often as usual after a success. */
export function nextDelay(delay_ms: number, isRead: boolean): number {
  return isRead ? EVERY_MS : Math.min(SLOWEST_MS, delay_ms * 2);
}

export function useLiveRun(id: string): LiveRun {
  const [loaded, setLoaded] = useState<Loaded<WholeRun>>({ state: "loading" });
  const wake = useRef<() => void>(() => undefined);
  useEffect(() => {
    const reader = startReading(id, setLoaded);
    wake.current = reader.wake;
    return reader.stop;
  }, [id]);
  const refresh = useCallback(() => wake.current(), []);
  return { loaded, refresh };
}

/** Reads `id` until `stop`, telling what is known through `tell`. */
function startReading(id: string, tell: (loaded: Loaded<WholeRun>) => void) {
  const gone = new AbortController();
  let known: WholeRun | null = null;
  let delay_ms = EVERY_MS;
  let timer = 0;
  let isReading = false;
  let isWanted = false;

  async function read(whole: boolean): Promise<void> {
    const found =
      known === null ? await readRun(id, gone.signal) : await readNews(known, whole, gone.signal);
    if (gone.signal.aborted || found === known) return;
    known = found;
    tell({ state: "ready", value: found });
  }

  async function turn(whole: boolean): Promise<void> {
    isReading = true;
    const isRead = await read(whole).then(
      () => true,
      (error: unknown) => fail(error),
    );
    isReading = false;
    delay_ms = nextDelay(delay_ms, isRead);
    if (isWanted) wake();
    else plan();
  }

  /** A run that is on the screen stays there: the next reading may succeed. */
  function fail(error: unknown): boolean {
    if (known === null && !gone.signal.aborted) {
      tell({ state: "failed", status: statusOf(error) });
    }
    return false;
  }

  function plan(): void {
    if (gone.signal.aborted || known === null || !isLiving(known.run, Date.now())) return;
    timer = window.setTimeout(() => (document.hidden ? plan() : void turn(false)), delay_ms);
  }

  function wake(): void {
    isWanted = isReading;
    if (isReading || gone.signal.aborted) return;
    window.clearTimeout(timer);
    void turn(true);
  }

  const onShow = () => document.hidden || wake();
  document.addEventListener("visibilitychange", onShow);
  void turn(true);
  return {
    wake,
    stop: () => {
      gone.abort();
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", onShow);
    },
  };
}
