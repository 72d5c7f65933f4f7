/** After a call: how it ended, what the customer reads, and the way to the next. */

import { Ban, Check, CircleAlert, Clock, PlaySquare } from "lucide-react";
import type { View } from "../api/socket";
import { useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import type { DeskControl } from "./control";
import { deskTexts } from "./texts";
import { clockText } from "./words";

export interface WrapUpProps {
  readonly view: View | null;
  readonly now: () => number;
  readonly control: DeskControl;
}

const LOOKS = {
  success: { tone: "positive", icon: <Check size={28} /> },
  reject: { tone: "negative", icon: <Ban size={28} /> },
  abort: { tone: "warning", icon: <CircleAlert size={28} /> },
  defer: { tone: "accent", icon: <Clock size={28} /> },
} as const;

export function WrapUp({ view, now, control }: WrapUpProps) {
  const t = useMessages(deskTexts);
  const say = useLocalText();
  const ending = view?.run.ending ?? null;
  const look = ending ? LOOKS[ending.kind] : { tone: "neutral", icon: <Check size={28} /> };
  return (
    <main className="desk-main desk-centre">
      <section className="desk-panel desk-wrap" aria-live="polite">
        <span className="desk-bubble" data-tone={look.tone} aria-hidden>
          {look.icon}
        </span>
        <h1>{t("wrap_title")}</h1>
        {ending && (
          <span className="badge" data-tone={look.tone}>
            {t(`wrap_${ending.kind}`)}
          </span>
        )}
        {view && <RunFacts view={view} now={now} />}
        {ending && say(ending.message) && (
          <blockquote className="desk-wrap-quote">
            <small>{t("wrap_customer_reads")}</small>
            {say(ending.message)} {say(ending.next_step)}
          </blockquote>
        )}
        {view?.run.status === "incident" && (
          <p className="note" data-tone="warning">
            {t("wrap_incident")}. {t("wrap_incident_text")}
          </p>
        )}
        <div className="desk-wrap-do">
          <Button
            kind="primary"
            size="large"
            autoFocus
            disabled={control.busy}
            onClick={() => void control.change("available")}
          >
            {t("wrap_ready")}
          </Button>
          <Button
            kind="ghost"
            size="large"
            disabled={control.busy}
            onClick={() => void control.change("away")}
          >
            {t("wrap_later")}
          </Button>
        </div>
        <p className="desk-soft">{t("wrap_text")}</p>
      </section>
    </main>
  );
}

function RunFacts({ view, now }: { view: View; now: () => number }) {
  const t = useMessages(deskTexts);
  const { run } = view;
  const ended_ms = run.ending?.at_ms ?? now();
  return (
    <p className="desk-wrap-facts">
      <b>{run.flow}</b> <span className="mono">{run.number}</span>
      <span className="num">
        {t("wrap_took", { time: clockText(ended_ms - run.started_at_ms) })}
      </span>
      <a href={`/runs/${run.id}`}>
        <PlaySquare size={15} aria-hidden /> {t("wrap_replay")}
      </a>
    </p>
  );
}
