/** Asks once before a call is left. */

import { useState } from "react";
import { useMessages } from "../i18n/messages";
import { PanelButton } from "../panels/kit";
import { Dialog } from "./Dialog";
import { texts } from "./texts";

export interface LeaveDialogProps {
  readonly agent: string;
  readonly onClose: () => void;
  readonly onLeave: () => Promise<void>;
}

export function LeaveDialog({ agent, onClose, onLeave }: LeaveDialogProps) {
  const t = useMessages(texts);
  const [isLeaving, setLeaving] = useState(false);
  const leave = () => {
    setLeaving(true);
    void onLeave();
  };
  return (
    <Dialog title={t("leave_title")} isAlert onClose={onClose}>
      <p className="p-soft">
        {agent === "" ? t("leave_text_alone") : t("leave_text", { name: agent })}
      </p>
      <div className="join-dialog-buttons">
        <PanelButton onPress={onClose}>{t("stay")}</PanelButton>
        <PanelButton kind="danger" isBusy={isLeaving} onPress={leave}>
          {t(isLeaving ? "leaving" : "leave_yes")}
        </PanelButton>
      </div>
    </Dialog>
  );
}
