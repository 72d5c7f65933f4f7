/** The keyboard: undo, redo, copy, paste, delete, escape; never while somebody is typing or a dialog is open. */

import { useEffect } from "react";
import { copySelected, pasteClipping, removeSelected } from "./editing";
import { isTyping } from "./Palette";
import { draftNow, redoLast, undoLast } from "./store";
import { look } from "./view";

const WITH_CONTROL: Readonly<Record<string, () => void>> = {
  z: undoLast,
  y: redoLast,
  Z: redoLast,
  c: copySelected,
  v: pasteClipping,
  a: () => look({ nodes: draftNow().graph.nodes.map((node) => node.id), edge: null }),
};
const PLAIN: Readonly<Record<string, () => void>> = {
  Delete: removeSelected,
  Backspace: removeSelected,
  Escape: () => look({ nodes: [], edge: null, witness: null }),
};

function onKey(event: KeyboardEvent): void {
  if (isTyping(event.target) || document.querySelector('[role="dialog"]')) return;
  const hasControl = event.ctrlKey || event.metaKey;
  const action = hasControl ? WITH_CONTROL[event.key] : PLAIN[event.key];
  const isSelectingText = event.key === "c" && (getSelection()?.toString() ?? "") !== "";
  if (!action || isSelectingText) return;
  event.preventDefault();
  action();
}

export function useKeys(): void {
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
