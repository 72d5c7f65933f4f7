/** The flow waits, for a moment to come or for news from elsewhere: what for, how long still, and that nothing need be pressed. */

import { Hourglass } from "lucide-react";
import { pickText } from "../../i18n/locale";
import { translate } from "../../i18n/messages";
import { wordsOf } from "../closing/Closing";
import type { WaitData } from "../contracts";
import { clockText, StepTitle, useClock, Working } from "../kit";
import type { PanelProps } from "../panel";
import { leftOf } from "./left";
import { texts } from "./texts";

/** A longer wait is told by its end: nobody counts minutes for hours. */
const HOUR_MS = 3_600_000;

export function Wait({ activity, data, locale, role, now }: PanelProps<WaitData>) {
  const t = translate(texts, locale);
  const at_ms = useClock(now);
  const left = data.until_ms === null ? null : leftOf(activity.started_at_ms, data.until_ms, at_ms);
  const isStaff = role !== "customer";
  const [title, more] = wordsOf(pickText(data.text, locale), t("title"));
  return (
    <div className="p-sheet-body p-progress p-wait">
      <span className="p-progress-icon" aria-hidden>
        <Hourglass size={26} />
      </span>
      <StepTitle>{title}</StepTitle>
      {more && <p>{more}</p>}
      <p className="p-soft">{t(isStaff ? "staff" : "text")}</p>
      {left !== null && left.ms > 0 && (
        <div className="p-wait-left">
          <progress max={1} value={left.share} aria-label={t("progress")} />
          <p className="p-small num">
            {left.ms < HOUR_MS
              ? t("left", { time: clockText(left.ms) })
              : t("until", { at: momentText(data.until_ms, locale) })}
          </p>
        </div>
      )}
      {isStaff && data.event && (
        <p className="p-small">
          {t("event")} <span className="mono">{data.event}</span>
        </p>
      )}
      <Working>{t(left !== null && left.ms <= 0 ? "any_moment" : "by_itself")}</Working>
    </div>
  );
}

function momentText(at_ms: number | null, locale: string): string {
  if (at_ms === null) return "";
  return new Date(at_ms).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
}
