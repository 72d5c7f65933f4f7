/** Hooks that join clocks and the window's own facts to React. */

import { useEffect, useState, useSyncExternalStore } from "react";
import type { Desk } from "../api/socket";
import { useLocalText } from "../i18n/locale";
import { queueName } from "./words";

/** The clock `now`, read again every `every_ms`, so that waits and timers on the screen move. */
export function useTicking(now: () => number, every_ms = 1000): number {
  const [at_ms, setAt] = useState(now);
  useEffect(() => {
    setAt(now());
    const timer = window.setInterval(() => setAt(now()), every_ms);
    return () => window.clearInterval(timer);
  }, [now, every_ms]);
  return at_ms;
}

/** The queues this desk serves, in words. */
export function useQueueNames(desk: Desk): readonly string[] {
  const say = useLocalText();
  return desk.queues.map((key, n) => queueName(key, desk.queue_titles[n], say));
}

/** The page's own width in CSS pixels. */
export function useWidth(): number {
  return useSyncExternalStore(onResize, () => window.innerWidth);
}

function onResize(listener: () => void): () => void {
  window.addEventListener("resize", listener);
  return () => window.removeEventListener("resize", listener);
}
