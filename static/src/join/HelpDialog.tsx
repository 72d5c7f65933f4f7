/** Help wherever one is: what to do, the number to say on the phone, language and size of text. */

import { useMessages } from "../i18n/messages";
import { PanelButton } from "../panels/kit";
import { LanguageChoice, SizeChoice } from "./Choices";
import { Dialog } from "./Dialog";
import { texts } from "./texts";

export function HelpDialog({ number, onClose }: { number: string; onClose: () => void }) {
  const t = useMessages(texts);
  return (
    <Dialog title={t("help_title")} onClose={onClose}>
      <ul className="join-help">
        <li>{t("help_1")}</li>
        <li>{t("help_2")}</li>
        <li>{t("help_3")}</li>
        {number !== "" && <li className="num">{t("help_number", { number })}</li>}
      </ul>
      <div className="join-choices">
        <LanguageChoice />
        <SizeChoice />
      </div>
      <PanelButton onPress={onClose}>{t("close")}</PanelButton>
    </Dialog>
  );
}
