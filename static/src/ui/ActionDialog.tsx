/** A window that asks for what one act needs, then takes it: a way back, the act, and why it was refused. */

import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./Button";
import { Dialog, type DialogProps } from "./Dialog";

export interface ActionDialogProps extends Omit<DialogProps, "footer"> {
  readonly backLabel: string;
  /** What the act is called, and is being called while it goes on. */
  readonly actionLabel: string;
  readonly busy: boolean;
  /** It cannot be taken back. */
  readonly isFinal?: boolean;
  readonly isOff?: boolean;
  readonly refusal?: string;
  readonly onAction: () => Promise<void>;
}

export function ActionDialog({
  backLabel,
  actionLabel,
  busy,
  isFinal = false,
  isOff = false,
  refusal = "",
  onAction,
  children,
  ...window_
}: ActionDialogProps) {
  return (
    <Dialog
      {...window_}
      footer={
        <>
          <Button onClick={window_.onClose} disabled={busy}>
            {backLabel}
          </Button>
          <Button
            kind={isFinal ? "danger" : "primary"}
            disabled={busy || isOff}
            onClick={() => void onAction()}
          >
            {actionLabel}
          </Button>
        </>
      }
    >
      {children}
      <Refusal text={refusal} />
    </Dialog>
  );
}

/** Why something was refused; "" says nothing. */
export function Refusal({ text }: { readonly text: ReactNode }) {
  if (text === "") return null;
  return (
    <p className="note" data-tone="negative" role="alert">
      <CircleAlert size={15} aria-hidden />
      <span>{text}</span>
    </p>
  );
}
