/** Short messages at the foot of the page, spoken politely, gone after six seconds. */

import { useSyncExternalStore } from "react";

export interface ToastMessage {
  readonly text: string;
  readonly tone?: "negative";
  readonly action?: { readonly label: string; readonly onAction: () => void };
}
interface Shown extends ToastMessage {
  readonly id: number;
}

const LIFE_MS = 6_000;
let shown: readonly Shown[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function put(next: readonly Shown[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

export function toast(message: ToastMessage): void {
  lastId += 1;
  const id = lastId;
  put([...shown.slice(-2), { ...message, id }]);
  setTimeout(() => drop(id), LIFE_MS);
}

function drop(id: number): void {
  put(shown.filter((one) => one.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const messages = useSyncExternalStore(subscribe, () => shown);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {messages.map((one) => (
        <div key={one.id} className="toast" data-tone={one.tone}>
          {one.text}
          {one.action && <ToastAction id={one.id} action={one.action} />}
        </div>
      ))}
    </div>
  );
}

function ToastAction({
  id,
  action,
}: {
  readonly id: number;
  readonly action: NonNullable<ToastMessage["action"]>;
}) {
  const act = () => {
    action.onAction();
    drop(id);
  };
  return (
    <button type="button" onClick={act}>
      {action.label}
    </button>
  );
}
