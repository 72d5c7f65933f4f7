/** Before the link is redeemed: what comes, what to have at hand, and the one button that begins it. */

import { Headphones, IdCard, ShieldCheck, Video } from "lucide-react";
import { useMessages } from "../i18n/messages";
import { PanelButton, Refusal, StepTitle } from "../panels/kit";
import { LanguageChoice, SizeChoice } from "./Choices";
import { Hero } from "./Hero";
import { texts } from "./texts";

export interface LandingProps {
  readonly isStarting: boolean;
  readonly isUnreachable: boolean;
  readonly onStart: () => void;
}

export function Landing({ isStarting, isUnreachable, onStart }: LandingProps) {
  const t = useMessages(texts);
  return (
    <div className="panel join-landing" data-finish="phone">
      <div className="p-body">
        <Hero />
        <StepTitle isFocused={false}>{t("hero_title")}</StepTitle>
        <p className="join-lead">{t("hero_text")}</p>
        <ul className="join-have">
          <li>
            <ShieldCheck size={22} aria-hidden />
            <span>{t("hero_private")}</span>
          </li>
          <li>
            <IdCard size={22} aria-hidden />
            <span>{t("have_id")}</span>
          </li>
          <li>
            <Headphones size={22} aria-hidden />
            <span>{t("quiet_place")}</span>
          </li>
        </ul>
      </div>
      <footer className="p-foot">
        <div className="join-choices">
          <LanguageChoice />
          <SizeChoice />
        </div>
        <Refusal message={isUnreachable ? t("unreachable_now") : ""} />
        <PanelButton kind="main" isBusy={isStarting} onPress={onStart}>
          <Video size={22} aria-hidden />
          {t(isStarting ? "starting" : "start")}
        </PanelButton>
      </footer>
    </div>
  );
}
