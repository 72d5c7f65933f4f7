/** The customer's place in the line, announced when it changes and only then. */

import { CircleUserRound, MessageSquare, MonitorSmartphone, RefreshCw } from "lucide-react";
import { useState } from "react";
import { translate } from "../../i18n/messages";
import { useMedia } from "../../media/useStore";
import { Video } from "../../media/Video";
import type { QueueData } from "../contracts";
import { clockText, Hint, PanelButton, Refusal, StepTitle, useAct, useClock } from "../kit";
import type { PanelProps } from "../panel";
import { neighbours, ordinal } from "./ordinal";
import { texts } from "./texts";

export function Queue({ data, act, locale, media, now }: PanelProps<QueueData>) {
  const t = translate(texts, locale);
  const { press, busy, refusal } = useAct(act, locale);
  const [isSure, setSure] = useState(false);
  return (
    <>
      <div className="p-body p-queue">
        <Place data={data} locale={locale} />
        <Waited since_ms={data.since_ms} locale={locale} now={now} />
        {data.position !== null && <People place={data.position} you={t("you")} />}
        <Ready media={media} locale={locale} />
        <ul className="p-card p-rows">
          <Hint icon={<MonitorSmartphone size={22} />} title={t("keep_open")}>
            {t("keep_open_text")}
          </Hint>
          <Hint icon={<RefreshCw size={22} />} title={t("line_drops")}>
            {t("line_drops_text")}
          </Hint>
        </ul>
      </div>
      <footer className="p-foot">
        <Refusal message={refusal} />
        {isSure ? (
          <fieldset className="p-sure">
            <legend>{t("leave_sure")}</legend>
            <PanelButton onPress={() => setSure(false)}>{t("stay")}</PanelButton>
            <PanelButton
              kind="danger"
              isBusy={busy === "leave"}
              onPress={() => void press("leave")}
            >
              {t("leave_yes")}
            </PanelButton>
          </fieldset>
        ) : (
          <PanelButton onPress={() => setSure(true)}>{t("leave")}</PanelButton>
        )}
      </footer>
    </>
  );
}

function Place({ data, locale }: { data: QueueData; locale: PanelProps["locale"] }) {
  const t = translate(texts, locale);
  if (data.position === null) return <StepTitle>{t("placing")}</StepTitle>;
  const isNext = data.position === 1;
  const minutes = data.eta_s === null ? null : Math.max(1, Math.round(data.eta_s / 60));
  return (
    <div className="p-place" role="status" aria-live="polite" aria-atomic>
      <StepTitle>
        <span className="p-place-before">{t("you_are")} </span>
        <span className="p-place-number">
          {isNext ? t("next") : ordinal(data.position, locale)}{" "}
        </span>
        <span className="p-place-after">
          {minutes === null ? t("in_line") : t("in_line_eta", { n: minutes })}
        </span>
      </StepTitle>
    </div>
  );
}

function Waited(props: { since_ms: number; locale: PanelProps["locale"]; now: () => number }) {
  const at_ms = useClock(props.now);
  const time = clockText(at_ms - props.since_ms);
  return <p className="p-small num">{translate(texts, props.locale)("measured", { time })}</p>;
}

function People({ place, you }: { place: number; you: string }) {
  return (
    <div className="p-people" aria-hidden>
      <i data-who="agent">
        <MessageSquare size={18} />
      </i>
      {neighbours(place).map((one) => (
        <i key={one} data-who={one === 0 ? "me" : one > place ? "behind" : "before"}>
          {one === 0 ? you : one}
        </i>
      ))}
    </div>
  );
}

function Ready({ media, locale }: Pick<PanelProps, "media" | "locale">) {
  const t = translate(texts, locale);
  const state = useMedia(media);
  const hasPicture = state.camera === "on";
  return (
    <div className="p-card p-ready">
      <div className="p-tile">
        {hasPicture ? (
          <Video
            stream={state.local}
            isOwn
            isMirrored={state.facing === "user"}
            label={t("own_picture")}
          />
        ) : (
          <CircleUserRound size={36} strokeWidth={1.5} aria-hidden />
        )}
      </div>
      <p>
        <b>{t(hasPicture ? "ready" : "ready_sound")}</b>
        <span>{t("ready_text")}</span>
      </p>
    </div>
  );
}
