/** What the customer sees at this moment: the real panel, small, and one sentence. */

import { CirclePause } from "lucide-react";
import { useLocale, useLocalText } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Video } from "../media/Video";
import { PanelView, panels, refuseToAct } from "../panels";
import type { Call } from "./call";
import { standsStill } from "./Pause";
import { deskTexts } from "./texts";

type SeesKey = Extract<keyof typeof deskTexts.en, `sees_${string}`>;
const isSeesKey = (key: string): key is SeesKey => key in deskTexts.en;

export interface SeenNowProps {
  readonly call: Call;
  readonly isAway: boolean;
}

export function SeenNow({ call, isAway }: SeenNowProps) {
  const t = useMessages(deskTexts);
  return (
    <section className="call-seen" aria-label={t("customer_sees")}>
      <Miniature call={call} />
      <div>
        <h3>{t("customer_sees")}</h3>
        <p aria-live="polite">{useSentence(call, isAway)}</p>
      </div>
    </section>
  );
}

function useSentence(call: Call, isAway: boolean): string {
  const t = useMessages(deskTexts);
  const say = useLocalText();
  const { other, run } = call.view;
  if (standsStill(call.view))
    return t(run.status === "suspended" ? "sees_suspended" : "sees_incident");
  if (isAway || call.view.room?.interrupted) return t("sees_reconnecting");
  if (other === null) return t("customer_sees_call");
  const key = `sees_${other.panel}`;
  const title = say(other.title);
  return isSeesKey(key) ? t(key, { title }) : t("sees_step", { title });
}

/** A phone, drawn at its true size and made small; nothing in it can be reached or pressed. */
function Miniature({ call }: { call: Call }) {
  const locale = useLocale();
  const isStill = standsStill(call.view);
  const other = isStill ? null : call.view.other;
  const shown = other && {
    kind: other.panel,
    panels,
    activity: { id: "preview", title: other.title, started_at_ms: 0, outcomes: [] },
    data: other.data,
    act: refuseToAct,
    locale,
    role: "customer" as const,
    media: null,
    now: call.now,
  };
  return (
    <div className="call-mini" aria-hidden inert>
      <div className="call-phone">
        <div className="call-phone-tile">
          <Video stream={call.media.local} isOwn isMirrored={false} label="" />
        </div>
        <div className="call-phone-sheet">
          {shown && <PanelView {...shown} />}
          {isStill && <CirclePause className="call-phone-calm" strokeWidth={1.5} />}
        </div>
      </div>
    </div>
  );
}
