/** What every panel is given, whichever page shows it: the customer's, the desk, or a preview of either. */

import type { ComponentType } from "react";
import type { ActResult, JsonObject, Role, ViewActivity } from "../api/socket_types";
import type { Locale } from "../i18n/locale";
import type { MediaClient } from "../media/types";

export type PanelActivity = Pick<ViewActivity, "id" | "title" | "started_at_ms" | "outcomes">;

export type Act = (action: string, data?: JsonObject) => Promise<ActResult>;

export interface PanelProps<Data = unknown> {
  readonly activity: PanelActivity;
  /** As `contracts.ts` says for the panel's kind. */
  readonly data: Data;
  readonly act: Act;
  readonly locale: Locale;
  /** The customer's panels have a phone's finish, the staff's a desk's. */
  readonly role: Role;
  /** Null in previews, where nobody has a camera. */
  readonly media: MediaClient | null;
  /** The site's clock, epoch ms. */
  readonly now: () => number;
}

/** Any panel: the registry cannot know which data belongs to which kind; the contract does. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where kinds of data meet
export type Panel = ComponentType<PanelProps<any>>;

/** For previews: pressing does nothing, and says so. */
export const refuseToAct: Act = async () => ({
  ok: false,
  reason: "not_allowed",
  message: "",
  field: null,
});
