/** Begins a rotation: what it does, and the password of whoever begins it. */

import { useRef, useState } from "react";
import { useAct } from "../api/useAct";
import { useMessages } from "../i18n/messages";
import { ActionDialog } from "../ui/ActionDialog";
import { Field } from "../ui/Field";
import { toast } from "../ui/Toast";
import { rotate } from "./keys";
import { adminTexts } from "./texts";

const FIELDS = ["/password"] as const;

export interface RotateDialogProps {
  /** Whether the site adds the new key itself. */
  readonly addsKeys: boolean;
  readonly onClose: () => void;
  readonly onBegun: () => void;
}

export function RotateDialog({ addsKeys, onClose, onBegun }: RotateDialogProps) {
  const t = useMessages(adminTexts);
  const { busy, refusal, faults, act } = useAct(FIELDS);
  const [password, setPassword] = useState("");
  const [isChecked, setChecked] = useState(false);
  const id = useRef(crypto.randomUUID());
  const isMissing = isChecked && password === "";
  const go = async () => {
    setChecked(true);
    if (password === "" || (await act(() => rotate(id.current, password))) === null) return;
    toast({ text: t("rotation_begun") });
    onBegun();
    onClose();
  };
  return (
    <ActionDialog
      title={t("rotate_title")}
      size="small"
      closeLabel={t("close")}
      backLabel={t("back")}
      actionLabel={t(busy ? "rotating" : "rotate_yes")}
      busy={busy}
      refusal={refusal}
      onAction={go}
      onClose={onClose}
    >
      <p>{t(addsKeys ? "rotate_text" : "rewrap_text")}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        <Field
          label={t("password")}
          help={t("password_help")}
          error={isMissing ? t("password_missing") : faults["/password"]}
        >
          {(control) => (
            <input
              {...control}
              className="input"
              type="password"
              // biome-ignore lint/a11y/noAutofocus: a window that was asked for begins at its first field
              autoFocus
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          )}
        </Field>
      </form>
    </ActionDialog>
  );
}
