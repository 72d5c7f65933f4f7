/** A modal window: focus is held inside, Escape closes, the page behind is inert. */

import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Heading, Modal, ModalOverlay, Dialog as Window } from "react-aria-components";
import { IconButton } from "./Button";

export interface DialogProps {
  readonly title: string;
  readonly closeLabel: string;
  readonly onClose: () => void;
  readonly size?: "small" | "medium" | "wide";
  readonly footer?: ReactNode;
  readonly children: ReactNode;
}

export function Dialog({
  title,
  closeLabel,
  onClose,
  size = "medium",
  footer,
  children,
}: DialogProps) {
  return (
    <ModalOverlay
      className="scrim"
      isOpen
      isDismissable
      onOpenChange={(open) => !open && onClose()}
    >
      <Modal className="dialog" data-size={size}>
        <Window>
          <header className="dialog-head">
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <IconButton label={closeLabel} onClick={onClose}>
              <X size={16} />
            </IconButton>
          </header>
          <div className="dialog-body">{children}</div>
          {footer && <footer className="dialog-foot">{footer}</footer>}
        </Window>
      </Modal>
    </ModalOverlay>
  );
}
