/** The state of one open flow: its history, what the server says of it, and whether it is saved. */

import { create } from "zustand";
import type { Command } from "../flow/commands";
import { act, begin, type History, redo, undo } from "../flow/history";
import { type Draft, EMPTY_DRAFT, sameJson } from "../flow/model";
import type { Flow, Palette, PaletteComponent, StaleDraft, Verification } from "./data";

export type SaveState =
  | { readonly kind: "saved"; readonly atMs: number | null }
  | { readonly kind: "unsaved" }
  | { readonly kind: "saving" }
  | { readonly kind: "kept"; readonly reason: "offline" | "refused"; readonly message: string }
  | { readonly kind: "conflict"; readonly current: StaleDraft };

export interface Document {
  readonly flow: Flow | null;
  readonly palette: Palette;
  readonly components: ReadonlyMap<string, PaletteComponent>;
  readonly history: History;
  /** What the server has, at `revision`. */
  readonly savedDraft: Draft;
  readonly revision: number;
  readonly save: SaveState;
  readonly verified: Verification | null;
  readonly isChecking: boolean;
}

export const useDocument = create<Document>(() => ({
  flow: null,
  palette: { groups: [], components: [] },
  components: new Map(),
  history: begin(EMPTY_DRAFT),
  savedDraft: EMPTY_DRAFT,
  revision: 0,
  save: { kind: "saved", atMs: null },
  verified: null,
  isChecking: false,
}));

const { setState, getState } = useDocument;

export function open(flow: Flow, palette: Palette, draft: Draft, revision: number): void {
  setState({
    flow,
    palette,
    components: new Map(palette.components.map((one) => [one.key, one])),
    history: begin(draft),
    savedDraft: draft,
    revision,
    save: { kind: "saved", atMs: null },
    verified: null,
  });
}

/** The one way to change a flow. */
export function perform(command: Command): void {
  setState(({ history, save }) => {
    const next = act(history, command, Date.now());
    return next === history ? {} : { history: next, save: afterEdit(save) };
  });
}

export function undoLast(): void {
  setState(({ history, save }) => ({ history: undo(history), save: afterEdit(save) }));
}

export function redoLast(): void {
  setState(({ history, save }) => ({ history: redo(history), save: afterEdit(save) }));
}

/** A conflict stays until it is decided; everything else waits to be saved. */
function afterEdit(save: SaveState): SaveState {
  return save.kind === "conflict" ? save : { kind: "unsaved" };
}

export function draftNow(): Draft {
  return getState().history.now;
}

export function hasUnsaved(): boolean {
  const { history, savedDraft } = getState();
  return history.now !== savedDraft && !sameJson(history.now, savedDraft);
}
