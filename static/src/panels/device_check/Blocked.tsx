/** The page of a camera or microphone that cannot be used: what happened, three steps, another way. */

import { CameraOff, Lock, MicOff, Video } from "lucide-react";
import type { Locale } from "../../i18n/locale";
import { translate } from "../../i18n/messages";
import type { DeviceProblem } from "../../media/types";
import { PanelButton, StepTitle } from "../kit";
import { adviceFor, adviceTexts, browserOf } from "./advice";
import { texts } from "./texts";

export interface BlockedProps {
  readonly device: "camera" | "microphone" | "both";
  readonly problem: DeviceProblem;
  readonly locale: Locale;
  readonly canGoOnWithSound: boolean;
  readonly isBusy: boolean;
  readonly onCheck: () => void;
  readonly onSoundOnly: () => void;
  readonly onGiveUp: () => void;
}

const TITLES = {
  camera: { refused: "refused_title", missing: "missing_title", busy: "busy_title" },
  microphone: {
    refused: "refused_sound_title",
    missing: "missing_sound_title",
    busy: "busy_sound_title",
  },
  both: { refused: "refused_both_title", missing: "missing_both_title", busy: "busy_both_title" },
} as const;
const INTROS = {
  camera: { refused: "refused_intro", missing: "missing_intro", busy: "busy_intro" },
  microphone: { refused: "refused_intro", missing: "missing_sound_intro", busy: "busy_intro" },
  both: { refused: "refused_intro", missing: "missing_both_intro", busy: "busy_intro" },
} as const;

export function Blocked(props: BlockedProps) {
  const t = translate(texts, props.locale);
  const advice = translate(adviceTexts, props.locale);
  const isKnown = props.problem === "missing" || props.problem === "busy";
  const problem: "refused" | "missing" | "busy" = isKnown
    ? (props.problem as "missing" | "busy")
    : "refused";
  const steps = adviceFor(props.problem, browserOf(navigator.userAgent));
  const icons = [<Lock key="lock" size={20} />, <Video key="video" size={20} />];
  const Sign = props.device === "microphone" ? MicOff : CameraOff;
  return (
    <>
      <div className="p-body">
        <div className="p-no-picture">
          <Sign size={44} strokeWidth={1.5} aria-hidden />
          <span>{t("no_picture")}</span>
        </div>
        <StepTitle>{t(TITLES[props.device][problem])}</StepTitle>
        <p className="p-soft">{t(INTROS[props.device][problem])}</p>
        <ol className="p-card p-steps">
          {steps.map((step, n) => (
            <li className="p-row" key={step}>
              <span className="p-number">{n + 1}</span>
              <b>{advice(step)}</b>
              <span className="p-row-icon">{icons[n]}</span>
            </li>
          ))}
          <li className="p-row">
            <span className="p-number">{steps.length + 1}</span>
            <b>{t("press_check")}</b>
          </li>
        </ol>
      </div>
      <footer className="p-foot">
        <PanelButton kind="main" isBusy={props.isBusy} onPress={props.onCheck}>
          {t(props.isBusy ? "checking" : "check_again")}
        </PanelButton>
        {props.canGoOnWithSound && (
          <PanelButton onPress={props.onSoundOnly}>{t("sound_only")}</PanelButton>
        )}
        <PanelButton kind="quiet" onPress={props.onGiveUp}>
          {t("give_up")}
        </PanelButton>
      </footer>
    </>
  );
}
