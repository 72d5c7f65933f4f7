/** A modal window: focus is held inside, Escape closes, the page behind is inert. */

import { X } from "lucide-react";
import { type ReactNode, type RefObject, useEffect, useRef } from "react";
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
  const content = useRef<HTMLElement>(null);
  useHeldFocus(content);
  return (
    <ModalOverlay
      className="scrim"
      isOpen
      isDismissable
      onOpenChange={(open) => !open && onClose()}
    >
      <Modal className="dialog" data-size={size}>
        <Window ref={content}>
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

/** A button that had the focus may go, or be turned off, by what it does: keys would fall through to nobody. */
function useHeldFocus(content: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const window_ = content.current;
    if (window_ === null) return undefined;
    const hold = () => {
      if (document.activeElement === document.body) window_.focus({ preventScroll: true });
    };
    // What was turned off gives the focus up only when it is drawn.
    const observer = new MutationObserver(() => {
      hold();
      requestAnimationFrame(() => requestAnimationFrame(hold));
    });
    observer.observe(window_, { childList: true, subtree: true, attributeFilter: ["disabled"] });
    return () => observer.disconnect();
  }, [content]);
}
