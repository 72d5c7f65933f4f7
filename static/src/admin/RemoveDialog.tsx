/** Removes a connection, after asking once more; or says who still uses it. */

import { useAct } from "../api/useAct";
import { useMessages } from "../i18n/messages";
import { ActionDialog } from "../ui/ActionDialog";
import { toast } from "../ui/Toast";
import { allowConnection, type Row, removeConnection } from "./connections";
import { adminTexts } from "./texts";
import { Uses } from "./Uses";

export interface RemoveDialogProps {
  readonly row: Row;
  readonly onClose: () => void;
  readonly onRemoved: () => void;
}

export function RemoveDialog({ row, onClose, onRemoved }: RemoveDialogProps) {
  const t = useMessages(adminTexts);
  const { busy, refusal, act } = useAct();
  const { name } = row;
  const uses = row.details?.used_by ?? [];
  const isUsed = uses.length > 0;
  const go = async () => {
    const work = () => (isUsed ? allowConnection(row.id, false) : removeConnection(row.id));
    if ((await act<unknown>(work)) === null) return;
    toast({ text: t(isUsed ? "turned_off" : "removed", { name }) });
    onRemoved();
    onClose();
  };
  const label = isUsed ? (busy ? "saving" : "turn_off") : busy ? "removing" : "remove_yes";
  return (
    <ActionDialog
      title={t(isUsed ? "in_use_title" : "remove_title", { name })}
      size="small"
      closeLabel={t("close")}
      backLabel={t("back")}
      actionLabel={t(label)}
      busy={busy}
      isFinal={!isUsed}
      isOff={isUsed && !row.allowed}
      refusal={refusal}
      onAction={go}
      onClose={onClose}
    >
      <p>{t(isUsed ? "in_use_text" : "remove_text")}</p>
      {isUsed && <Uses uses={uses} />}
    </ActionDialog>
  );
}
