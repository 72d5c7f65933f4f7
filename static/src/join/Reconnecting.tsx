/** The curtain before an interrupted call: who waits for whom, how long the place is kept, what to do. */

import { Lock, RotateCw } from "lucide-react";
import { useMessages } from "../i18n/messages";
import { Video } from "../media/Video";
import { PanelButton, StepTitle, useClock } from "../panels/kit";
import { texts } from "./texts";

/** How long a run waits for a customer who dropped, as the join link promises. */
export const RESUME_MS = 90_000;
const ROUND = 2 * Math.PI * 58;

export interface ReconnectingProps {
  readonly who: "you" | "agent";
  readonly name: string;
  /** Since when, by this machine's clock. */
  readonly since_ms: number;
  readonly isRecorded: boolean;
  readonly stream: MediaStream | null;
  readonly onTry: () => void;
}

export function Reconnecting(props: ReconnectingProps) {
  const t = useMessages(texts);
  const { who, name } = props;
  const at_ms = useClock(Date.now);
  const left_ms = Math.max(0, props.since_ms + RESUME_MS - at_ms);
  const words =
    who === "agent" ? "agent_away_text" : name ? "reconnecting_text" : "reconnecting_alone";
  return (
    <div className="join-curtain">
      <Video stream={props.stream} label="" className="join-curtain-picture" />
      <div className="join-curtain-words" role="status">
        <Countdown left_ms={left_ms} words={t("seconds")} />
        <StepTitle>{t(who === "agent" ? "agent_away" : "reconnecting", { name })}</StepTitle>
        <p>{t(words, { name })}</p>
        {props.isRecorded && (
          <span className="p-plate">
            <Lock size={16} aria-hidden />
            {t("gap")}
          </span>
        )}
      </div>
      <section className="join-sheet join-curtain-sheet panel" data-finish="phone">
        <b>{t("not_back")}</b>
        <p className="p-soft">{t("not_back_text")}</p>
        <PanelButton kind="main" onPress={props.onTry}>
          <RotateCw size={20} aria-hidden />
          {t("try_now")}
        </PanelButton>
      </section>
    </div>
  );
}

function Countdown({ left_ms, words }: { readonly left_ms: number; readonly words: string }) {
  const seconds = Math.ceil(left_ms / 1000);
  const share = left_ms / RESUME_MS;
  return (
    <svg width="132" height="132" viewBox="0 0 132 132" className="join-count" aria-hidden>
      <circle cx="66" cy="66" r="58" className="join-count-ground" />
      <circle
        cx="66"
        cy="66"
        r="58"
        className="join-count-left"
        strokeDasharray={`${share * ROUND} ${ROUND}`}
        transform="rotate(-90 66 66)"
      />
      <text x="66" y="72" className="join-count-number">
        {seconds}
      </text>
      <text x="66" y="92" className="join-count-words">
        {words}
      </text>
    </svg>
  );
}
