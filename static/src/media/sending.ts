/** What a browser is told to make of its picture: size, rate and pictures a second, by the profile and the rung. Pure. */

import type { MediaProfile } from "../flow/media";
import { STILLS } from "./ladder";

/** What a picture of so many lines is worth, in kbit/s, and how many a second. */
const WORTH: readonly { readonly height: number; readonly kbps: number; readonly fps: number }[] = [
  { height: 240, kbps: 200, fps: 15 },
  { height: 360, kbps: 450, fps: 24 },
  { height: 480, kbps: 900, fps: 30 },
];
const FULL_FPS = 30;
/** Of several sizes, the smallest first: each half of the next. */
const SIZES = [
  { rid: "l", part: 4 },
  { rid: "m", part: 2 },
  { rid: "h", part: 1 },
] as const;
const SMALLEST_KBPS = 150;
const STILL_LINES = 360;
const STILL_KBPS = 200;

/** `side` is the short side of the picture as the camera gives it; `height` a rung of the ladder. */
export function encodingsOf(
  profile: MediaProfile,
  height: number,
  side: number,
): readonly RTCRtpEncodingParameters[] {
  return profile.simulcast ? inSizes(profile, height, side) : [inOne(profile, height, side)];
}

function inOne(profile: MediaProfile, height: number, side: number): RTCRtpEncodingParameters {
  const lines = height === STILLS ? STILL_LINES : height;
  return {
    active: true,
    scaleResolutionDownBy: Math.max(1, side / lines),
    maxBitrate: 1000 * rateOf(profile, height),
    maxFramerate: framesOf(height),
  };
}

/** The largest that the rung allows, and those below it; together no more than the profile says. */
function inSizes(
  profile: MediaProfile,
  height: number,
  side: number,
): readonly RTCRtpEncodingParameters[] {
  const whole = Math.max(1, side / profile.max_height);
  let left = profile.max_kbps;
  return SIZES.map(({ rid, part }) => {
    const lines = side / (whole * part);
    const worth = part === 1 ? left : Math.min(left, worthOf(lines)?.kbps ?? SMALLEST_KBPS);
    left -= worth;
    return {
      rid,
      active: part === 4 || (height !== STILLS && lines <= height),
      scaleResolutionDownBy: whole * part,
      maxBitrate: 1000 * Math.max(SMALLEST_KBPS, worth),
      maxFramerate: framesOf(height),
    };
  });
}

function rateOf(profile: MediaProfile, height: number): number {
  if (height === STILLS) return Math.min(STILL_KBPS, profile.max_kbps);
  const worth = height === profile.max_height ? profile.max_kbps : worthOf(height)?.kbps;
  return Math.max(profile.min_kbps, Math.min(profile.max_kbps, worth ?? profile.max_kbps));
}

const framesOf = (height: number): number =>
  height === STILLS ? 1 : (worthOf(height)?.fps ?? FULL_FPS);

const worthOf = (lines: number) =>
  [...WORTH].reverse().find((one) => one.height <= lines && lines < 720);

/** Codecs with the wanted one first; the others stay, for retransmission is among them. */
export function preferring<Codec extends { readonly mimeType: string }>(
  codecs: readonly Codec[],
  wanted: MediaProfile["codec"],
): Codec[] {
  const isWanted = (one: Codec) => one.mimeType.toLowerCase() === `video/${wanted}`;
  return [...codecs.filter(isWanted), ...codecs.filter((one) => !isWanted(one))];
}
