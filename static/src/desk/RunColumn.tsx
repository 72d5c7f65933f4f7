/** The right column of a call: who is in it, what was taken, what the form says, as far as the run tells. */

import { Check, FileText, Inbox, UserRound } from "lucide-react";
import type { Person, View } from "../api/socket";
import { useLocale, useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import type { Call } from "./call";
import { everyStep } from "./rail";
import { type Answer, type Shot, useTaken } from "./taken";
import { deskTexts } from "./texts";
import { initials, timeOfDay } from "./words";

export function RunColumn({ call }: { call: Call }) {
  const taken = useTaken(call.view);
  return (
    <aside className="call-column">
      <CustomerCard call={call} />
      <EarlyCard early={call.view.early} />
      <TakenCard shots={taken.shots} />
      <AnswersCard answers={taken.answers} />
    </aside>
  );
}

function CustomerCard({ call }: { call: Call }) {
  const t = useMessages(deskTexts);
  const say = useLocalText();
  const customer = call.view.people.find((person) => person.role === "customer");
  const others = call.view.people.filter((person) => person !== customer);
  const consents = everyStep(call.view.steps).filter(
    (step) => step.group === "consent" && step.state === "done",
  );
  const name = customer?.name || t("customer");
  return (
    <section className="desk-panel call-card" aria-label={t("customer")}>
      <header className="call-who">
        <span className="desk-avatar" aria-hidden>
          {customer?.name ? initials(name) : <UserRound size={20} />}
        </span>
        <div>
          <h2>{name}</h2>
          <p className="mono">{call.view.run.number}</p>
        </div>
        <Presence person={customer} />
      </header>
      <dl className="call-facts">
        {consents.map((step) => (
          <div key={step.node}>
            <dt>{say(step.title)}</dt>
            <dd data-polarity={step.polarity}>
              <Check size={14} aria-hidden />
              {step.polarity === "negative" ? step.outcome : t("agreed")}
            </dd>
          </div>
        ))}
        {others.map((person) => (
          <div key={person.id}>
            <dt>{person.id === call.view.you.participant ? t("you") : person.name}</dt>
            <dd>{[person.name, person.staff_no].filter(Boolean).join(" · ")}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Presence({ person }: { person: Person | undefined }) {
  const t = useMessages(deskTexts);
  if (!person) return null;
  return (
    <span className="badge" data-tone={person.present ? "positive" : "warning"}>
      {t(person.present ? "here" : "not_here")}
    </span>
  );
}

/** What other systems have said before the step that waits for it. */
function EarlyCard({ early }: { early: View["early"] }) {
  const t = useMessages(deskTexts);
  const locale = useLocale();
  if (early.length === 0) return null;
  return (
    <section className="desk-panel call-card">
      <h2 className="call-card-title">
        <Inbox size={15} aria-hidden /> {t("early")}
      </h2>
      <dl className="call-facts">
        {early.map((one) => (
          <div key={`${one.name} ${one.at_ms}`}>
            <dt className="mono">{one.name}</dt>
            <dd className="num">{timeOfDay(one.at_ms, locale)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function TakenCard({ shots }: { shots: readonly Shot[] }) {
  const t = useMessages(deskTexts);
  const locale = useLocale();
  return (
    <section className="desk-panel call-card">
      <h2 className="call-card-title">{t("documents")}</h2>
      {shots.length === 0 && <p className="call-card-none">{t("documents_none")}</p>}
      <ul>
        {shots.map((shot) => (
          <li key={shot.evidence} className="call-doc">
            <a href={shot.url} target="_blank" rel="noreferrer">
              <img src={shot.url} alt={shot.label} width="44" height="33" loading="lazy" />
            </a>
            <div>
              <b>{shot.label}</b>
              <small className="num">{timeOfDay(shot.at_ms, locale, true)}</small>
            </div>
            {shot.blurred !== null && (
              <span className="badge" data-tone={shot.blurred ? "warning" : "positive"}>
                {t(shot.blurred ? "blurred" : "sharp")}
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function AnswersCard({ answers }: { answers: readonly Answer[] }) {
  const t = useMessages(deskTexts);
  return (
    <section className="desk-panel call-card call-card-grow">
      <h2 className="call-card-title">
        <FileText size={15} aria-hidden /> {t("answers")}
      </h2>
      {answers.length === 0 && <p className="call-card-none">{t("answers_none")}</p>}
      <dl className="call-facts">
        {answers.map((answer) => (
          <div key={answer.label}>
            <dt>{answer.label}</dt>
            <dd>
              {typeof answer.value === "boolean"
                ? t(answer.value ? "yes" : "no")
                : answer.value || "–"}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
