/** How much of a wait is left. Pure. */

export interface Left {
  readonly ms: number;
  /** Of the way there, 0..1. */
  readonly share: number;
}

export function leftOf(since_ms: number, until_ms: number, at_ms: number): Left {
  const whole_ms = Math.max(1, until_ms - since_ms);
  const ms = Math.max(0, until_ms - at_ms);
  return { ms, share: Math.min(1, Math.max(0, 1 - ms / whole_ms)) };
}
