/** The line in bars, words and numbers: colour never stands alone. */

import { useEffect, useRef, useState } from "react";
import type { Network } from "../api/socket";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { figuresOf } from "../media/figures";
import type { MediaClient } from "../media/types";
import { deskTexts } from "./texts";

const LEVELS = ["network_0", "network_1", "network_2", "network_3", "network_4"] as const;

/** Four bars; `null` while nothing has been measured. */
export function Meter({ level }: { level: number | null }) {
  const t = useMessages(deskTexts);
  const word = level === null ? t("network_unknown") : t(LEVELS[level] ?? "network_0");
  return (
    <span
      className="call-meter"
      data-level={level ?? "none"}
      role="img"
      aria-label={`${t("network")}: ${word}`}
      title={word}
    >
      <i />
      <i />
      <i />
      <i />
    </span>
  );
}

interface LineRowProps {
  /** Whose line. */
  readonly name: string;
  readonly stats: Network | null;
}

export function LineRow({ name, stats }: LineRowProps) {
  const t = useMessages(deskTexts);
  const locale = useLocale();
  const history = useHistory(stats);
  const level = stats?.level ?? null;
  return (
    <section className="call-linerow" aria-label={`${t("network")}: ${name}`}>
      <span className="call-linerow-name">{name}</span>
      <span className="call-linerow-word" data-level={level ?? "none"}>
        <Meter level={level} />
        <b>{level === null ? t("network_unknown") : t(LEVELS[level] ?? "network_0")}</b>
      </span>
      <Spark values={history} />
      {stats && (
        <span className="num call-linerow-figures">
          {t("network_figures", figuresOf(stats, locale))}
        </span>
      )}
    </section>
  );
}

const KEPT = 30;

/** The last minute of the bit rate, one value for each measurement. */
function useHistory(stats: Network | null): readonly number[] {
  const [history, setHistory] = useState<readonly number[]>([]);
  useEffect(() => {
    if (stats) setHistory((before) => [...before.slice(1 - KEPT), stats.kbps]);
  }, [stats]);
  return history;
}

function Spark({ values }: { values: readonly number[] }) {
  if (values.length < 3) return null;
  const top = Math.max(1, ...values);
  const points = values.map(
    (value, n) => `${(n / (values.length - 1)) * 54},${13 - (value / top) * 11}`,
  );
  return (
    <svg className="call-spark" width="54" height="14" viewBox="0 0 54 14" aria-hidden>
      <polyline points={points.join(" ")} fill="none" stroke="currentColor" strokeWidth="1.5" />
    </svg>
  );
}

const BARS = [0.55, 1, 0.8, 0.45] as const;

/** The agent's own loudness, so that a dead microphone is seen at once. */
export function LevelBars({ client }: { client: MediaClient }) {
  const bars = useRef<HTMLSpanElement>(null);
  useEffect(
    () =>
      client.onLevel((level) => {
        bars.current?.style.setProperty("--level", String(level));
      }),
    [client],
  );
  return (
    <span className="call-level" ref={bars} aria-hidden>
      {BARS.map((share) => (
        <i key={share} style={{ ["--share" as string]: share }} />
      ))}
    </span>
  );
}

/** Width, height and frames a second of what is really shown. */
export function Resolution({ stream }: { stream: MediaStream | null }) {
  const plate = useRef<HTMLSpanElement>(null);
  const [text, setText] = useState("");
  useEffect(() => {
    if (stream === null) return setText("");
    let frames = 0;
    const timer = window.setInterval(() => {
      const video = plate.current?.parentElement?.querySelector("video");
      const quality = video?.getVideoPlaybackQuality?.();
      if (!video?.videoWidth || !quality) return;
      const fps = frames === 0 ? 0 : Math.max(0, quality.totalVideoFrames - frames);
      frames = quality.totalVideoFrames;
      setText(`${video.videoWidth} × ${video.videoHeight}${fps ? ` · ${fps} fps` : ""}`);
    }, 1000);
    return () => window.clearInterval(timer);
  }, [stream]);
  return (
    <span ref={plate} className="call-plate call-br num" hidden={text === ""}>
      <small>{text}</small>
    </span>
  );
}
