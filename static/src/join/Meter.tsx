/** Four bars of the line's quality: amber at two, red at one; the number is beside it for who listens. */

import { useMessages } from "../i18n/messages";
import { texts } from "./texts";

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
