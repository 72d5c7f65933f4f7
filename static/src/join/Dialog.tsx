/** A modal sheet on the browser's own dialog: focus stays inside, Escape closes, the rest is inert. */

import { type ReactNode, useEffect, useId, useRef } from "react";

export interface DialogProps {
  readonly title: string;
  readonly isAlert?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog({ title, isAlert = false, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    if (dialog && !dialog.open) dialog.showModal();
  }, []);
  return (
    <dialog
      ref={element}
      className="join-dialog"
      role={isAlert ? "alertdialog" : undefined}
      aria-labelledby={id}
      onClose={onClose}
    >
      <div className="join-grab" aria-hidden />
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
