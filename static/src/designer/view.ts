/** What this person is looking at: selection, panels, zoom level, a path shown. Never saved, never undone. */

import { create } from "zustand";
import type { Clipping, Connection } from "../flow/commands";

export type Detail = "card" | "chip" | "block";
export type InspectorTab = "configure" | "outcomes" | "data" | "notes";
export type StripTab = "problems" | "outline" | "interruptions" | "variables";
export type OpenDialog = "publish" | "link" | "merge" | "keys" | null;

/** Where a picked component goes. */
export type PickTarget =
  | { readonly kind: "after"; readonly from: string; readonly outcome: string }
  | { readonly kind: "on"; readonly edge: Connection }
  | null;

export interface View {
  readonly nodes: readonly string[];
  readonly edge: Connection | null;
  readonly hovered: string | null;
  readonly detail: Detail;
  readonly inspector: InspectorTab;
  readonly strip: StripTab;
  /** The witness path that is drawn. */
  readonly witness: readonly string[] | null;
  /** JSON pointer of the setting to put the cursor in. */
  readonly focusField: string | null;
  readonly dialog: OpenDialog;
  readonly pick: PickTarget;
  readonly clipping: Clipping | null;
  /** How often the clipping was pasted: each copy stands a step further on. */
  readonly pastes: number;
  /** Cards are on their way to where Tidy puts them. */
  readonly isTidying: boolean;
}

export const useView = create<View>(() => ({
  nodes: [],
  edge: null,
  hovered: null,
  detail: "card",
  inspector: "configure",
  strip: "problems",
  witness: null,
  focusField: null,
  dialog: null,
  pick: null,
  clipping: null,
  pastes: 0,
  isTidying: false,
}));

export const look = useView.setState;

export function selectNode(id: string, tab?: InspectorTab): void {
  look(({ inspector }) => ({
    nodes: [id],
    edge: null,
    focusField: null,
    inspector: tab ?? inspector,
  }));
}

export function detailAt(zoom: number): Detail {
  if (zoom >= 0.8) return "card";
  return zoom >= 0.45 ? "chip" : "block";
}
