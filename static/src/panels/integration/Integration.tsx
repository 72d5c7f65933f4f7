/** A system outside is being asked: how far it is, and if it said no, why. What came back good has gone on already. */

import { ArrowLeftRight, CircleSlash, Hourglass, TriangleAlert } from "lucide-react";
import { pickText } from "../../i18n/locale";
import { translate } from "../../i18n/messages";
import type { IntegrationData } from "../contracts";
import { clockText, PanelButton, Refusal, useAct, useClock, Working } from "../kit";
import type { PanelProps } from "../panel";
import { texts } from "./texts";

type T = ReturnType<typeof translate<keyof (typeof texts)["en"]>>;

const ICONS = {
  working: ArrowLeftRight,
  unknown: Hourglass,
  declined: CircleSlash,
  failed: TriangleAlert,
} as const;
/** After this an answer is late, and the words change. */
const LONG_MS = 6000;
const KNOWN = ["no_connection", "blocked", "unreachable", "timeout", "refused", "unfit"] as const;

/** Why, in words: the house's own codes are translated, the other system's are shown as they are. */
export function reasonText(code: string, t: T): string {
  const known = KNOWN.find((one) => one === code);
  if (known) return t(`code_${known}`);
  if (code.startsWith("status_")) return t("code_status", { status: code.slice(7) });
  return code === "" ? "" : t("reason", { code });
}

export function Integration({ data, act, locale, now, activity }: PanelProps<IntegrationData>) {
  const t = translate(texts, locale);
  const { press, busy, refusal } = useAct(act, locale);
  const waited_ms = useClock(now) - data.since_ms;
  const isWaiting = data.state === "working" || data.state === "unknown";
  const Icon = ICONS[data.state];
  return (
    <div className="p-desk p-integration" data-state={data.state}>
      <div className="p-integration-body">
        <span className="p-integration-icon" aria-hidden>
          <Icon size={22} />
        </span>
        <div>
          <p className="p-small">
            {pickText(data.title, locale) || pickText(activity.title, locale)}
          </p>
          <h2 className="p-title" aria-live="polite">
            {t(data.state)}
          </h2>
          <p className="p-soft">
            {isWaiting ? waitText(data, waited_ms, t) : reasonText(data.code, t)}
          </p>
        </div>
      </div>
      <Refusal message={refusal} />
      <footer className="p-actions">
        <span className="p-small num">{t("since", { time: clockText(waited_ms) })}</span>
        {data.attempts > 1 && (
          <span className="p-small num">{t("attempts", { n: data.attempts })}</span>
        )}
        <span className="p-grow" />
        {isWaiting ? (
          <Working />
        ) : (
          <PanelButton kind="main" isBusy={busy !== null} onPress={() => void press("go_on")}>
            {t("go_on")}
          </PanelButton>
        )}
      </footer>
    </div>
  );
}

function waitText(data: IntegrationData, waited_ms: number, t: T): string {
  if (data.state === "unknown") return t("unknown_text");
  return t(waited_ms > LONG_MS ? "longer" : "working_text");
}
