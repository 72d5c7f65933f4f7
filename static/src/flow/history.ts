/** Undo and redo over drafts: one action is one step; typing in one field within two seconds is one action. */

import { apply, type Command } from "./commands";
import type { Draft } from "./model";

const DEPTH = 200;
const TYPING_MS = 2_000;

interface Past {
  readonly draft: Draft;
  readonly label: Command["kind"];
}
export interface History {
  readonly now: Draft;
  readonly past: readonly Past[];
  readonly future: readonly Past[];
  /** What the last action was about, to join key presses into one step. */
  readonly last: { readonly key: string; readonly atMs: number } | null;
}

export function begin(draft: Draft): History {
  return { now: draft, past: [], future: [], last: null };
}

/** `atMs` is the time of the action; only typing commands are joined. */
export function act(history: History, command: Command, atMs: number): History {
  const now = apply(history.now, command);
  if (now === history.now) return history;
  const key = typingKey(command);
  const joins = key !== null && history.last?.key === key && atMs - history.last.atMs < TYPING_MS;
  const past = joins
    ? history.past
    : [...history.past.slice(1 - DEPTH), { draft: history.now, label: command.kind }];
  return { now, past, future: [], last: key === null ? null : { key, atMs } };
}

function typingKey(command: Command): string | null {
  switch (command.kind) {
    case "configure":
      return `configure ${command.node} ${command.key}`;
    case "retitle":
    case "annotate":
    case "limit":
      return `${command.kind} ${command.node}`;
    case "settings":
      return "settings";
    case "boundaries":
    case "variables":
      return command.typing === undefined ? null : `${command.kind} ${command.typing}`;
    default:
      return null;
  }
}

export function undo(history: History): History {
  const step = history.past.at(-1);
  if (!step) return history;
  const future = [{ draft: history.now, label: step.label }, ...history.future];
  return { now: step.draft, past: history.past.slice(0, -1), future, last: null };
}

export function redo(history: History): History {
  const step = history.future[0];
  if (!step) return history;
  const past = [...history.past, { draft: history.now, label: step.label }];
  return { now: step.draft, past, future: history.future.slice(1), last: null };
}
