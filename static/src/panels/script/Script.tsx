/** What the customer sees while the agent reads: who speaks, and the caption when there is one. */

import { AudioLines } from "lucide-react";
import { pickText } from "../../i18n/locale";
import { translate } from "../../i18n/messages";
import type { ScriptData } from "../contracts";
import { StepTitle } from "../kit";
import type { PanelProps } from "../panel";
import { texts } from "./texts";

export function Script({ data, locale }: PanelProps<ScriptData>) {
  const t = translate(texts, locale);
  return (
    <div className="p-sheet-body">
      <StepTitle>{pickText(data.heading, locale)}</StepTitle>
      {data.caption !== null && data.caption !== "" && (
        <p className="p-caption" aria-live="polite">
          {data.caption}
        </p>
      )}
      <div className="p-note">
        <AudioLines size={22} aria-hidden />
        <span>{t("listen")}</span>
      </div>
      <p className="p-soft">{t("ask")}</p>
    </div>
  );
}
