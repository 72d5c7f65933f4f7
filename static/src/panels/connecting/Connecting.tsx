/** Between the line and the call: it rings at an agent, or an agent has accepted and the room is being made. */

import { translate } from "../../i18n/messages";
import { useMedia } from "../../media/useStore";
import { Video } from "../../media/Video";
import type { ConnectingData } from "../contracts";
import { clockText, StepTitle, useClock, Working } from "../kit";
import type { PanelProps } from "../panel";
import { texts } from "./texts";

export function Connecting({ data, locale, media, now }: PanelProps<ConnectingData>) {
  const t = translate(texts, locale);
  const state = useMedia(media);
  const at_ms = useClock(now);
  const agent = data.agent;
  return (
    <div className="p-body p-connecting">
      <div className="p-tile p-connecting-tile">
        <Video
          stream={state.local}
          isOwn
          isMirrored={state.facing === "user"}
          label={t("own_picture")}
        />
        <span className="p-plate p-top-left">{t("only_you")}</span>
        <span className="p-rings" aria-hidden>
          <i />
          <i />
        </span>
      </div>
      <StepTitle>{t(data.state === "ringing" ? "ringing" : "connecting")}</StepTitle>
      <p className="p-soft" role="status">
        {agent === null
          ? t(data.state === "ringing" ? "ringing_text" : "connecting_text")
          : t("joins", { name: agent.name, staff_no: agent.staff_no })}
      </p>
      <Working>
        <span className="num">{t("since", { time: clockText(at_ms - data.since_ms) })}</span>
      </Working>
    </div>
  );
}
