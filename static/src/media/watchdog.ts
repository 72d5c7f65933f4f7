/** Notices that nothing comes any more, long before the browser's own `disconnected` (5-7 s). Pure. */

export const STALL_MS = 500;
const FIRST_RESTART_MS = 1500;
const RESTART_EVERY_MS = 3000;

export interface Watch {
  /** Time of the newest packet seen, by the browser's clock for it; 0 for none yet. */
  readonly newest: number;
  readonly moved_at_ms: number;
  readonly restarted_at_ms: number;
}

export interface Look {
  readonly watch: Watch;
  readonly isStalled: boolean;
  readonly mustRestart: boolean;
}

export const startWatch = (now_ms: number): Watch => ({
  newest: 0,
  moved_at_ms: now_ms,
  restarted_at_ms: 0,
});

/** `isExpected`: somebody else is in the room and should be heard. Silence before the first packet is no stall. */
export function look(watch: Watch, newest: number, isExpected: boolean, now_ms: number): Look {
  if (newest !== watch.newest || !isExpected || newest === 0) {
    const moved = { ...watch, newest, moved_at_ms: now_ms, restarted_at_ms: 0 };
    return { watch: moved, isStalled: false, mustRestart: false };
  }
  const still_ms = now_ms - watch.moved_at_ms;
  const isDue = now_ms - Math.max(watch.moved_at_ms, watch.restarted_at_ms) >= wait(watch);
  const next = isDue ? { ...watch, restarted_at_ms: now_ms } : watch;
  return { watch: next, isStalled: still_ms >= STALL_MS, mustRestart: isDue };
}

const wait = (watch: Watch): number =>
  watch.restarted_at_ms === 0 ? FIRST_RESTART_MS : RESTART_EVERY_MS;
