/** Asks once more before a run is erased, or before another administrator is asked to agree. */

import { useRef, useState } from "react";
import { useAct } from "../api/useAct";
import { useMessages } from "../i18n/messages";
import { ActionDialog } from "../ui/ActionDialog";
import { Field } from "../ui/Field";
import { toast } from "../ui/Toast";
import { REASON_LENGTH } from "./decisions";
import { eraseTexts } from "./erase_texts";
import { agreeToErase, askToErase, type Erasure, isNumber } from "./erasing";

export interface EraseDialogProps {
  readonly id: string;
  readonly erasure: Erasure;
  readonly onClose: () => void;
  readonly onTaken: () => void;
}

export function EraseDialog({ id, erasure, onClose, onTaken }: EraseDialogProps) {
  const t = useMessages(eraseTexts);
  const { busy, refusal, act } = useAct();
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const [isChecked, setChecked] = useState(false);
  const wish = useRef(crypto.randomUUID());
  const { asked, number, needs_second } = erasure;
  const kind = asked ? "agree" : needs_second ? "ask" : "alone";
  const isFinal = kind !== "ask";
  const isReasoned = asked !== null || reason.trim() !== "";
  const isMeant = !isFinal || isNumber(typed, number);
  const go = async () => {
    setChecked(true);
    if (!isReasoned || !isMeant) return;
    const work = () =>
      asked ? agreeToErase(id, asked.id) : askToErase(id, wish.current, reason.trim());
    if ((await act(work)) === null) return;
    toast({ text: t(isFinal ? "erased" : "asked") });
    onTaken();
    onClose();
  };
  const label = isFinal ? (busy ? "erasing" : "erase_yes") : busy ? "asking" : "ask_yes";
  return (
    <ActionDialog
      title={t(`${kind}_title`, { number })}
      closeLabel={t("close")}
      backLabel={t("back")}
      actionLabel={t(label)}
      busy={busy}
      isFinal={isFinal}
      refusal={refusal}
      onAction={go}
      onClose={onClose}
    >
      <p className="decide-text">{t(`${kind}_text`, { by: asked?.by ?? "" })}</p>
      {asked === null && (
        <Field
          label={t("reason")}
          help={t("reason_help")}
          error={isChecked && !isReasoned ? t("reason_missing") : undefined}
        >
          {(control) => (
            <textarea
              {...control}
              className="input"
              rows={3}
              maxLength={REASON_LENGTH}
              value={reason}
              // biome-ignore lint/a11y/noAutofocus: a window that was asked for begins at its first field
              autoFocus
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
      {isFinal && (
        <Field
          label={t("number")}
          help={t("number_help", { number })}
          error={isChecked && !isMeant ? t("number_fault", { number }) : undefined}
        >
          {(control) => (
            <input
              {...control}
              className="input mono"
              autoComplete="off"
              spellCheck={false}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
    </ActionDialog>
  );
}
