/** While a run stands still, halted by a problem or suspended by staff: what that means, and that one need do nothing. */

import { CirclePause, LifeBuoy, Link2, MessageCircle, MonitorSmartphone } from "lucide-react";
import { useMessages } from "../i18n/messages";
import { Hint, StepTitle, Working } from "../panels/kit";
import type { Pause } from "./screen";
import { texts } from "./texts";

export interface PausedProps {
  readonly why: Pause;
  /** The agent in the call; null outside one. */
  readonly agent: string | null;
}

export function Paused({ why, agent }: PausedProps) {
  const t = useMessages(texts);
  const Icon = why === "suspended" ? CirclePause : LifeBuoy;
  const isCall = agent !== null;
  return (
    <div className="panel join-paused" data-finish="phone" data-call={isCall || undefined}>
      <div className={isCall ? "p-sheet-body" : "p-body"}>
        <span className="join-sign" aria-hidden>
          <Icon size={28} />
        </span>
        <StepTitle>{t(`paused_${why}`)}</StepTitle>
        <p className="join-lead">{t(`paused_${why}_text`)}</p>
        <ul className="p-card p-rows">
          {isCall ? (
            <Hint icon={<MessageCircle size={22} />} title={t("paused_talk", { name: agent })}>
              {t("paused_talk_text")}
            </Hint>
          ) : (
            <Hint icon={<MonitorSmartphone size={22} />} title={t("paused_open")}>
              {t("paused_open_text")}
            </Hint>
          )}
          <Hint icon={<Link2 size={22} />} title={t("paused_back")}>
            {t(`paused_back_${why}`)}
          </Hint>
        </ul>
        <Working>{t("paused_wait")}</Working>
      </div>
    </div>
  );
}
