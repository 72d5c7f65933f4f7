/** Play, step, speed and where we are. */

import { Pause, Play, RotateCcw, RotateCw, SkipBack, SkipForward } from "lucide-react";
import type { Dispatch } from "react";
import { clockText } from "../desk/words";
import { useMessages } from "../i18n/messages";
import { IconButton } from "../ui/Button";
import { type Clock, type ClockMove, RATES } from "./clock";
import { runsTexts } from "./texts";
import type { Chapter } from "./trail";

export interface TransportProps {
  readonly clock: Clock;
  readonly move: Dispatch<ClockMove>;
  readonly chapters: readonly Chapter[];
}

const STEP_MS = 10_000;
/** Going back within this of a chapter's start goes to the one before. */
const NEAR_MS = 1500;

export function Transport({ clock, move, chapters }: TransportProps) {
  const t = useMessages(runsTexts);
  const seek = (to_ms: number) => move({ kind: "seek", to_ms });
  const before = chapters.findLast((one) => one.from_ms < clock.at_ms - NEAR_MS);
  const next = chapters.find((one) => one.from_ms > clock.at_ms + 1);
  const label = t(clock.playing ? "pause" : "play");
  return (
    <div className="replay-transport" role="toolbar" aria-label={t("player")}>
      <IconButton label={t("prev_step")} onClick={() => seek(before?.from_ms ?? 0)}>
        <SkipBack size={16} />
      </IconButton>
      <IconButton label={t("back_10")} onClick={() => seek(clock.at_ms - STEP_MS)}>
        <RotateCcw size={16} />
      </IconButton>
      <button
        type="button"
        className="replay-play"
        aria-label={label}
        title={label}
        onClick={() => move({ kind: clock.playing ? "pause" : "play" })}
      >
        {clock.playing ? <Pause size={16} fill="currentColor" /> : <Play size={16} />}
      </button>
      <IconButton label={t("forward_10")} onClick={() => seek(clock.at_ms + STEP_MS)}>
        <RotateCw size={16} />
      </IconButton>
      <IconButton
        label={t("next_step")}
        disabled={!next}
        onClick={() => next && seek(next.from_ms)}
      >
        <SkipForward size={16} />
      </IconButton>
      <span className="num replay-time">
        <b>{clockText(clock.at_ms)}</b> / {clockText(clock.length_ms)}
      </span>
      <label>
        <span className="visually-hidden">{t("speed")}</span>
        <select
          className="replay-rate"
          value={clock.rate}
          onChange={(event) => move({ kind: "rate", rate: Number(event.currentTarget.value) })}
        >
          {RATES.map((rate) => (
            <option key={rate} value={rate}>
              {rate}×
            </option>
          ))}
        </select>
      </label>
      <span className="replay-hint" role="status">
        {clock.playing && clock.waiting.length > 0 ? t("load_pictures") : t("same_clock")}
      </span>
    </div>
  );
}
