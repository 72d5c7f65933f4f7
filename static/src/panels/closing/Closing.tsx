/** The last page of a run: how it ended in the analyst's words, what comes next, and the facts of the session. */

import { Check, Clock, Info, Printer, X } from "lucide-react";
import type { Ending, Person } from "../../api/socket_types";
import { type Locale, pickText } from "../../i18n/locale";
import { translate } from "../../i18n/messages";
import { PanelButton, StepTitle } from "../kit";
import { texts } from "./texts";

export interface ClosingProps {
  readonly ending: Ending;
  readonly number: string;
  readonly flow: string;
  readonly agent: Person | null;
  readonly locale: Locale;
}

const ICONS = { success: Check, reject: X, abort: Info, defer: Clock } as const;
const MESSAGES = {
  success: "success_text",
  reject: "reject_text",
  abort: "abort_text",
  defer: "defer_text",
} as const;

export function Closing({ ending, number, flow, agent, locale }: ClosingProps) {
  const t = translate(texts, locale);
  const Icon = ICONS[ending.kind];
  const next = pickText(ending.next_step, locale);
  const [title, detail] = wordsOf(pickText(ending.message, locale), t(ending.kind));
  const facts: readonly (readonly [string, string])[] = [
    [t("service"), flow],
    ...(agent
      ? [
          [
            t("agent"),
            agentText(agent, t("staff_no", { name: agent.name, staff_no: agent.staff_no })),
          ] as const,
        ]
      : []),
    [t("finished"), dateText(ending.at_ms, locale)],
    [t("number"), number],
  ];
  return (
    <>
      <div className="p-body p-closing">
        <span className="p-end-mark" data-kind={ending.kind} aria-hidden>
          <Icon size={30} strokeWidth={2.25} />
        </span>
        <StepTitle>{title}</StepTitle>
        <p className="p-soft">{detail || t(MESSAGES[ending.kind])}</p>
        {next !== "" && (
          <div className="p-note p-next">
            <Info size={22} aria-hidden />
            <span>
              <b>{t("next")}</b>
              {next}
            </span>
          </div>
        )}
        <dl className="p-card p-facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
      <footer className="p-foot">
        {ending.kind === "success" && (
          <PanelButton kind="main" onPress={() => print()}>
            <Printer size={20} aria-hidden />
            {t("save")}
          </PanelButton>
        )}
        <p className="p-small p-centred">{t("close")}</p>
      </footer>
    </>
  );
}

const TITLE_LENGTH = 44;

/** The first sentences are the title as long as they are short enough to be one; the rest is told below it. */
export function wordsOf(message: string, fallback: string): readonly [string, string] {
  const sentences = message.trim().match(/[^.!?。！？]+[.!?。！？]*\s*/g) ?? [];
  let title = "";
  for (const sentence of sentences) {
    if ((title + sentence).trim().length > TITLE_LENGTH) break;
    title += sentence;
  }
  if (title === "") return [fallback, message.trim()];
  return [title.trim(), message.trim().slice(title.length).trim()];
}

const agentText = (agent: Person, withNumber: string): string =>
  agent.staff_no === "" ? agent.name : withNumber;

function dateText(at_ms: number, locale: Locale): string {
  const style = { dateStyle: "medium", timeStyle: "short" } as const;
  return new Intl.DateTimeFormat(locale === "en" ? "en-GB" : "zh-CN", style).format(at_ms);
}
