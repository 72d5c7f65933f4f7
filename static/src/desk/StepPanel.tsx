/** The current step in the middle of the call: its panel, and what happens next by outcome. */

import { ArrowRight, Clock, Coffee } from "lucide-react";
import { useCallback, useEffect, useRef } from "react";
import type { JsonObject, ViewActivity } from "../api/socket";
import { useLocale, useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { PanelView, panels } from "../panels";
import type { Act } from "../panels/panel";
import { Badge } from "../ui/Badge";
import type { Call } from "./call";
import { unfolded } from "./rail";
import { useTicking } from "./stores";
import { deskTexts } from "./texts";
import { clockText } from "./words";

export function StepPanel({ call }: { call: Call }) {
  const activity = call.view.activities.at(-1);
  return activity ? (
    <Active key={activity.id} call={call} activity={activity} />
  ) : (
    <Waiting call={call} />
  );
}

function Active({ call, activity }: { call: Call; activity: ViewActivity }) {
  const locale = useLocale();
  const act: Act = useCallback(
    (action: string, data: JsonObject = {}) => call.socket.act(activity.id, action, data),
    [call.socket, activity.id],
  );
  return (
    <section className="call-step">
      <StepHead call={call} activity={activity} />
      <div className="call-step-panel">
        <PanelView
          kind={activity.panel}
          panels={panels}
          activity={activity}
          data={activity.data}
          act={act}
          locale={locale}
          role={call.view.you.role}
          media={call.client}
          now={call.now}
        />
      </div>
      <NextList activity={activity} />
    </section>
  );
}

function StepHead({ call, activity }: { call: Call; activity: ViewActivity }) {
  const t = useMessages(deskTexts);
  const say = useLocalText();
  const title = useRef<HTMLHeadingElement>(null);
  const at_ms = useTicking(call.now);
  const steps = unfolded(call.view.steps);
  const index = steps.findIndex((step) => step.node === activity.node);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  return (
    <header className="call-step-head" data-group={activity.group}>
      <div>
        <p>
          <i className="call-group" aria-hidden />
          {t("step_of", { n: index + 1, all: steps.length })}
        </p>
        <h2 ref={title} tabIndex={-1}>
          {say(activity.title)}
        </h2>
      </div>
      {activity.late && <Badge tone="warning">{t("late")}</Badge>}
      <span className="call-step-time num">
        <Clock size={16} aria-hidden /> {clockText(at_ms - activity.started_at_ms)}
      </span>
    </header>
  );
}

function NextList({ activity }: { activity: ViewActivity }) {
  const t = useMessages(deskTexts);
  const say = useLocalText();
  if (activity.outcomes.length === 0) return null;
  return (
    <div className="call-next">
      <h3>{t("next")}</h3>
      <ul>
        {activity.outcomes.map((outcome) => (
          <li key={outcome.id}>
            <i className="call-polarity" data-polarity={outcome.polarity} aria-hidden />
            <span>{say(outcome.label) || outcome.id}</span>
            <ArrowRight size={15} aria-hidden />
            <b>{say(outcome.target) || "–"}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** No step of the agent's is active: said plainly, with what the customer is doing. */
function Waiting({ call }: { call: Call }) {
  const t = useMessages(deskTexts);
  const say = useLocalText();
  const { other } = call.view;
  return (
    <section className="call-step call-step-idle" aria-live="polite">
      <span className="desk-bubble" data-tone="neutral" aria-hidden>
        <Coffee size={26} />
      </span>
      <h2>{t("no_panel")}</h2>
      {other && <p>{t("no_panel_customer", { title: say(other.title) })}</p>}
      <p>{t("no_panel_text")}</p>
    </section>
  );
}
