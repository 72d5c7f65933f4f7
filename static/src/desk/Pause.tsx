/** In the place of the step while the run stands still: what that means, what to do, whom to ask. */

import { CirclePause, ExternalLink, TriangleAlert } from "lucide-react";
import { useEffect, useRef } from "react";
import type { View } from "../api/socket";
import { readMe } from "../home/me";
import { useLocale, useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { codeKey, standingTexts } from "../runs/standing_texts";
import { useDecision } from "../runs/useDecision";
import { together } from "../runs/words";
import { Button } from "../ui/Button";
import type { Call } from "./call";
import { everyStep } from "./rail";
import { deskTexts } from "./texts";
import { timeOfDay } from "./words";

const DECIDES = "supervisor";

/** Halted: the run itself, or a sub-flow with nothing left beside it. */
export function standsStill({ run, incident, activities }: View): boolean {
  if (run.status === "incident" || run.status === "suspended") return true;
  return run.status === "open" && incident !== null && activities.length === 0;
}

export function Pause({ call }: { readonly call: Call }) {
  return call.view.run.status === "suspended" ? <Suspended call={call} /> : <Halted call={call} />;
}

function Halted({ call }: { readonly call: Call }) {
  const t = useMessages(deskTexts);
  const tell = useMessages(standingTexts);
  const say = useLocalText();
  const locale = useLocale();
  const { incident, run, steps } = call.view;
  const { busy, refusal, take } = useDecision(incident?.run ?? run.id, "retry", nothing);
  const title = useFocused();
  if (incident === null) return null;
  const step = everyStep(steps).find((one) => one.node === incident.node);
  return (
    <section className="call-step call-pause" data-tone="negative" aria-labelledby="pause-title">
      <span className="desk-bubble" data-tone="negative" aria-hidden>
        <TriangleAlert size={26} />
      </span>
      <h2 ref={title} tabIndex={-1} id="pause-title">
        {tell("incident_at", { step: say(step?.title) || (incident.node ?? "") })}
      </h2>
      <p>{together(locale, tell(codeKey(incident.code)), tell("kept"))}</p>
      {incident.at_ms !== undefined && (
        <p className="desk-soft num">
          {tell("since", { time: timeOfDay(incident.at_ms, locale) })} · {run.number}
        </p>
      )}
      <ol className="call-pause-steps" aria-label={t("pause_do")}>
        <li>{t("pause_tell")}</li>
        {incident.can?.includes("retry") && <li>{t("pause_retry")}</li>}
        <li>{t(isDeciding() ? "pause_decide" : "pause_ask", { number: run.number })}</li>
      </ol>
      {refusal && (
        <p className="note" data-tone="negative" role="alert">
          {refusal}
        </p>
      )}
      <div className="call-pause-do">
        {incident.can?.includes("retry") && (
          <Button kind="primary" size="large" disabled={busy} onClick={() => void take()}>
            {tell(busy ? "retry_busy" : "retry")}
          </Button>
        )}
        {isDeciding() && <RunLink run={incident.run ?? run.id} />}
      </div>
    </section>
  );
}

function Suspended({ call }: { readonly call: Call }) {
  const t = useMessages(deskTexts);
  const tell = useMessages(standingTexts);
  const title = useFocused();
  return (
    <section className="call-step call-pause" aria-labelledby="pause-title">
      <span className="desk-bubble" data-tone="neutral" aria-hidden>
        <CirclePause size={26} />
      </span>
      <h2 ref={title} tabIndex={-1} id="pause-title">
        {tell("suspended")}
      </h2>
      <p>{tell("suspended_text")}</p>
      <ol className="call-pause-steps" aria-label={t("pause_do")}>
        <li>{t("pause_talk")}</li>
        <li>{t("pause_by_itself")}</li>
      </ol>
      {isDeciding() && (
        <div className="call-pause-do">
          <RunLink run={call.view.run.id} />
        </div>
      )}
    </section>
  );
}

const isDeciding = (): boolean => readMe().roles.includes(DECIDES);
const nothing = () => undefined;

/** Who listens hears where they are when the step gives way. */
function useFocused() {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  return title;
}

function RunLink({ run }: { readonly run: string }) {
  const t = useMessages(deskTexts);
  return (
    <a className="btn" data-size="large" href={`/runs/${run}`} target="_blank" rel="noreferrer">
      <ExternalLink size={16} aria-hidden /> {t("pause_open")}
    </a>
  );
}
