/** When to give up picture for sound, and when to take it back: slow to change, so nothing flickers. Pure. */

export interface Thinness {
  readonly is_thin: boolean;
  /** Readings in a row that speak for the other way. */
  readonly against: number;
}

export const FULL: Thinness = { is_thin: false, against: 0 };

const WEAK_LEVEL = 1;
const GOOD_LEVEL = 3;
/** Readings come every two seconds: four seconds down, ten seconds up. */
const DOWN_AFTER = 2;
const UP_AFTER = 5;

export function thinner(state: Thinness, level: number): Thinness {
  const speaks = state.is_thin ? level >= GOOD_LEVEL : level <= WEAK_LEVEL;
  const against = speaks ? state.against + 1 : 0;
  const isEnough = against >= (state.is_thin ? UP_AFTER : DOWN_AFTER);
  return isEnough ? { is_thin: !state.is_thin, against: 0 } : { ...state, against };
}
