/** The site is doing something nobody need press for: which, and what it means for who reads it. */

import { Camera, CircleDot, CircleStop, Hourglass } from "lucide-react";
import { translate } from "../../i18n/messages";
import type { ProgressData } from "../contracts";
import { StepTitle, useClock, Working } from "../kit";
import type { PanelProps } from "../panel";
import { texts } from "./texts";

const ICONS = {
  recording_starts: CircleDot,
  recording_stops: CircleStop,
  picture: Camera,
  one_moment: Hourglass,
} as const;
/** After this the usual second has passed and the words change. */
const LONG_MS = 4000;

export function Progress({ data, locale, role, now }: PanelProps<ProgressData>) {
  const t = translate(texts, locale);
  const isLong = useClock(now) - data.since_ms > LONG_MS;
  const Icon = ICONS[data.what];
  const isStaff = role !== "customer";
  return (
    <div className="p-sheet-body p-progress">
      <span className="p-progress-icon" data-what={data.what} aria-hidden>
        <Icon size={26} />
      </span>
      <StepTitle>{t(data.what)}</StepTitle>
      <p className="p-soft">{t(isStaff ? `${data.what}_staff` : `${data.what}_text`)}</p>
      <Working>{t(waitText(data.what, isLong))}</Working>
    </div>
  );
}

function waitText(what: ProgressData["what"], isLong: boolean) {
  if (isLong) return "longer";
  return what === "one_moment" ? "working" : "usual";
}
