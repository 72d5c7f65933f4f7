/** Asks before a call is ended: it closes the run for both sides. */

import { useState } from "react";
import { useMessages } from "../i18n/messages";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { deskTexts } from "./texts";

export interface EndDialogProps {
  readonly end: () => Promise<void>;
  readonly onClose: () => void;
}

export function EndDialog({ end, onClose }: EndDialogProps) {
  const t = useMessages(deskTexts);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    await end();
    onClose();
  };
  return (
    <Dialog
      title={t("end_title")}
      closeLabel={t("end_no")}
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose} disabled={busy}>
            {t("end_no")}
          </Button>
          <Button className="call-end-yes" onClick={() => void go()} disabled={busy}>
            {t(busy ? "ending" : "end_yes")}
          </Button>
        </>
      }
    >
      <p>{t("end_text")}</p>
    </Dialog>
  );
}
