import { expect, test } from "vitest";
import { type MediaProfile, USUAL_MEDIA } from "../flow/media";
import { climb, type Ladder, refit, rungsOf, STILLS, top } from "./ladder";
import { encodingsOf, preferring } from "./sending";

const RUNGS = rungsOf(USUAL_MEDIA);
const of = (said: Partial<MediaProfile>): MediaProfile => ({ ...USUAL_MEDIA, ...said });

function after(levels: readonly number[], from: Ladder = top(RUNGS), rungs = RUNGS): Ladder {
  return levels.reduce((ladder, level) => climb(ladder, rungs, level), from);
}

const many = (level: number, n: number): number[] => new Array<number>(n).fill(level);

test("the rungs are those the flow allows, and pictures are given up only where it says so", () => {
  expect(RUNGS).toEqual([720, 480, 360, 240, STILLS]);
  expect(rungsOf(of({ max_height: 480, min_height: 360, audio_only: false }))).toEqual([480, 360]);
  expect(rungsOf(of({ max_height: 240, min_height: 480, audio_only: false }))).toEqual([240]);
});

test("four weak seconds go one rung down, and one bad reading none", () => {
  expect(after([1]).height).toBe(720);
  expect(after([1, 4, 1]).height).toBe(720);
  expect(after([1, 1]).height).toBe(480);
  expect(after(many(1, 4)).height).toBe(360);
  expect(after(many(1, 20)).height).toBe(STILLS);
});

test("without leave to give the picture up, the lowest rung is kept", () => {
  const rungs = rungsOf(of({ min_height: 360, audio_only: false }));

  expect(after(many(0, 20), top(rungs), rungs).height).toBe(360);
});

test("ten good seconds go one rung up, whatever is between starts again", () => {
  const low = after([1, 1]);

  expect(after(many(4, 4), low).height).toBe(480);
  expect(after([4, 4, 4, 4, 2, 4], low).height).toBe(480);
  expect(after(many(4, 5), low).height).toBe(720);
  expect(after(many(4, 50)).height).toBe(720);
});

test("a step up that did not last makes the next one wait twice as long", () => {
  const again = after([1, 1, ...many(4, 5), 1, 1]);

  expect(again.height).toBe(480);
  expect(after(many(4, 9), again).height).toBe(480);
  expect(after(many(4, 10), again).height).toBe(720);
  const often = after([...Array(6)].flatMap(() => [1, 1, ...many(4, 40)]));
  expect(often.patience).toBeLessThanOrEqual(40);
});

test("another profile keeps a good line at the top and a weak one where it is", () => {
  const small = rungsOf(of({ max_height: 360 }));

  expect(refit(top(RUNGS), RUNGS, small).height).toBe(360);
  expect(refit(top(small), small, RUNGS).height).toBe(720);
  expect(refit(after(many(1, 6)), RUNGS, small).height).toBe(240);
  expect(refit(after(many(1, 20)), RUNGS, rungsOf(of({ audio_only: false }))).height).toBe(240);
});

test("one picture is made as small and as cheap as its rung", () => {
  const profile = of({ max_kbps: 1_200 });

  expect(encodingsOf(profile, 720, 720)).toEqual([
    { active: true, scaleResolutionDownBy: 1, maxBitrate: 1_200_000, maxFramerate: 30 },
  ]);
  expect(encodingsOf(profile, 360, 720)).toMatchObject([
    { scaleResolutionDownBy: 2, maxBitrate: 450_000, maxFramerate: 24 },
  ]);
  expect(encodingsOf(profile, 480, 360)).toMatchObject([{ scaleResolutionDownBy: 1 }]);
  expect(encodingsOf(of({ min_kbps: 600 }), 240, 720)).toMatchObject([{ maxBitrate: 600_000 }]);
  expect(encodingsOf(profile, STILLS, 720)).toMatchObject([
    { active: true, maxBitrate: 200_000, maxFramerate: 1 },
  ]);
});

test("of several sizes those above the rung rest, and together they keep to the rate", () => {
  const profile = of({ simulcast: true, max_kbps: 1_500 });
  const whole = encodingsOf(profile, 720, 720);

  expect(whole.map((one) => [one.rid, one.active, one.scaleResolutionDownBy])).toEqual([
    ["l", true, 4],
    ["m", true, 2],
    ["h", true, 1],
  ]);
  const sum = whole.reduce((all, one) => all + (one.maxBitrate ?? 0), 0);
  expect(sum).toBe(1_500_000);
  expect(encodingsOf(profile, 480, 720).map((one) => one.active)).toEqual([true, true, false]);
  expect(encodingsOf(profile, STILLS, 720).map((one) => one.active)).toEqual([true, false, false]);
});

test("the wanted codec comes first and nothing is left out", () => {
  const codecs = ["video/VP8", "video/rtx", "video/H264", "video/H264"].map((mimeType, n) => ({
    mimeType,
    n,
  }));

  expect(preferring(codecs, "h264").map((one) => one.n)).toEqual([2, 3, 0, 1]);
  expect(preferring(codecs, "vp8").map((one) => one.n)).toEqual([0, 1, 2, 3]);
});
