/**
 * How much of the own picture a line carries: 720, 480, 360, 240 lines, then single pictures beside the sound.
 * Slow to change, so that nothing flickers, and slower each time that going up did not last. Pure.
 */

import type { MediaProfile } from "../flow/media";

/** Single pictures, one every few seconds, and the sound whole. */
export const STILLS = 0;
const HEIGHTS = [720, 480, 360, 240] as const;
const WEAK_LEVEL = 1;
const GOOD_LEVEL = 3;
/** Readings come every two seconds: four seconds down, ten seconds up at first. */
const DOWN_AFTER = 2;
const UP_AFTER = 5;
const UP_AFTER_MOST = 40;
/** A step up that is taken back within so many readings was a mistake. */
const MISTAKE = 10;

export interface Ladder {
  /** Lines of what is sent at most, or `STILLS`. */
  readonly height: number;
  /** Readings in a row: below 0 weak ones, above 0 good ones. */
  readonly leaning: number;
  /** Good readings that it takes to go up. */
  readonly patience: number;
  /** Readings since the last step up. */
  readonly since_up: number;
}

/** The rungs that a profile allows, from the top. */
export function rungsOf(profile: MediaProfile): readonly number[] {
  const { max_height, min_height, audio_only } = profile;
  const allowed = HEIGHTS.filter((height) => height <= max_height && height >= min_height);
  const rungs = allowed.length > 0 ? allowed : [max_height];
  return audio_only ? [...rungs, STILLS] : rungs;
}

export function top(rungs: readonly number[]): Ladder {
  return { height: rungs[0] ?? STILLS, leaning: 0, patience: UP_AFTER, since_up: MISTAKE };
}

/** The same ladder with other rungs: never above what was there before, if the line was weak. */
export function refit(ladder: Ladder, before: readonly number[], now: readonly number[]): Ladder {
  if (ladder.height === before[0]) return { ...ladder, height: now[0] ?? STILLS };
  return { ...ladder, height: now[placeOf(ladder.height, now)] ?? STILLS };
}

/** After one more reading of the line, 0 (nothing) to 4 (good). */
export function climb(ladder: Ladder, rungs: readonly number[], level: number): Ladder {
  const since_up = Math.min(MISTAKE, ladder.since_up + 1);
  const leaning = lean(ladder.leaning, level);
  const place = placeOf(ladder.height, rungs);
  if (leaning <= -DOWN_AFTER && place < rungs.length - 1) {
    const patience = since_up < MISTAKE ? ladder.patience * 2 : ladder.patience;
    const height = rungs[place + 1] ?? ladder.height;
    return { height, leaning: 0, patience: Math.min(UP_AFTER_MOST, patience), since_up: MISTAKE };
  }
  if (leaning >= ladder.patience && place > 0) {
    return { ...ladder, height: rungs[place - 1] ?? ladder.height, leaning: 0, since_up: 0 };
  }
  return { ...ladder, leaning, since_up };
}

function lean(leaning: number, level: number): number {
  if (level <= WEAK_LEVEL) return Math.min(0, leaning) - 1;
  return level >= GOOD_LEVEL ? Math.max(0, leaning) + 1 : 0;
}

function placeOf(height: number, rungs: readonly number[]): number {
  const place = rungs.findIndex((rung) => rung <= height);
  return place < 0 ? rungs.length - 1 : place;
}
