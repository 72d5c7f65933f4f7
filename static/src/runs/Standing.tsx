/** Why a run does not simply go on, and what this person can do about it: halted, suspended, being undone, erased. */

import { CirclePause, Eraser, Inbox, TriangleAlert, Undo2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { timeOfDay } from "../desk/words";
import { useLocale, useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Refusal } from "../ui/ActionDialog";
import { Button } from "../ui/Button";
import { type Asked, DecisionDialog } from "./DecisionDialog";
import type { Decision } from "./decisions";
import type { WholeRun } from "./load";
import { codeKey, standingTexts } from "./standing_texts";
import { reasonOfSuspension } from "./story";
import type { Incident, RunDetail } from "./types";
import { useDecision } from "./useDecision";
import { together } from "./words";

export interface StandingProps {
  readonly whole: WholeRun;
  readonly refresh: () => void;
}

export function Standing({ whole, refresh }: StandingProps) {
  const { run } = whole;
  if (run.erased_at) return <Erased at={run.erased_at} />;
  if (run.incident) return <Halted run={run} incident={run.incident} refresh={refresh} />;
  if (run.status === "suspended") return <Suspended whole={whole} refresh={refresh} />;
  if (run.status === "compensating") return <Compensating run={run} />;
  return run.early.length > 0 ? <Early run={run} /> : null;
}

/** What other systems have said before the run came to the step that waits for it. */
function Early({ run }: { readonly run: RunDetail }) {
  const t = useMessages(standingTexts);
  const locale = useLocale();
  return (
    <Strip
      tone="neutral"
      icon={<Inbox size={22} aria-hidden />}
      title={t("early", { n: run.early.length })}
      since={null}
      actions={null}
    >
      <p>
        {run.early.map((one) => `${one.name} (${whenText(one.at, locale)})`).join(" · ")}.{" "}
        {t("early_text")}
      </p>
    </Strip>
  );
}

interface HaltedProps {
  readonly run: RunDetail;
  readonly incident: Incident;
  readonly refresh: () => void;
}

function Halted({ run, incident, refresh }: HaltedProps) {
  const t = useMessages(standingTexts);
  const say = useLocalText();
  const locale = useLocale();
  const [asked, setAsked] = useState<Asked | null>(null);
  const isUndoing = run.status === "compensating";
  const mine = incident.can.filter((one) => run.decisions.includes(one));
  const step = say(incident.title) || incident.node;
  return (
    <Strip
      tone="negative"
      icon={<TriangleAlert size={22} aria-hidden />}
      title={t(isUndoing ? "not_undone_at" : "incident_at", { step })}
      since={incident.at}
      actions={
        <>
          {mine.includes("retry") && (
            <Direct run={run} decision="retry" kind="primary" refresh={refresh} />
          )}
          {mine.includes("skip") && <Button onClick={() => setAsked("skip")}>{t("skip")} …</Button>}
          {mine.includes("end") && (
            <Button kind="danger" onClick={() => setAsked("end")}>
              {t("end")} …
            </Button>
          )}
        </>
      }
    >
      <p>{together(locale, t(codeKey(incident.code)), t(isUndoing ? "kept_undoing" : "kept"))}</p>
      {mine.length === 0 && <p>{t("for_others")}</p>}
      {incident.cause && (
        <details>
          <summary>{t("cause")}</summary>
          <p className="mono" lang="en">
            {incident.code}: {incident.cause}
          </p>
        </details>
      )}
      {asked && (
        <DecisionDialog run={run} asked={asked} onTaken={refresh} onClose={() => setAsked(null)} />
      )}
    </Strip>
  );
}

function Suspended({ whole, refresh }: StandingProps) {
  const t = useMessages(standingTexts);
  const { run, events } = whole;
  const reason = reasonOfSuspension(events);
  return (
    <Strip
      tone="neutral"
      icon={<CirclePause size={22} aria-hidden />}
      title={t("suspended")}
      since={run.suspended_at}
      actions={
        run.decisions.includes("resume") ? (
          <Direct run={run} decision="resume" kind="primary" refresh={refresh} />
        ) : null
      }
    >
      <p>{t("suspended_text")}</p>
      {reason && <p>{t("suspended_reason", { reason })}</p>}
    </Strip>
  );
}

function Erased({ at }: { readonly at: string }) {
  const t = useMessages(standingTexts);
  return (
    <Strip
      tone="neutral"
      icon={<Eraser size={22} aria-hidden />}
      title={t("erased")}
      since={at}
      actions={null}
    >
      <p>{t("erased_text")}</p>
    </Strip>
  );
}

function Compensating({ run }: { readonly run: RunDetail }) {
  const t = useMessages(standingTexts);
  const locale = useLocale();
  return (
    <Strip
      tone="neutral"
      icon={<Undo2 size={22} aria-hidden />}
      title={t("compensating")}
      since={null}
      actions={null}
    >
      <p>{together(locale, t("compensating_text"), t("to_undo", { n: run.to_undo }))}</p>
      <i className="standing-progress" aria-hidden />
    </Strip>
  );
}

interface StripProps {
  readonly tone: "negative" | "neutral";
  readonly icon: ReactNode;
  readonly title: string;
  readonly since: string | null;
  readonly actions: ReactNode;
  readonly children: ReactNode;
}

function Strip({ tone, icon, title, since, actions, children }: StripProps) {
  const t = useMessages(standingTexts);
  const locale = useLocale();
  return (
    <section className="standing" data-tone={tone} aria-label={title}>
      {icon}
      <div className="standing-words">
        <div role="status">
          <h2>
            {title}
            {since && (
              <small className="num">{t("since", { time: whenText(since, locale) })}</small>
            )}
          </h2>
        </div>
        {children}
      </div>
      {actions && <div className="standing-do">{actions}</div>}
    </section>
  );
}

/** The time of day, with the day when it was another. */
function whenText(at: string, locale: string): string {
  const when = new Date(at);
  if (when.toDateString() === new Date().toDateString()) return timeOfDay(+when, locale);
  return when.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
}

interface DirectProps {
  readonly run: RunDetail;
  readonly decision: Extract<Decision, "retry" | "resume" | "step_in">;
  readonly kind: "primary" | "plain";
  readonly refresh: () => void;
}

/** A decision that needs nothing but a press; what is refused stands below the button. */
function Direct({ run, decision, kind, refresh }: DirectProps) {
  const t = useMessages(standingTexts);
  const { busy, refusal, take } = useDecision(run.id, decision, refresh);
  return (
    <>
      <Button kind={kind} disabled={busy} onClick={() => void take()}>
        {busy ? t(`${decision}_busy`) : t(decision)}
      </Button>
      <Refusal text={refusal} />
    </>
  );
}
