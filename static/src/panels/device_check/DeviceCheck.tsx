/** The customer's check of camera, microphone, speaker and line, with a live picture only they see. */

import { Eye, RefreshCw, SunDim } from "lucide-react";
import { useEffect, useState } from "react";
import type { JsonObject } from "../../api/socket_types";
import { translate } from "../../i18n/messages";
import { type Line, measureLine } from "../../media/network";
import type { DeviceProblem, MediaClient, MediaState } from "../../media/types";
import { useMedia } from "../../media/useStore";
import { Video } from "../../media/Video";
import type { DeviceCheckData } from "../contracts";
import { PanelButton, Refusal, StepTitle, useAct } from "../kit";
import type { PanelProps } from "../panel";
import { Blocked } from "./Blocked";
import { type Light, watchLight } from "./light";
import { CameraRow, MicrophoneRow, NetworkRow, SoundRow, SpeakerRow } from "./Rows";
import { blockedBy, type Heard, reportOf } from "./report";
import { texts } from "./texts";

export function DeviceCheck({ data, act, locale, media }: PanelProps<DeviceCheckData>) {
  const t = translate(texts, locale);
  const state = useMedia(media);
  const line = useLine(media !== null);
  const [heard, setHeard] = useState<Heard>("skipped");
  const [isSoundEnough, setSoundEnough] = useState(false);
  const { press, busy, refusal } = useAct(act, locale);
  useEffect(() => {
    if (media?.get().camera === "off") void media.start({ video: true });
  }, [media]);

  const report = () => void press("report", { ...reportOf(state, line, heard) } as JsonObject);
  const blocked = blockedBy(state, isSoundEnough);
  if (blocked !== null) {
    return (
      <Blocked
        device={state.camera === state.microphone ? "both" : blocked}
        problem={state[blocked] as DeviceProblem}
        locale={locale}
        canGoOnWithSound={blocked === "camera" && data.allow_audio_only}
        isBusy={state[blocked] === "asking"}
        onCheck={() => void media?.start({ video: true })}
        onSoundOnly={() => setSoundEnough(true)}
        onGiveUp={report}
      />
    );
  }
  const isReady = state.microphone === "on" && state.camera !== "asking" && line !== null;
  return (
    <>
      <div className="p-body">
        <StepTitle>{t("title")}</StepTitle>
        <p className="p-soft p-under-title">{t("intro")}</p>
        <OwnPicture client={media} state={state} locale={locale} />
        <ul className="p-card p-rows">
          <CameraRow media={state} t={t} />
          {media && <MicrophoneRow client={media} media={state} t={t} />}
          <SoundRow media={state} t={t} />
          <SpeakerRow heard={heard} onHeard={setHeard} t={t} />
          <NetworkRow line={line} {...data} t={t} />
        </ul>
      </div>
      <footer className="p-foot">
        <Refusal message={refusal} />
        <PanelButton kind="main" isDisabled={!isReady} isBusy={busy === "report"} onPress={report}>
          {t(isReady ? "go_on" : "checking")}
        </PanelButton>
      </footer>
    </>
  );
}

interface OwnPictureProps {
  readonly client: MediaClient | null;
  readonly state: MediaState;
  readonly locale: PanelProps["locale"];
}

function OwnPicture({ client, state, locale }: OwnPictureProps) {
  const t = translate(texts, locale);
  const light = useLight(state.camera === "on" ? state.local : null);
  const cameras = state.devices.filter((one) => one.kind === "camera");
  return (
    <div className="p-tile p-check-tile">
      <Video
        stream={state.local}
        isOwn
        isMirrored={state.facing === "user"}
        label={t("own_picture")}
      />
      <svg className="p-face-guide" viewBox="0 0 350 292" aria-hidden>
        <ellipse cx="175" cy="112" rx="80" ry="100" />
      </svg>
      <span className="p-plate p-top-left">
        <Eye size={16} aria-hidden />
        {t("only_you")}
      </span>
      {cameras.length > 1 && (
        <button
          type="button"
          className="p-round p-top-right"
          aria-label={t("flip")}
          onClick={() => void client?.flipCamera()}
        >
          <RefreshCw size={20} aria-hidden />
        </button>
      )}
      <p className="p-hint" role="status" hidden={light === "good"}>
        <SunDim size={20} aria-hidden />
        <span>{light !== "good" && t(light)}</span>
      </p>
    </div>
  );
}

/** Measured once; a preview measures nothing. */
function useLine(isWanted: boolean): Line | null {
  const [line, setLine] = useState<Line | null>(null);
  useEffect(() => {
    if (!isWanted) return undefined;
    let isGone = false;
    void measureLine().then((measured) => {
      if (!isGone) setLine(measured);
    });
    return () => {
      isGone = true;
    };
  }, [isWanted]);
  return line;
}

function useLight(stream: MediaStream | null): Light {
  const [light, setLight] = useState<Light>("good");
  useEffect(() => (stream ? watchLight(stream, setLight) : undefined), [stream]);
  return light;
}
