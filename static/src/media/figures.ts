/** A line's figures as people read them. Pure. */

import type { Network } from "../api/socket_types";
import type { Locale } from "../i18n/locale";

/** `mos` is a dash where nobody has measured how speech sounds. */
export function figuresOf(
  line: Network,
  locale: Locale,
): Readonly<Record<"mbit" | "loss" | "mos", string>> & { readonly rtt: number } {
  const short = (value: number) => value.toLocaleString(locale, { maximumFractionDigits: 1 });
  return {
    mbit: short(line.kbps / 1000),
    loss: short(line.loss * 100),
    rtt: line.rtt_ms,
    mos: line.mos ? short(line.mos) : "–",
  };
}
