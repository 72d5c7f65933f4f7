/** Four bars of the line's quality: amber at two, red at one; the number is beside it for who listens, figures on a press. */

import { useState } from "react";
import type { Stats } from "../api/socket";
import { useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { figuresOf } from "../media/figures";
import { texts } from "./texts";

/** The meter as a button: most people want the bars, those who are asked on the telephone want the figures. */
export function LineMeter({ stats }: { readonly stats: Stats | null }) {
  const t = useMessages(texts);
  const locale = useLocale();
  const [isOpen, setOpen] = useState(false);
  return (
    <button
      type="button"
      className="p-plate join-meter-plate"
      aria-expanded={isOpen}
      onClick={() => setOpen(!isOpen)}
    >
      <Meter level={stats?.level ?? 4} />
      {isOpen && stats !== null && (
        <span className="join-figures num">{t("figures", figuresOf(stats, locale))}</span>
      )}
    </button>
  );
}

const HEIGHTS = [5, 8, 11, 14] as const;

export function Meter({ level }: { readonly level: number }) {
  const t = useMessages(texts);
  return (
    <svg
      className="join-meter"
      data-level={level}
      width="22"
      height="14"
      viewBox="0 0 22 14"
      role="img"
      aria-label={t("network", { level })}
    >
      {HEIGHTS.map((height, n) => (
        <rect
          key={height}
          x={n * 6}
          y={14 - height}
          width="4"
          height={height}
          rx="1.5"
          data-lit={n < level || undefined}
        />
      ))}
    </svg>
  );
}
