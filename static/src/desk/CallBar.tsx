/** The top of a call: which flow, which run, whether it is recorded, what was agreed. */

import { Check, ShieldCheck } from "lucide-react";
import { useLocale, useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Badge } from "../ui/Badge";
import type { Call } from "./call";
import { everyStep } from "./rail";
import { useTicking } from "./stores";
import { deskTexts } from "./texts";
import { clockText, timeOfDay } from "./words";

export function CallBar({ call }: { call: Call }) {
  const t = useMessages(deskTexts);
  const say = useLocalText();
  const { run, steps } = call.view;
  const agreed = everyStep(steps).filter(
    (step) => step.group === "consent" && step.state === "done" && step.polarity !== "negative",
  );
  return (
    <header className="desk-top call-bar">
      <div className="call-flow">
        <h1>
          <span title={run.flow}>{run.flow}</span> <small>{t("version", { n: run.version })}</small>
        </h1>
        <p className="mono">{run.number}</p>
      </div>
      <Recording call={call} />
      {run.late && <Badge tone="warning">{t("late")}</Badge>}
      <ul className="call-agreed" aria-label={t("consents")}>
        {agreed.map((step) => (
          <li key={step.node} className="call-badge" data-tone="positive">
            <Check size={14} strokeWidth={2.4} aria-hidden />
            {say(step.title)}
          </li>
        ))}
      </ul>
      <span className="desk-grow" />
      <span className="desk-soft desk-wide">
        <ShieldCheck size={16} aria-hidden /> {t("chained")}
      </span>
    </header>
  );
}

function Recording({ call }: { call: Call }) {
  const t = useMessages(deskTexts);
  const locale = useLocale();
  const at_ms = useTicking(call.now);
  const span = call.view.spans.find((one) => one.name === "recording");
  if (!span) return <span className="call-badge">{t("rec_off")}</span>;
  return (
    <span
      className="call-badge call-rec"
      title={t("rec_on", { time: timeOfDay(span.since_ms, locale, true) })}
    >
      <i aria-hidden /> {t("rec")}{" "}
      <span className="num" aria-hidden>
        {clockText(at_ms - span.since_ms)}
      </span>
    </span>
  );
}
