/** The replay's clock in the browser: ticks while playing, keys, and grants for the files it needs. */

import { type Dispatch, useCallback, useEffect, useReducer, useRef } from "react";
import { type Clock, type ClockMove, moveClock, START } from "./clock";
import { grantFile } from "./load";

const TICK_MS = 60;
const STEP_MS = 10_000;

export interface Replay {
  readonly clock: Clock;
  readonly move: Dispatch<ClockMove>;
}

export function useReplay(length_ms: number, from_ms: number): Replay {
  const [clock, move] = useReducer(moveClock, { ...START, length_ms, at_ms: from_ms });
  useEffect(() => move({ kind: "length", length_ms }), [length_ms]);
  useEffect(() => {
    if (!clock.playing) return;
    let last = performance.now();
    const timer = window.setInterval(() => {
      const now = performance.now();
      move({ kind: "tick", elapsed_ms: now - last });
      last = now;
    }, TICK_MS);
    return () => window.clearInterval(timer);
  }, [clock.playing]);
  useKeys(clock, move);
  return { clock, move };
}

/** Space plays and pauses, J and L go ten seconds back and forth; fields and buttons keep their own keys. */
function useKeys(clock: Clock, move: Dispatch<ClockMove>): void {
  const latest = useRef(clock);
  latest.current = clock;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (target.closest("input,select,textarea,button,a,[role=tab]") || event.metaKey) return;
      const { playing, at_ms } = latest.current;
      const key = event.key.toLowerCase();
      if (key === " ") move({ kind: playing ? "pause" : "play" });
      else if (key === "j") move({ kind: "seek", to_ms: at_ms - STEP_MS });
      else if (key === "l") move({ kind: "seek", to_ms: at_ms + STEP_MS });
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [move]);
}

/** Asks for an address when a file is first needed; a minute later the same file needs a new one. */
export function useGrants(run: string): (file: string) => Promise<string> {
  return useCallback((file: string) => grantFile(run, file), [run]);
}
